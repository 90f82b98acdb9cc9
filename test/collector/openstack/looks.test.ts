import { expect, test } from "vitest";
import type { Query } from "../../../collector/openstack/api/service-api.ts";
import type { Hints, LookKind } from "../../../collector/openstack/pending-hints.ts";
import { singleLook } from "../../../collector/openstack/single-look.ts";
import { openRegion } from "./region.ts";
import { StubApi } from "./stub-api.ts";

const hints = (all: Partial<Record<LookKind, readonly string[] | "all">>): Hints =>
  new Map(
    Object.entries(all).map(([kind, ids]) => [
      kind as LookKind,
      { ids: new Set(ids === "all" ? [] : ids), all: ids === "all" },
    ]),
  );
const many = (count: number, prefix: string) => Array.from({ length: count }, (_, n) => `${prefix}${n}`);

async function read(api: StubApi) {
  const region = await openRegion(api);
  await region.nova.full(region.round);
  await region.neutron.full(region.round);
  api.asked.length = 0;
  return region;
}
const asked = (api: StubApi) => api.asked.map(({ path, query }) => `${path} ${query.map(([name]) => name)[0] ?? ""}`);

test("two thousand ports at once cost a page of what changed, not forty questions; those that went, the list of ids", async () => {
  const api = new StubApi();
  for (const id of many(2_000, "p")) api.put("/ports", { id, revision_number: 1 });
  const region = await read(api);
  for (const id of many(1_500, "p")) api.put("/ports", { id, revision_number: 2, status: "DOWN" });
  await region.neutron.look(hints({ port: many(1_500, "p") }), region.round);
  // Changed in the same minute as the reading before: all two thousand are told of, and whether that is all.
  expect(asked(api)).toEqual(["/ports changed_since", "/ports changed_since", "/ports changed_since"]);
  expect(region.recorder.graph.get("neutron/port/p7" as never)?.attributes.status).toBe("DOWN");
  api.nowMs += 3_600_000;
  await region.neutron.look(hints({ port: "all" }), region.round);
  api.asked.length = 0;
  for (const id of many(1_000, "p")) api.drop("/ports", id);
  await region.neutron.look(hints({ port: many(1_000, "p") }), region.round);
  expect(asked(api).length).toBeLessThanOrEqual(2 + 20);
  expect(region.recorder.graph.ofKind("port").size).toBe(1_000);
  await region.end();
});

test.each([
  ["machines, all of them", "nova", "full"],
  ["machines that changed", "nova", "poll"],
  ["ports, all of them", "neutron", "full"],
  ["ports that changed", "neutron", "poll"],
] as const)(
  "a look in the middle of a round over %s is not undone by an answer that is older",
  async (_what, service, kind) => {
    const [path, member, id] = service === "nova" ? ["/servers/detail", "server", "s1"] : ["/ports", "port", "p1"];
    const api = new StubApi();
    const put = (status: string, revision_number: number) => api.put(path, { id, status, revision_number });
    put("BUILD", 1);
    // By times alone, whole objects are asked for; by revisions a page has ids.
    api.extensions.delete("standard-attr-revisions");
    const region = await openRegion(api);
    let [willChange, isHinted] = [false, false];
    const asked = {
      get: async (at: string, query: Query) => {
        const reply = await api.get(at, query);
        if (at === path && willChange) {
          put("ACTIVE", 3);
          [willChange, isHinted] = [false, true];
        }
        return reply;
      },
    };
    const own = region.regionOf("r1", ["r1"], asked);
    await own[service].full(region.round);
    put("REBUILD", 2);
    willChange = true;
    const between = async () => {
      if (!isHinted) return;
      isHinted = false;
      await own[service].look(hints({ [member]: [id] }), region.round);
    };
    await own[service][kind]({ ...region.round, between });
    const element = `${service === "nova" ? "vm" : "neutron/port"}/${id}`;
    expect(region.known()[element]?.attributes.status).toBe("ACTIVE");
    expect([...region.compute.servers.values(), ...region.network.ports.values()].map(({ status }) => status)).toEqual([
      "ACTIVE",
    ]);
    await region.end();
  },
);

test("ports of a machine are those it has now, and those it had", async () => {
  const api = new StubApi();
  for (const id of ["stays", "goes", "moves"]) api.put("/ports", { id, device_id: "vm", device_owner: "compute:nova" });
  const region = await read(api);
  api.drop("/ports", "goes");
  api.put("/ports", { id: "moves", device_id: "other", device_owner: "compute:nova" });
  api.put("/ports", { id: "comes", device_id: "vm", device_owner: "compute:nova" });
  await region.neutron.look(hints({ "ports-of": ["vm"] }), region.round);
  expect(asked(api)).toEqual(["/ports device_id", "/ports id"]);
  const devices = [...region.network.ports.keys()].map((id) => [
    id,
    region.known()[`neutron/port/${id}`]?.attributes.device_id,
  ]);
  expect(Object.fromEntries(devices)).toEqual({ stays: "vm", moves: "other", comes: "vm" });
  await region.end();
});

test("one of a kind, not said which: what changed and what is gone is seen", async () => {
  const api = new StubApi();
  for (const id of ["a", "b"]) api.put("/security-groups", { id, name: id, revision_number: 1 });
  const region = await read(api);
  api.drop("/security-groups", "a");
  api.put("/security-groups", { id: "b", name: "renamed", revision_number: 2 });
  await region.neutron.look(hints({ "security-group": "all" }), region.round);
  expect(Object.values(region.known())).toMatchObject([{ name: "renamed" }]);
  await region.end();
});

test("what a look finds while the list is read is counted, though the list was too early for it", async () => {
  const api = new StubApi();
  api.put("/ports", { id: "p1" });
  const region = await read(api);
  let isHinted = true;
  const between = async () => {
    // The page with this place in the order is past.
    if (!isHinted || api.asked.at(-1)?.path !== "/ports") return;
    isHinted = false;
    api.put("/ports", { id: "p0" });
    await region.neutron.look(hints({ port: ["p0"] }), region.round);
  };
  await region.neutron.full({ ...region.round, between });
  expect([...region.network.ports.keys()].toSorted()).toEqual(["p0", "p1"]);
  expect(region.recorder.graph.ofKind("port").size).toBe(2);
  await region.end();
});

test("few ports are asked for by their ids alone", async () => {
  const api = new StubApi();
  for (const id of many(200, "p")) api.put("/ports", { id, revision_number: 1 });
  const region = await read(api);
  api.drop("/ports", "p3");
  await region.neutron.look(hints({ port: ["p3", "p4"] }), region.round);
  expect(asked(api)).toEqual(["/ports id"]);
  expect(region.recorder.graph.get("neutron/port/p3" as never)).toBeUndefined();
  await region.end();
});

test("what another region has is not taken from it when it is not found here", async () => {
  const [here, there] = [new StubApi(), new StubApi()];
  here.put("/ports", { id: "mine" });
  there.put("/ports", { id: "other", device_id: "vm" });
  there.put("/servers/detail", { id: "vm" });
  const region = await openRegion(here, { regions: ["r1", "r2"] });
  const other = region.regionOf("r2", ["r1", "r2"], there);
  for (const { nova, neutron } of [region, other]) {
    await nova.full(region.round);
    await neutron.full(region.round);
  }
  const before = region.known();
  await region.neutron.look(hints({ port: ["other", "mine"], "ports-of": ["vm"] }), region.round);
  await region.nova.look(hints({ server: ["vm"] }), region.round);
  expect(region.known()).toEqual(before);
  await region.end();
});

test("a machine is asked for by its id, many by what changed, and one that is gone by the list that says so", async () => {
  const api = new StubApi();
  for (const id of many(20, "s")) api.put("/servers/detail", { id, status: "ACTIVE" });
  const region = await read(api);
  const look = (...ids: readonly string[]) => region.nova.look(hints({ server: ids }), region.round);
  api.put("/servers/detail", { id: "s1", status: "SHUTOFF" });
  await look("s1");
  expect(asked(api)).toEqual(["/servers/s1 "]);
  api.asked.length = 0;
  api.drop("/servers/detail", "s2");
  await look("s2");
  expect(asked(api)).toEqual(["/servers/s2 ", "/servers/detail changes-since"]);
  expect([...region.recorder.graph.ofKind("vm")].length).toBe(19);
  api.asked.length = 0;
  await look(...many(15, "s"));
  expect(asked(api)).toEqual(["/servers/detail changes-since"]);
  await region.end();
});

test("what has no date as a change is asked for by id, five at a time, and the others later", async () => {
  const api = new StubApi();
  for (const id of many(8, "s")) api.put("/servers/detail", { id });
  const region = await read(api);
  api.nowMs += 3_600_000;
  await region.nova.poll(region.round);
  await region.nova.poll(region.round);
  api.asked.length = 0;
  const later = await region.nova.look(hints({ server: many(8, "s") }), region.round);
  expect(asked(api)).toEqual(["/servers/detail changes-since", ...many(5, "/servers/s").map((path) => `${path} `)]);
  expect(later).toEqual(["s5", "s6", "s7"].map((id) => ({ kind: "server", id })));
  await region.end();
});

test("who is shown no machine by its id loses none, and is not asked in vain again until all is read anew", async () => {
  const api = new StubApi();
  api.hidesById = true;
  api.put("/servers/detail", { id: "s1", status: "ACTIVE" });
  const region = await read(api);
  api.put("/servers/detail", { id: "s1", status: "SHUTOFF" });
  await region.nova.look(hints({ server: ["s1"] }), region.round);
  expect(region.recorder.graph.get("vm/s1" as never)?.attributes.status).toBe("SHUTOFF");
  api.asked.length = 0;
  await region.nova.look(hints({ server: ["s1"] }), region.round);
  expect(asked(api)).toEqual(["/servers/detail changes-since"]);
  await region.end();
});

test("services, hypervisors and aggregates are read again, each whole, and nothing besides", async () => {
  const api = new StubApi();
  const region = await read(api);
  api.put("/os-services", { id: "1", binary: "nova-compute", host: "h1", status: "disabled", state: "up" });
  api.put("/os-aggregates", { id: "7", name: "ssd", hosts: ["h1"] });
  await region.nova.look(hints({ "compute-service": "all", aggregate: "all" }), region.round);
  expect(api.asked.map(({ path }) => path)).toEqual([
    "/os-services",
    "/os-hypervisors/detail",
    "/os-availability-zone/detail",
    "/os-aggregates",
  ]);
  expect(region.recorder.graph.ofKind("service").size).toBe(1);
  expect(region.recorder.graph.ofKind("aggregate").size).toBe(1);
  api.asked.length = 0;
  await region.nova.look(hints({ hypervisor: "all" }), region.round);
  expect(api.asked.map(({ path }) => path)).toEqual(["/os-hypervisors/detail"]);
  await region.end();
});

test("a volume is told as its id says; one that is not shown, and many, are a reason to read the list", async () => {
  const told: string[] = [];
  const region = await openRegion(new StubApi());
  const parse = ({ id }: { readonly [member: string]: unknown }) => {
    told.push(String(id));
    return undefined;
  };
  const look = singleLook(
    { kind: "volume", path: "/servers", member: "server", parse },
    { api: stubWith("v1"), teller: { put: async () => {} } },
  );
  expect(await look(hints({ volume: ["v1"] }), region.round)).toEqual([]);
  expect(told).toEqual(["v1"]);
  expect(await look(hints({ volume: ["v1", "gone"] }), region.round)).toMatchObject([{ kind: "everything" }]);
  expect(await look(hints({ volume: many(11, "v") }), region.round)).toMatchObject([{ kind: "everything" }]);
  expect(told).toEqual(["v1", "v1"]);
  await region.end();
});

function stubWith(id: string): StubApi {
  const api = new StubApi();
  api.put("/servers/detail", { id });
  return api;
}
