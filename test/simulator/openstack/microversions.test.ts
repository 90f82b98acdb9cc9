import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Lifetime } from "../../../core/lifetime.ts";
import { RELEASE_NAMES, RELEASES } from "../../../simulator/openstack/releases.ts";
import { type FakeOpenStack, startFakeOpenStack } from "../../fakes/openstack/start.ts";
import { SetClock } from "../../topology/fakes.ts";
import { BEGAN_AT } from "../small-cloud.ts";
import { ask, clientOf, type TestClient } from "./client.ts";

const lifetime = new Lifetime();
let fake: FakeOpenStack;
let client: TestClient;
beforeAll(async () => {
  fake = await startFakeOpenStack({ clock: new SetClock(BEGAN_AT), behaviour: { release: "2025.1" } }, lifetime);
  client = await clientOf(fake);
});
afterAll(() => lifetime.end());

const compute = (version: string) => ({ "openstack-api-version": `compute ${version}` });
async function first(path: string, name: string, version: string): Promise<Record<string, unknown>> {
  const reply = await client.get(`${client.url("compute")}${path}`, compute(version));
  expect([version, reply.status]).toEqual([version, 200]);
  return reply.body[name][0];
}

describe("a release", () => {
  test.each(RELEASE_NAMES)("%s has the versions of its time, and refuses later ones", async (name) => {
    fake.switches().release(name);
    const { compute: newest, placement, volume } = RELEASES[name];
    const own = await clientOf(fake);
    const url = own.url("compute");
    // Catalogues of old end with the project.
    expect(/\/v2\.1\/[0-9a-f]{32}$/.test(url)).toBe(name === "queens");
    const root = url.replace(/\/v2\.1.*$/, "");
    const versions = await ask(root);
    expect(versions.body.versions.at(-1)).toMatchObject({ id: "v2.1", version: newest, min_version: "2.1" });
    expect((await ask(`${root}/v2.1`)).body.version).toMatchObject({ version: newest, min_version: "2.1" });
    const [major, minor] = newest.split(".").map(Number);
    const next = `${major}.${(minor ?? 0) + 1}`;
    const refused = await own.get(`${url}/servers`, compute(next));
    expect(refused.status).toBe(406);
    expect(refused.body.computeFault).toEqual({
      code: 406,
      message: `Version ${next} is not supported by the API. Minimum is 2.1 and maximum is ${newest}.`,
    });
    expect((await own.get(`${url}/servers`, compute("latest"))).headers.get("openstack-api-version")).toBe(
      `compute ${newest}`,
    );
    expect((await ask(own.url("placement"))).body.versions[0].max_version).toBe(placement);
    const tooNew = await own.get(`${own.url("placement")}/resource_providers`, {
      "openstack-api-version": "placement 1.99",
    });
    expect(tooNew.body.errors[0]).toMatchObject({ status: 406, min_version: "1.0", max_version: placement });
    const cinder = await own.get(`${own.url("volumev3")}/volumes`, { "openstack-api-version": "volume latest" });
    expect(cinder.headers.get("openstack-api-version")).toBe(`volume ${volume}`);
    fake.switches().release("2025.1");
  });
});

describe("a request's version", () => {
  test.each([
    ["none", {}, "2.1"],
    ["the usual header", { "openstack-api-version": "compute 2.53" }, "2.53"],
    ["the header of before", { "x-openstack-nova-api-version": "2.53" }, "2.53"],
    [
      "both: the usual one counts",
      { "openstack-api-version": "compute 2.60", "x-openstack-nova-api-version": "2.53" },
      "2.60",
    ],
    ["another service's", { "openstack-api-version": "placement 1.10" }, "2.1"],
    ["several services'", { "openstack-api-version": "placement 1.10, compute 2.60" }, "2.60"],
  ])("%s", async (_what, headers, expected) => {
    const reply = await client.get(`${client.url("compute")}/servers`, headers);
    expect(reply.headers.get("openstack-api-version")).toBe(`compute ${expected}`);
    expect(reply.headers.get("x-openstack-nova-api-version")).toBe(expected);
    expect(reply.headers.get("vary")).toContain("OpenStack-API-Version");
  });

  test("that cannot be read is refused", async () => {
    const reply = await client.get(`${client.url("compute")}/servers`, compute("2.x"));
    expect([reply.status, reply.body.badRequest.message]).toEqual([
      400,
      "API Version String 2.x is of invalid format. Must be of format MajorNum.MinorNum.",
    ]);
  });
});

describe("what a member is there in", () => {
  test.each([
    ["/servers/detail?all_tenants=1", "servers", "locked", "2.8", "2.9"],
    ["/servers/detail?all_tenants=1", "servers", "host_status", "2.15", "2.16"],
    ["/servers/detail?all_tenants=1", "servers", "description", "2.18", "2.19"],
    ["/servers/detail?all_tenants=1", "servers", "tags", "2.25", "2.26"],
    ["/servers/detail?all_tenants=1", "servers", "OS-EXT-SRV-ATTR:root_device_name", "2.2", "2.3"],
    ["/servers/detail?all_tenants=1", "servers", "trusted_image_certificates", "2.62", "2.63"],
    ["/servers/detail?all_tenants=1", "servers", "locked_reason", "2.72", "2.73"],
    ["/servers/detail?all_tenants=1", "servers", "pinned_availability_zone", "2.95", "2.96"],
    ["/servers/detail?all_tenants=1", "servers", "scheduler_hints", "2.99", "2.100"],
    ["/flavors/detail", "flavors", "description", "2.54", "2.55"],
    ["/flavors/detail", "flavors", "extra_specs", "2.60", "2.61"],
    ["/os-hypervisors/detail", "hypervisors", "uptime", "2.87", "2.88"],
    ["/os-services", "services", "forced_down", "2.10", "2.11"],
    ["/os-aggregates", "aggregates", "uuid", "2.40", "2.41"],
  ])("%s %s %s: not in %s, from %s on", async (path, name, member, before, since) => {
    expect(await first(path, name, before)).not.toHaveProperty([member]);
    expect(await first(path, name, since)).toHaveProperty([member]);
  });

  test("a server's flavor is a link before 2.47, and what it was when the server got it after", async () => {
    const path = "/servers/detail?all_tenants=1";
    const { flavor: link } = (await first(path, "servers", "2.46")) as { flavor: object };
    const { flavor: embedded } = (await first(path, "servers", "2.47")) as { flavor: object };
    expect(Object.keys(link).toSorted()).toEqual(["id", "links"]);
    expect(Object.keys(embedded).toSorted()).toEqual([
      ...["disk", "ephemeral", "extra_specs", "original_name", "ram", "swap", "vcpus"],
    ]);
  });

  test("hypervisors and services have numbers before 2.53, and UUIDs after", async () => {
    for (const [path, name] of [
      ["/os-hypervisors/detail", "hypervisors"],
      ["/os-services", "services"],
    ] as const) {
      expect(typeof (await first(path, name, "2.52")).id).toBe("number");
      expect((await first(path, name, "2.53")).id).toMatch(/^[0-9a-f-]{36}$/);
    }
  });

  test("hypervisors have no capacity from 2.88 on; Placement has", async () => {
    const members = ["vcpus", "vcpus_used", "memory_mb", "memory_mb_used", "local_gb", "running_vms", "cpu_info"];
    const before = await first("/os-hypervisors/detail", "hypervisors", "2.87");
    const after = await first("/os-hypervisors/detail", "hypervisors", "2.88");
    for (const member of members) {
      expect(before).toHaveProperty([member]);
      expect(after).not.toHaveProperty([member]);
    }
    const provider = `${client.url("placement")}/resource_providers/${String(after.id)}`;
    const { inventories } = (await client.get(`${provider}/inventories`)).body;
    const { usages } = (await client.get(`${provider}/usages`)).body;
    expect(inventories.VCPU.total).toBe(before.vcpus);
    expect(inventories.MEMORY_MB.total).toBe(before.memory_mb);
    expect(usages.VCPU).toBe(before.vcpus_used);
    // Nova counts what it reserves for the host as used; Placement says it apart.
    expect(usages.MEMORY_MB + inventories.MEMORY_MB.reserved).toBe(before.memory_mb_used);
  });

  test("cpu_info is a text before 2.28, and an object after", async () => {
    const infoIn = async (version: string) => (await first("/os-hypervisors/detail", "hypervisors", version)).cpu_info;
    expect(typeof (await infoIn("2.27"))).toBe("string");
    expect(await infoIn("2.28")).toMatchObject({ arch: "x86_64" });
  });

  test("links of Placement's providers grow with the versions", async () => {
    const relsIn = async (version: string) => {
      const headers = { "openstack-api-version": `placement ${version}` };
      const { body } = await client.get(`${client.url("placement")}/resource_providers`, headers);
      return body.resource_providers[0].links.map(({ rel }: { rel: string }) => rel);
    };
    expect(await relsIn("1.0")).toEqual(["self", "inventories", "usages"]);
    expect(await relsIn("1.6")).toEqual(["self", "inventories", "usages", "aggregates", "traits"]);
    expect(await relsIn("1.11")).toEqual(["self", "inventories", "usages", "aggregates", "traits", "allocations"]);
  });

  test("a Nova that has given up its older versions says so, and refuses them", async () => {
    fake.switches().set({ oldestCompute: "2.88" });
    const { versions } = (await ask(client.url("compute").replace(/\/v2.1.*$/, ""))).body;
    expect(versions.at(-1).min_version).toBe("2.88");
    const reply = await client.get(`${client.url("compute")}/servers`, { "openstack-api-version": "compute 2.87" });
    expect(reply.status).toBe(406);
    fake.switches().set({ oldestCompute: "2.1" });
  });

  test("a provider's generation never falls, and rises with what is allocated", async () => {
    const list = async () =>
      (await client.get(`${client.url("placement")}/resource_providers`)).body.resource_providers as {
        readonly uuid: string;
        readonly generation: number;
      }[];
    const before = await list();
    const [vm] = fake.cloud.vms.values();
    expect(fake.perform({ kind: "delete", vm: vm?.index ?? 0 })).toBe(true);
    const after = await list();
    const risen = after.filter(({ generation }, place) => generation > (before[place]?.generation ?? 0));
    expect(risen).toHaveLength(1);
    expect(after.every(({ generation }, place) => generation >= (before[place]?.generation ?? 0))).toBe(true);
  });
});
