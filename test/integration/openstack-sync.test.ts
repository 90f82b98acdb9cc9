import { afterEach, describe, expect, test } from "vitest";
import { cloudStatus } from "../../collector/openstack/cloud-status.ts";
import { systemClock } from "../../core/clock.ts";
import { elementIdOf } from "../../core/element-id.ts";
import { Lifetime } from "../../core/lifetime.ts";
import { silentLog } from "../../core/log.ts";
import { hostAt, vmUuid } from "../../simulator/cloud/identity.ts";
import { RELEASE_NAMES } from "../../simulator/openstack/releases.ts";
import { type FakeOpenStack, type FakeOpenStackOptions, startFakeOpenStack } from "../fakes/openstack/start.ts";
import { eventually } from "../fixtures/eventually.ts";
import { keptLog } from "./fixtures/kept-log.ts";
import { type SyncedClouds, type SyncedOptions, syncClouds } from "./fixtures/synced-clouds.ts";

let lifetime = new Lifetime();
afterEach(async () => {
  await lifetime.end();
  lifetime = new Lifetime();
});

const QUICK = { pollEveryMs: 50, limits: { requestMs: 1_000, perSecond: 1_000 } };

async function start(
  fakeOptions: FakeOpenStackOptions,
  options: Partial<SyncedOptions> & { readonly prepare?: (fake: FakeOpenStack) => void } = {},
) {
  const fake = await startFakeOpenStack(fakeOptions, lifetime);
  options.prepare?.(fake);
  const clusters = fakeOptions.size?.clusters ?? 1;
  const ca = fake.authority;
  const all = { fake, clusters, ...QUICK, ...(ca === undefined ? {} : { ca }), ...options };
  const synced = await syncClouds(all, lifetime, options.log ?? silentLog);
  return { fake, synced };
}

const isRead = ({ health }: SyncedClouds, cluster = 0) =>
  (["compute", "network", "volume", "load-balancer"] as const).every(
    (service) => health(cluster, service)?.fullAt !== undefined,
  );
const kindsOf = ({ recorders }: SyncedClouds, name: string) => {
  const graph = recorders.get(name)?.graph;
  return (kind: Parameters<NonNullable<typeof graph>["ofKind"]>[0]) => graph?.ofKind(kind).size ?? 0;
};

describe.each(RELEASE_NAMES)("a cloud of release %s", (release) => {
  test.each([
    ["with pages as they come", {}, false],
    [
      "with short pages, by an application credential",
      { mostPerPage: { compute: 5, network: 7, volume: 3, image: 2 } },
      true,
    ],
  ])(
    "is known whole, %s, and asked for nothing that it does not know",
    async (_how, behaviour, byApplicationCredential) => {
      const { fake, synced } = await start({ behaviour: { release, ...behaviour } }, { byApplicationCredential });
      await eventually(() => isRead(synced), { what: () => JSON.stringify(synced.openstack.status()) });
      const count = kindsOf(synced, "os-1");
      const hosts = fake.cloud.hosts.filter(({ role }) => role === "compute").length;
      expect(count("vm")).toBe(fake.cloud.vms.size);
      expect(count("hypervisor")).toBe(hosts);
      expect(count("router")).toBe(fake.cloud.routers.length);
      for (const kind of ["network", "subnet", "port", "security-group", "neutron-agent", "project"] as const) {
        expect(count(kind), kind).toBeGreaterThan(0);
      }
      const [vm] = fake.cloud.vms.values();
      const known = synced.recorders.get("os-1")?.graph.get(elementIdOf("vm", vmUuid(fake.cloud, vm?.index ?? 0)));
      expect(known).toMatchObject({ kind: "vm", host: hostAt(fake.cloud, vm?.host ?? 0).name });
      expect(known?.attributes).toMatchObject({
        status: "ACTIVE",
        vcpus: expect.any(Number),
        project: expect.any(String),
      });
      // Several looks at what changed, and nothing that a real service would refuse.
      await eventually(
        () => (synced.health(0, "network")?.rounds ?? 0) > 4 && (synced.health(0, "compute")?.rounds ?? 0) > 4,
      );
      expect(fake.journal.violations).toEqual([]);
      expect(fake.journal.entries.filter(({ status }) => status !== undefined && status >= 400)).toEqual([]);
      expect(synced.openstack.status().map(({ state, detail }) => [state, detail])).toEqual([
        ["ok", expect.stringContaining("objects, all read")],
      ]);
    },
  );
});

test("what changes is seen by looks at changes alone: a machine that boots, moves and goes, with its port", async () => {
  const { fake, synced } = await start({});
  await eventually(() => isRead(synced));
  const [vm] = [...fake.cloud.vms.values()].filter(({ state }) => state === "running");
  if (vm === undefined) throw new Error("the cloud has no machine");
  const { index } = vm;
  const graph = synced.recorders.get("os-1")?.graph;
  const id = elementIdOf("vm", vmUuid(fake.cloud, index));
  const portsOf = () => [...(graph?.linksAt(id) ?? [])].filter(({ from }) => from.startsWith("neutron/port/")).length;
  expect([graph?.get(id)?.kind, portsOf()]).toEqual(["vm", 1]);
  const other = fake.cloud.hosts.find(({ role, index: host }) => role === "compute" && host !== vm.host);
  expect(fake.perform({ kind: "migrate", vm: index, to: other?.index ?? 0 })).toBe(true);
  await eventually(() => graph?.get(id)?.attributes.status === "MIGRATING");
  expect(fake.perform({ kind: "migrated", vm: index })).toBe(true);
  await eventually(() => {
    const now = graph?.get(id);
    return now !== undefined && "host" in now && now.host === other?.name;
  });
  expect(fake.perform({ kind: "delete", vm: index })).toBe(true);
  await eventually(() => graph?.get(id) === undefined && portsOf() === 0);
  expect(synced.health(0, "compute")?.fullAt).toBeDefined();
  expect(fake.journal.violations).toEqual([]);
});

describe("trouble of one cloud is shown by its name, and is no other's", () => {
  const CLUSTERS = 6;
  const [HANGING, FAILING, FOREIGN, EXPIRED, BUSY, WELL] = [0, 1, 2, 3, 4, 5];
  const size = { clusters: CLUSTERS, hosts: CLUSTERS * 4, vmsPerHost: 2 };

  test("one hangs, one answers 500, one has a wrong certificate, one forgets its tokens, one wants to be left alone", async () => {
    const { log, lines } = keptLog();
    const { fake, synced } = await start({ size, tls: true }, { log });
    for (let cluster = 0; cluster < CLUSTERS; cluster++) await eventually(() => isRead(synced, cluster));
    const rounds = (cluster: number) => synced.health(cluster, "network")?.rounds ?? 0;
    const trueAt = (cluster: number) => synced.health(cluster, "network")?.trueAt ?? 0;
    const elements = (cluster: number) => synced.recorders.get(`os-${cluster + 1}`)?.graph.size ?? 0;
    const before = Array.from({ length: CLUSTERS }, (_, cluster) => elements(cluster));
    fake.switches(HANGING).hang();
    fake.switches(FAILING).fail500();
    fake.switches(FOREIGN).strangeCertificate();
    fake.switches(BUSY).faults({ kind: "busy", status: 429, retryAfterSeconds: 600 });
    const status = (cluster: number) => {
      const cloud = synced.openstack.clouds[cluster];
      return cloud === undefined ? undefined : cloudStatus(cloud, systemClock.now());
    };
    const expected = [
      [HANGING, /no answer within 1000 ms; what is known is \d+ s ago and stays/],
      [FAILING, /HTTP status 500/],
      [FOREIGN, /certificate refused/],
      [BUSY, /HTTP status 429/],
    ] as const;
    for (const [cluster, detail] of expected) {
      const what = () => JSON.stringify(status(cluster));
      await eventually(() => status(cluster)?.state === "down" && detail.test(status(cluster)?.detail ?? ""), { what });
      expect(status(cluster)?.name).toBe(`OpenStack os-${cluster + 1}`);
      expect(status(cluster)?.hint).toBeTruthy();
    }
    // The others go on round by round, whatever happens meanwhile to their tokens.
    for (let time = 0; time < 3; time++) {
      fake.switches(EXPIRED).expireTokens();
      const [well, expired] = [rounds(WELL), rounds(EXPIRED)];
      await eventually(() => rounds(WELL) >= well + 10 && rounds(EXPIRED) >= expired + 10);
    }
    expect([status(WELL)?.state, status(EXPIRED)?.state]).toEqual(["ok", "ok"]);
    expect(trueAt(WELL)).toBeGreaterThan(trueAt(HANGING));
    // Nothing of what is known was lost.
    expect(Array.from({ length: CLUSTERS }, (_, cluster) => elements(cluster))).toEqual(before);
    // A service that asks to be left alone is.
    const asked = () =>
      fake.journal.entries.filter(({ cluster, service }) => cluster === BUSY && service === "network").length;
    const [rest, well] = [asked(), rounds(WELL)];
    await eventually(() => rounds(WELL) >= well + 20);
    expect(asked()).toBe(rest);
    // And well again.
    fake.switches(FAILING).heal();
    await eventually(() => status(FAILING)?.state === "ok", { what: () => JSON.stringify(status(FAILING)) });
    const told = lines.join("\n");
    for (let cluster = 0; cluster < CLUSTERS; cluster++) {
      const { password, applicationCredential } = fake.credentials(cluster);
      expect(told).not.toContain(password);
      expect(told).not.toContain(applicationCredential.secret);
    }
    expect(told).not.toMatch(/gAAAAA/);
    expect(told).toContain("openstack service fails");
  }, 60_000);

  test("one service that hangs is not that of its neighbours in the same cloud", async () => {
    const { fake, synced } = await start({});
    await eventually(() => isRead(synced));
    fake.switches().faults({ kind: "hang", services: ["compute"] });
    await eventually(() => synced.health(0, "compute")?.state === "failing");
    const rounds = synced.health(0, "network")?.rounds ?? 0;
    await eventually(() => (synced.health(0, "network")?.rounds ?? 0) >= rounds + 20);
    expect(synced.openstack.status()[0]).toMatchObject({
      state: "degraded",
      detail: expect.stringContaining("compute"),
    });
  });

  test.each([
    ["a body that ends in its middle", { kind: "truncated" } as const],
    ["text that is no JSON", { kind: "invalid-json" } as const],
    ["a connection that is reset", { kind: "reset" } as const],
    ["a page whose marker is gone", { kind: "marker-gone", path: "/v2.0/ports" } as const],
  ])("%s removes nothing", async (_what, fault) => {
    const { fake, synced } = await start(
      { behaviour: { mostPerPage: { compute: 3, network: 3, volume: 3, image: 3 } } },
      { fullEveryMs: 200 },
    );
    await eventually(() => isRead(synced));
    const elements = synced.recorders.get("os-1")?.graph.size;
    fake.switches().faults(fault);
    await eventually(() => (synced.health(0, "network")?.failures ?? 0) >= 3);
    expect(synced.recorders.get("os-1")?.graph.size).toBe(elements);
    fake.switches().heal();
    await eventually(() => synced.health(0, "network")?.state === "ok");
    expect(synced.recorders.get("os-1")?.graph.size).toBe(elements);
  });
});

describe("who may not see everything", () => {
  test("sees his own project, and is told what is missing", async () => {
    const { fake, synced } = await start({ size: { hosts: 60 } }, { user: "member" });
    await eventually(() => isRead(synced), { what: () => JSON.stringify(synced.openstack.status()) });
    const [status] = synced.openstack.status();
    expect(status).toMatchObject({ state: "degraded" });
    for (const what of ["servers of other projects", "bindings of ports", "hypervisors", "projects"]) {
      expect(status?.detail).toContain(what);
    }
    const count = kindsOf(synced, "os-1");
    expect(count("vm")).toBeLessThan(fake.cloud.vms.size);
    expect(fake.journal.violations).toEqual([]);
  });

  test("a wrong password is shown, and not tried again and again", async () => {
    const { log, lines } = keptLog();
    const fake = await startFakeOpenStack({}, lifetime);
    const wrong = { ...fake, credentials: () => ({ ...fake.credentials(), password: "not-this-one" }) };
    const synced = await syncClouds({ fake: wrong, clusters: 1, ...QUICK }, lifetime, log);
    await eventually(() => synced.openstack.status()[0]?.state === "down");
    expect(synced.openstack.status()[0]?.detail).toContain("HTTP status 401");
    await eventually(() => fake.journal.entries.length > 0);
    expect(fake.journal.entries.length).toBe(1);
    expect(lines.join("\n")).not.toContain("not-this-one");
  });
});
