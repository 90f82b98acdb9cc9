import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { epochMsOf } from "../../../core/clock.ts";
import { Lifetime } from "../../../core/lifetime.ts";
import { vmUuid } from "../../../simulator/cloud/identity.ts";
import { Chronicle } from "../../../simulator/openstack/chronicle.ts";
import { fabricState } from "../../../simulator/openstack/neutron-more.ts";
import { fullName } from "../../../simulator/openstack/view.ts";
import { type FakeOpenStack, startFakeOpenStack } from "../../fakes/openstack/start.ts";
import { SetClock } from "../../topology/fakes.ts";
import { BEGAN_AT, BUSY, dayOf, smallCloud } from "../small-cloud.ts";
import { clientOf, type TestClient } from "./client.ts";

let lifetime: Lifetime;
let clock: SetClock;
beforeEach(() => {
  lifetime = new Lifetime();
  clock = new SetClock(BEGAN_AT);
});
afterEach(() => lifetime.end());

interface Server {
  readonly id: string;
  readonly status: string;
}

const NEW = { "openstack-api-version": "compute 2.88" };
const afterMs = (ms: number) => clock.set(epochMsOf(BEGAN_AT + ms));
const changedSince = async (client: TestClient, ms: number, more = ""): Promise<readonly Server[]> => {
  const since = encodeURIComponent(new Date(BEGAN_AT + ms).toISOString());
  const url = `${client.url("compute")}/servers/detail?all_tenants=1&changes-since=${since}${more}`;
  const reply = await client.get(url, NEW);
  expect(reply.status).toBe(200);
  return reply.body.servers;
};

async function started(): Promise<{ fake: FakeOpenStack; client: TestClient; vms: readonly number[] }> {
  const fake = await startFakeOpenStack({ clock }, lifetime);
  return { fake, client: await clientOf(fake), vms: [...fake.cloud.vms.keys()] };
}

describe("servers that changed since", () => {
  test("are those that did, deleted ones among them, and no others", async () => {
    const { fake, client, vms } = await started();
    const [gone = 0, moved = 0] = vms;
    const host = fake.cloud.vms.get(moved)?.host;
    const to = fake.cloud.meshes[0]?.computeNodes.find((each) => each !== host) ?? 0;
    afterMs(10_000);
    expect(await changedSince(client, 5_000)).toEqual([]);
    expect(fake.perform({ kind: "delete", vm: gone })).toBe(true);
    expect(fake.perform({ kind: "migrate", vm: moved, to })).toBe(true);
    afterMs(20_000);
    const byId = new Map((await changedSince(client, 5_000)).map(({ id, status }) => [id, status]));
    expect(byId).toEqual(
      new Map([
        [vmUuid(fake.cloud, gone), "DELETED"],
        [vmUuid(fake.cloud, moved), "MIGRATING"],
      ]),
    );
    expect(await changedSince(client, 15_000)).toEqual([]);
    const { body } = await client.get(`${client.url("compute")}/servers/detail?all_tenants=1`, NEW);
    expect(body.servers.map(({ id }: Server) => id)).not.toContain(vmUuid(fake.cloud, gone));
  });

  test("are paged like others", async () => {
    const { fake, client, vms } = await started();
    afterMs(10_000);
    for (const vm of vms.slice(0, 5)) fake.perform({ kind: "delete", vm });
    for (const vm of vms.slice(5, 12)) fake.perform({ kind: "secure", vm });
    const whole = (await changedSince(client, 0)).map(({ id }) => id);
    expect(whole.length).toBe(12);
    const paged: string[] = [];
    for (let more = "&limit=5"; ; more = `&limit=5&marker=${paged.at(-1)}`) {
      const page = await changedSince(client, 0, more);
      paged.push(...page.map(({ id }) => id));
      if (page.length < 5) break;
    }
    expect(paged).toEqual(whole);
  });

  test("leave out what came later than `changes-before`, which is of 2.66", async () => {
    const { fake, client, vms } = await started();
    afterMs(10_000);
    fake.perform({ kind: "secure", vm: vms[0] ?? 0 });
    afterMs(20_000);
    fake.perform({ kind: "secure", vm: vms[1] ?? 0 });
    const before = encodeURIComponent(new Date(BEGAN_AT + 15_000).toISOString());
    const found = await changedSince(client, 5_000, `&changes-before=${before}`);
    expect(found.map(({ id }) => id)).toEqual([vmUuid(fake.cloud, vms[0] ?? 0)]);
  });
});

test("a port's revision rises with each change, and says where its machine is going", async () => {
  const { fake, client, vms } = await started();
  const vm = vms[3] ?? 0;
  const portOf = async () => {
    const url = `${client.url("network")}/v2.0/ports?device_id=${vmUuid(fake.cloud, vm)}`;
    return (await client.get(url)).body.ports[0];
  };
  const before = await portOf();
  const to = fake.cloud.hosts.find((host) => host.role === "compute" && host.name !== before["binding:host_id"]);
  afterMs(60_000);
  fake.perform({ kind: "migrate", vm, to: to?.index ?? 0 });
  const during = await portOf();
  expect(during).toMatchObject({ "binding:profile": { migrating_to: to?.name }, revision_number: 5 });
  fake.perform({ kind: "migrated", vm });
  const after = await portOf();
  expect(after).toMatchObject({ "binding:host_id": to?.name, "binding:profile": {}, revision_number: 6 });
  expect(Date.parse(after.updated_at)).toBe(BEGAN_AT + 60_000);
});

test("whoever falls silent is down when its time is over, by its last heartbeat", async () => {
  const { fake, client } = await started();
  const host = fake.cloud.hosts.find(({ role }) => role === "compute");
  const states = async () => {
    const agents = (await client.get(`${client.url("network")}/v2.0/agents?host=${host?.name}`)).body.agents;
    const services = (await client.get(`${client.url("compute")}/os-services?host=${host?.name}`, NEW)).body.services;
    return {
      alive: agents[0].alive,
      heartbeat: Date.parse(`${agents[0].heartbeat_timestamp}Z`),
      state: services[0].state,
    };
  };
  expect(await states()).toMatchObject({ alive: true, state: "up" });
  afterMs(600_000);
  fake.perform({ kind: "power", host: host?.index ?? 0, on: false });
  const { alive, heartbeat } = await states();
  expect(alive).toBe(true);
  expect(clock.now() - heartbeat).toBeLessThanOrEqual(30_000);
  afterMs(680_000);
  expect(await states()).toEqual({ alive: false, heartbeat, state: "down" });
  fake.perform({ kind: "power", host: host?.index ?? 0, on: true });
  expect(await states()).toMatchObject({ alive: true, state: "up" });
  fake.perform({ kind: "process", host: host?.index ?? 0, name: "neutron-openvswitch-agent", running: false });
  afterMs(800_000);
  expect(await states()).toMatchObject({ alive: false, state: "up" });
});

test("a day of the cloud shows in what is served", async () => {
  const cloud = smallCloud(7, 40);
  const chronicle = new Chronicle(cloud);
  const day = dayOf(cloud, { rates: BUSY, witness: (done) => chronicle.note(done) });
  const fake = await startFakeOpenStack({ clock, cloud, chronicle }, lifetime);
  const client = await clientOf(fake);
  const first = new Set(cloud.vms.keys());
  afterMs(300_000);
  for (const _ of day.advance(300_000));
  const { servers } = (await client.get(`${client.url("compute")}/servers/detail?all_tenants=1`, NEW)).body;
  expect(servers.map(({ id }: Server) => id).toSorted()).toEqual(
    [...cloud.vms.keys()].map((vm) => vmUuid(cloud, vm)).toSorted(),
  );
  const { ports } = (await client.get(`${client.url("network")}/v2.0/ports?device_owner=compute:nova`)).body;
  expect(ports.length).toBe(cloud.vms.size);
  const changed = await changedSince(client, 0);
  const gone = [...first].filter((vm) => !cloud.vms.has(vm)).map((vm) => vmUuid(cloud, vm));
  expect(gone.length).toBeGreaterThan(3);
  const deleted = changed.filter(({ status }) => status === "DELETED").map(({ id }) => id);
  expect(gone.filter((id) => !deleted.includes(id))).toEqual([]);
});

describe("drift", () => {
  const PLAN = {
    ...{
      portsNotOnHost: 3,
      domainsUnknownToNova: 2,
      serversWithoutDomain: 2,
      bindingsFailed: 2,
      hostsUnknownToNova: 1,
    },
  };

  test("is as much as was asked for, and known", async () => {
    const fake = await startFakeOpenStack({ clock, drift: PLAN }, lifetime);
    const client = await clientOf(fake);
    const { drift } = fake.cluster().estate;
    const { servers } = (await client.get(`${client.url("compute")}/servers/detail?all_tenants=1`, NEW)).body;
    const { ports } = (await client.get(`${client.url("network")}/v2.0/ports`)).body;
    const real = new Set([...fake.cloud.vms.keys()].map((vm) => vmUuid(fake.cloud, vm)));
    const listed = new Set<string>(servers.map(({ id }: Server) => id));
    expect([...real].filter((id) => !listed.has(id)).toSorted()).toEqual(
      drift.domainsUnknownToNova.map(({ server }) => server).toSorted(),
    );
    expect([...listed].filter((id) => !real.has(id)).toSorted()).toEqual(
      drift.serversWithoutDomain.map(({ server }) => server).toSorted(),
    );
    const stray = ports.filter(
      (port: Record<string, string>) => port.device_owner === "compute:nova" && !real.has(port.device_id ?? ""),
    );
    expect(stray.map((port: Record<string, unknown>) => ({ port: port.id, host: port["binding:host_id"] }))).toEqual(
      drift.portsNotOnHost.toSorted((a, b) => (a.port < b.port ? -1 : 1)),
    );
    const failed = ports.filter((port: Record<string, unknown>) => port["binding:vif_type"] === "binding_failed");
    expect(failed.map((port: Record<string, string>) => port.device_id).toSorted()).toEqual(
      drift.bindingsFailed.map(({ server }) => server).toSorted(),
    );
    const { hypervisors } = (await client.get(`${client.url("compute")}/os-hypervisors/detail`, NEW)).body;
    const names = hypervisors.map((each: Record<string, string>) => each.hypervisor_hostname);
    expect(drift.hostsUnknownToNova.length).toBe(1);
    expect(names).not.toContain(drift.hostsUnknownToNova[0]);
    expect(names.length).toBe((fake.cloud.meshes[0]?.computeNodes.length ?? 0) - 1);
  });

  test("can begin and end while it is served", async () => {
    const { fake, client } = await started();
    const count = async () => (await client.get(`${client.url("network")}/v2.0/ports?fields=id`)).body.ports.length;
    const before = await count();
    fake.switches().drift({ portsNotOnHost: 4 });
    expect(await count()).toBe(before + 4);
    fake.switches().drift({});
    expect(await count()).toBe(before);
  });

  test("of names: Nova may say the short one, its hypervisors and Neutron the long one", async () => {
    const fake = await startFakeOpenStack({ clock, names: { hypervisor: fullName, neutron: fullName } }, lifetime);
    const client = await clientOf(fake);
    const [server] = (await client.get(`${client.url("compute")}/servers/detail?all_tenants=1`, NEW)).body.servers;
    const short: string = server["OS-EXT-SRV-ATTR:host"];
    expect(short).toMatch(/^cn-\d+$/);
    expect(server["OS-EXT-SRV-ATTR:hypervisor_hostname"]).toBe(`${short}.r1.cloud.example`);
    const url = `${client.url("network")}/v2.0/ports?device_id=${server.id}`;
    expect((await client.get(url)).body.ports[0]["binding:host_id"]).toBe(`${short}.r1.cloud.example`);
  });
});

test("one range of the fabric runs out while the others are nearly empty, and the subnet seems well", async () => {
  const fake = await startFakeOpenStack({ clock, fabric: { usedAtFirst: 200, takenPerHour: 4 } }, lifetime);
  const client = await clientOf(fake);
  const network = `${client.url("network")}/v2.0`;
  const [subnet] = (await client.get(`${network}/subnets?name=fabric`)).body.subnets;
  expect(subnet.tags[0]).toMatch(/^range:r1-az1:[\d.]+-[\d.]+$/);
  expect(subnet.allocation_pools.length).toBe(3);
  const usedIn = async () => {
    const { ports } = (await client.get(`${network}/ports?network_id=${subnet.network_id}`)).body;
    const numberOf = (address: string) => address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
    return subnet.allocation_pools.map(
      ({ start, end }: { start: string; end: string }) =>
        ports.filter((port: { fixed_ips: { ip_address: string }[] }) => {
          const at = numberOf(port.fixed_ips[0]?.ip_address ?? "");
          return at >= numberOf(start) && at <= numberOf(end);
        }).length,
    );
  };
  expect(await usedIn()).toEqual([200, 14, 10]);
  afterMs(5 * 3_600_000);
  const later = await clientOf(fake);
  Object.assign(client, later);
  const again = await later.get(`${network}/ports?network_id=${subnet.network_id}`);
  expect(again.body.ports.length).toBe(220 + 14 + 10);
  expect(fabricState(fake.cluster().estate, clock.now()).map(({ used }) => used)).toEqual([220, 14, 10]);
  afterMs(11 * 3_600_000);
  expect(fabricState(fake.cluster().estate, clock.now())[0]).toMatchObject({ used: 240, total: 240 });
});
