import { expect, test } from "vitest";
import { openRegion } from "./region.ts";
import { StubApi } from "./stub-api.ts";

// What rounds of changes ask for, and that nothing falls between two of them.

const MINUTE = 60_000;
const iso = (ms: number) => new Date(ms).toISOString().slice(0, 19);
/** What was asked for at this path by this word, oldest first. */
const askedBy = (api: StubApi, path: string, word: string) =>
  api.asked.flatMap((it) =>
    it.path === path ? it.query.flatMap(([name, value]) => (name === word ? [String(value)] : [])) : [],
  );

test.each([
  ["nova", "/servers/detail", "vm/x"],
  ["neutron", "/ports", "neutron/port/x"],
  ["cinder", "/volumes/detail", "openstack/volume/x"],
] as const)("a change dated by a clock that is half a minute behind is seen: %s", async (service, path, element) => {
  const api = new StubApi();
  // By its revision it would be seen whatever its date.
  api.extensions.delete("standard-attr-revisions");
  const put = (status: string) => api.put(path, { id: "x", status });
  put("BUILD");
  const region = await openRegion(api);
  api.nowMs += 10 * MINUTE;
  await region[service].full(region.round);
  for (const status of ["ACTIVE", "DOWN"]) {
    api.nowMs -= MINUTE / 2;
    put(status);
    api.nowMs += MINUTE / 2;
    await region[service].poll(region.round);
    expect(region.known()[element]?.attributes.status).toBe(status);
    api.nowMs += 10 * MINUTE;
    await region[service].poll(region.round);
  }
  await region.end();
});

test.each([
  ["nova", "/servers/detail", "changes-since", "Z"],
  ["cinder", "/volumes/detail", "updated_at", ""],
] as const)("each round asks for what changed since the first page of the one before: %s", async (...given) => {
  const [service, path, word, zone] = given;
  const api = new StubApi();
  api.pageSize = 1;
  const changeAll = () => {
    for (const id of ["a", "b", "c"]) api.put(path, { id });
  };
  changeAll();
  changeAll();
  const region = await openRegion(api);
  // Each page takes five minutes.
  const firsts: number[] = [];
  api.before = (asked, query) => {
    if (asked !== path) return;
    api.nowMs += 5 * MINUTE;
    if (!query.some(([name]) => name === "marker")) firsts.push(api.nowMs);
  };
  await region[service].full(region.round);
  for (let round = 0; round < 3; round++) {
    changeAll();
    await region[service].poll(region.round);
  }
  const since = firsts.slice(0, -1).map((ms) => `${iso(ms - MINUTE)}${zone}`);
  expect([...new Set(askedBy(api, path, word))].map((it) => it.replace("gte:", ""))).toEqual(since);
  await region.end();
});

test("ports of machines that are gone are looked for", async () => {
  const api = new StubApi();
  for (const id of ["s1", "s2"]) {
    api.put("/servers/detail", { id });
    api.put("/ports", { id: `p-${id}`, device_id: id, device_owner: "compute:nova", revision_number: 1 });
  }
  const region = await openRegion(api);
  for (const service of [region.nova, region.neutron]) await service.full(region.round);
  api.drop("/servers/detail", "s1");
  await region.nova.poll(region.round);
  await region.neutron.poll(region.round);
  // Neutron may take a while to delete them.
  expect(askedBy(api, "/ports", "id")).toEqual(["p-s1"]);
  await region.end();
});

test("a hypervisor that is in the list no more is counted no more", async () => {
  const api = new StubApi();
  for (const id of ["h1", "h2"]) api.put("/os-hypervisors/detail", { id, hypervisor_hostname: id });
  const region = await openRegion(api);
  await region.nova.full(region.round);
  api.drop("/os-hypervisors/detail", "h1");
  await region.nova.full(region.round);
  expect(region.compute.hypervisors.map(({ id }) => id)).toEqual(["h2"]);
  await region.end();
});

test("a load balancer that was read since it changed is not read again", async () => {
  const api = new StubApi();
  const put = (provisioning_status: string) => api.put("/lbaas/loadbalancers", { id: "b1", provisioning_status });
  put("PENDING");
  const region = await openRegion(api);
  await region.octavia.full(region.round);
  put("ACTIVE");
  for (let look = 0; look < 3; look++) await region.octavia.poll(region.round);
  expect(api.asked.filter(({ path }) => path.endsWith("/b1"))).toHaveLength(1);
  await region.end();
});
