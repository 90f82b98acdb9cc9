import { afterEach, expect, test, vi } from "vitest";
import { Names } from "../../../collector/openstack/names.ts";
import { RegionSync } from "../../../collector/openstack/region-sync.ts";
import { noRoundTracing } from "../../../collector/pull/round-tracing.ts";
import { systemClock } from "../../../core/clock.ts";
import { elementIdOf } from "../../../core/element-id.ts";
import { Lifetime } from "../../../core/lifetime.ts";
import { silentLog } from "../../../core/log.ts";
import { hasVolume, volumeUuid } from "../../../simulator/openstack/volumes.ts";
import { startFakeOpenStack } from "../../fakes/openstack/start.ts";
import { eventually } from "../../fixtures/eventually.ts";
import { sourceOf } from "../../integration/fixtures/synced-clouds.ts";
import { openRegion } from "./region.ts";
import { StubApi } from "./stub-api.ts";
import { syncedCloud } from "./synced-cloud.ts";

// What used to be read with everything only is seen by looks: nothing here is read whole a second time.

let lifetime = new Lifetime();
afterEach(async () => {
  await lifetime.end();
  lifetime = new Lifetime();
});

const ALL = ["compute", "network", "volume", "load-balancer", "identity"] as const;

test.each(["queens", "2025.1"] as const)(
  "a volume that comes and goes is seen by looks, of release %s",
  async (release) => {
    const it = await syncedCloud({ behaviour: { release } }, ALL, lifetime);
    const vm = [...it.fake.cloud.vms.values()].find(({ index }) => hasVolume(index));
    if (vm === undefined) throw new Error("the cloud has no volume");
    const id = elementIdOf("openstack", "volume", volumeUuid(it.fake.cloud, vm.index));
    expect(it.graph.get(id)).toBeDefined();
    expect(it.fake.perform({ kind: "delete", vm: vm.index })).toBe(true);
    await eventually(() => it.graph.get(id) === undefined);
    expect(it.fake.journal.violations).toEqual([]);
  },
);

test("hypervisors are read when a nova-compute is new, gone, up, down, enabled or disabled, not with each look", async () => {
  const api = new StubApi();
  const service = { id: "s1", binary: "nova-compute", host: "h1", status: "enabled" };
  const hypervisor = { id: "h1", hypervisor_hostname: "h1", service: { host: "h1" } };
  api.put("/os-services", { ...service, state: "up" });
  api.put("/os-hypervisors/detail", { ...hypervisor, state: "up" });
  const { nova, round, known, end } = await openRegion(api);
  await nova.full(round);
  const looks = async () => {
    api.asked.length = 0;
    for (let look = 0; look < 3; look++) await nova.poll(round);
    return api.asked.filter(({ path }) => path.startsWith("/os-")).map(({ path }) => path);
  };
  expect(await looks()).toEqual(["/os-services"]);
  api.put("/os-services", { ...service, state: "down" });
  api.put("/os-hypervisors/detail", { ...hypervisor, state: "down" });
  expect(await looks()).toEqual(["/os-services", "/os-hypervisors/detail"]);
  expect(known()["openstack/hypervisor/r1/h1"]).toMatchObject({ attributes: { state: "down" } });
  expect(await looks()).toEqual(["/os-services"]);
  api.put("/os-services", { ...service, id: "s2", host: "h2", state: "up" });
  api.put("/os-hypervisors/detail", { ...hypervisor, id: "h2", hypervisor_hostname: "h2", state: "up" });
  expect(await looks()).toEqual(["/os-services", "/os-hypervisors/detail"]);
  expect(known()["openstack/hypervisor/r1/h2"]).toBeDefined();
  await end();
});

test("a name that comes later is told without reading everything anew, and many of them are told with it", async () => {
  const api = new StubApi();
  api.put("/servers/detail", { id: "v1", name: "web", tenant_id: "p1" });
  api.put("/networks", { id: "n1", name: "net", project_id: "p1" });
  const region = await openRegion(api);
  const { keystone, nova, neutron, round } = region;
  for (const service of [keystone, nova, neutron]) await service.full(round);
  expect(region.projects.hasUnknown).toBe(true);
  api.put("/projects", { id: "p1", name: "shop" });
  api.nowMs += 3_600_000;
  api.asked.length = 0;
  for (const service of [keystone, nova, neutron]) await service.poll(round);
  for (const id of ["vm/v1", "neutron/network/n1"]) {
    expect(region.known()[id]).toMatchObject({ attributes: { project: "shop" } });
  }
  const servers = api.asked
    .filter(({ path }) => path === "/servers/detail")
    .map(({ query }) => Object.fromEntries(query));
  expect(servers).toEqual([
    expect.objectContaining({ "changes-since": expect.any(String) }),
    expect.objectContaining({ project_id: "p1" }),
  ]);
  expect(nova.generation()).toBe(0);
  await region.end();
});

test("who is unknown is asked for at once, and once; so many late names at a time that everything is read anew", () => {
  const names = new Names();
  let strangers = 0;
  const late: string[] = [];
  names.onUnknown(() => strangers++);
  names.onLate((ids) => late.push(...ids));
  names.replace(new Map([["a", "A"]]));
  for (const id of ["a", "b", "b", "c"]) names.get(id);
  expect([strangers, names.hasUnknown]).toEqual([1, true]);
  names.replace(
    new Map([
      ["a", "A"],
      ["b", "B"],
    ]),
  );
  expect(late).toEqual(["b"]);
  // Whoever is in no list is not looked for again and again.
  names.get("c");
  expect([strangers, names.hasUnknown, names.generation]).toEqual([1, false, 0]);
  const many = Array.from({ length: 30 }, (_, n) => `p${n}`);
  for (const id of many) names.get(id);
  names.replace(new Map(many.map((id) => [id, id])));
  expect([late, names.generation]).toEqual([["b"], 1]);
});

test("Keystone is asked soon, once, for a project that somebody sees and no list has", async () => {
  const { recorder, end } = await openRegion(new StubApi());
  const fake = await startFakeOpenStack({}, lifetime);
  const [projects, images] = [new Names(), new Names()];
  // Nothing of it runs.
  const { services } = new RegionSync({
    ...{ source: sourceOf(0, { fake, clusters: 1 }), region: "r1", regions: ["r1"], access: {} as never, recorder },
    ...{ projects, images, asksIdentity: true, clock: systemClock, log: silentLog, random: () => 0.5 },
    tracing: noRoundTracing(),
  });
  const hurried = services.map(({ api, loop }) => [api.service, vi.spyOn(loop, "hurry")] as const);
  for (const id of ["p1", "p1", "p2"]) projects.get(id);
  const asked = hurried.flatMap(([service, { mock }]) => mock.calls.map(() => service));
  expect(asked).toEqual(["identity"]);
  await end();
});

test("a load balancer whose members went away is seen, though nobody changed it", async () => {
  const api = new StubApi();
  for (let index = 0; index < 3; index++) {
    api.put("/lbaas/loadbalancers", { id: `b${index}`, name: `b${index}`, operating_status: "ONLINE" });
  }
  const region = await openRegion(api);
  await region.octavia.full(region.round);
  const row = api.rows("/lbaas/loadbalancers").get("b1");
  if (row !== undefined) row.operating_status = "ERROR";
  api.asked.length = 0;
  await region.octavia.poll(region.round);
  expect(region.known()["neutron/load-balancer/b1"]).toMatchObject({ attributes: { operating_status: "ERROR" } });
  expect(api.asked.map(({ path }) => path)).toEqual(["/lbaas/loadbalancers", "/lbaas/loadbalancers/b1"]);
  await region.end();
});
