import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { openRegion } from "./region.ts";
import { StubApi, serverError } from "./stub-api.ts";

const IDS = ["a", "b", "c", "d", "e", "f"] as const;
const PATHS = [
  ...(["/servers/detail", "/ports", "/networks", "/floatingips", "/volumes/detail"] as const),
  ...(["/lbaas/loadbalancers", "/projects"] as const),
];

type Act =
  | { readonly kind: "put"; readonly path: (typeof PATHS)[number]; readonly id: string; readonly salt: number }
  | { readonly kind: "drop"; readonly path: (typeof PATHS)[number]; readonly id: string };

const act: fc.Arbitrary<Act> = fc.oneof(
  fc.record({
    kind: fc.constant("put" as const),
    path: fc.constantFrom(...PATHS),
    id: fc.constantFrom(...IDS),
    salt: fc.nat(3),
  }),
  fc.record({ kind: fc.constant("drop" as const), path: fc.constantFrom(...PATHS), id: fc.constantFrom(...IDS) }),
);

let revision = 0;

function perform(api: StubApi, it: Act): void {
  api.nowMs += 1_000;
  if (it.kind === "drop") {
    api.drop(it.path, it.id);
    return;
  }
  const { path, id, salt } = it;
  const port = { device_id: IDS[salt], device_owner: "compute:nova", network_id: "a", mac_address: `m${salt}` };
  const others: { readonly [path: string]: object } = {
    "/ports": port,
    "/floatingips": { port_id: salt === 0 ? null : IDS[salt] },
    // Whose it is: a project that may not be there yet, or no more.
    "/servers/detail": { tenant_id: IDS[salt] },
    "/networks": { project_id: IDS[salt] },
    "/volumes/detail": { size: salt },
    "/lbaas/loadbalancers": { provisioning_status: `p${salt}`, vip_port_id: salt === 0 ? null : IDS[salt] },
  };
  if (path === "/servers/detail") api.deleted.delete(id);
  api.put(path, { id, name: `n${salt}`, status: "ACTIVE", revision_number: ++revision, ...others[path] });
}

/** The slow and obvious way: everything read into an empty recorder. */
async function readAnew(api: StubApi) {
  const region = await openRegion(api);
  await readAll(region, "full");
  const known = region.known();
  await region.end();
  return known;
}

type Region = Awaited<ReturnType<typeof openRegion>>;

/** Every service, names first. */
async function readAll(region: Region, how: "full" | "poll"): Promise<void> {
  const { keystone, nova, neutron, cinder, octavia, round } = region;
  for (const service of [keystone, nova, neutron, cinder, octavia]) await service[how](round);
}

describe("what is known equals what the API tells", () => {
  test("after a whole reading, whatever was known before, and whatever happened in between two pages of one before", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(act, { maxLength: 12 }),
        fc.array(act, { maxLength: 8 }),
        fc.integer({ min: 1, max: 3 }),
        async (before, during, pageSize) => {
          const api = new StubApi();
          api.pageSize = pageSize;
          for (const it of before) perform(api, it);
          const region = await openRegion(api);
          const waiting = [...during];
          api.before = () => {
            const next = waiting.shift();
            if (next !== undefined) perform(api, next);
          };
          const { keystone, nova, neutron, cinder, octavia, round } = region;
          // A marker that went in between fails a round, which is then begun again.
          for (const it of [nova, neutron, cinder, keystone, octavia]) await it.full(round).catch(() => undefined);
          api.before = () => {};
          await readAll(region, "full");
          expect(region.known()).toEqual(await readAnew(api));
          await region.end();
        },
      ),
      { numRuns: 40 },
    );
  });

  test.each([
    ["by times and revisions", ["standard-attr-timestamp", "standard-attr-revisions"], true],
    ["by times alone", ["timestamp"], true],
    ["by revisions alone", ["revisions"], true],
    ["of an older Cinder", ["revisions"], false],
  ])("after a look at what changed, %s", async (_how, extensions, tellsVolumeChanges) => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(act, { maxLength: 6 }), { maxLength: 5 }), async (steps) => {
        const api = new StubApi();
        api.extensions.clear();
        for (const alias of extensions) api.extensions.add(alias);
        api.pageSize = 2;
        api.tellsVolumeChanges = tellsVolumeChanges;
        const region = await openRegion(api);
        await readAll(region, "full");
        const made = new Set<string>();
        for (const acts of steps) {
          for (const it of acts) {
            // An older Cinder tells what is new and gone, and what changed only to who reads all.
            const isVolume = it.kind === "put" && it.path === "/volumes/detail";
            if (!isVolume || tellsVolumeChanges || !made.has(it.id)) perform(api, it);
            if (isVolume) made.add(it.id);
          }
          await readAll(region, "poll");
          expect(region.known()).toEqual(await readAnew(api));
        }
        await region.end();
      }),
      { numRuns: 40 },
    );
  });

  test("a round that fails in the middle removes nothing, and the next mends all", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(act, { minLength: 4, maxLength: 12 }),
        fc.array(act, { maxLength: 12 }),
        fc.nat(12),
        fc.boolean(),
        fc.constantFrom("neutron" as const, "cinder" as const, "octavia" as const, "keystone" as const),
        async (before, after, failingAt, isFull, service) => {
          const api = new StubApi();
          api.pageSize = 2;
          for (const it of before) perform(api, it);
          const region = await openRegion(api);
          const { round } = region;
          await readAll(region, "full");
          const known = Object.keys(region.known()).filter((id) => id.split("/").length < 4);
          for (const it of after) perform(api, it);
          const there = new Set(Object.keys(await readAnew(api)));
          let asked = 0;
          api.before = (path) => {
            if (asked++ >= failingAt) throw serverError(path);
          };
          const failed = await region[service][isFull ? "full" : "poll"](round).then(
            () => false,
            () => true,
          );
          const left = region.known();
          // What is there stays, whether or not the round came so far.
          for (const id of known) if (there.has(id)) expect(left[id], id).toBeDefined();
          if (failed && failingAt === 0) expect(Object.keys(left)).toEqual(expect.arrayContaining(known));
          api.before = () => {};
          await readAll(region, "full");
          expect(region.known()).toEqual(await readAnew(api));
          await region.end();
        },
      ),
      { numRuns: 80 },
    );
  });
});

describe("nothing is removed on a doubtful word", () => {
  test("a list that lost more than half is believed the second time", async () => {
    const api = new StubApi();
    for (let index = 0; index < 200; index++) api.put("/ports", { id: `p${index}`, revision_number: 1 });
    const region = await openRegion(api);
    await region.neutron.full(region.round);
    for (let index = 0; index < 150; index++) api.drop("/ports", `p${index}`);
    await region.neutron.poll(region.round);
    await region.neutron.full(region.round);
    expect(region.recorder.graph.ofKind("port").size).toBe(200);
    expect(region.missing.map(({ what }) => what)).toContain("/ports");
    await region.neutron.full(region.round);
    expect(region.recorder.graph.ofKind("port").size).toBe(50);
    await region.end();
  });

  test("what another region has is left alone, what a region has that nobody asks any more goes", async () => {
    const api = new StubApi();
    api.put("/networks", { id: "n1" });
    const region = await openRegion(api, { regions: ["r1", "r2"] });
    const other = region.regionOf("r2", ["r1", "r2"]);
    await region.neutron.full(region.round);
    api.drop("/networks", "n1");
    api.put("/networks", { id: "n2" });
    await other.neutron.full(region.round);
    expect(Object.keys(region.known())).toEqual(["neutron/network/n1", "neutron/network/n2"]);
    await region.regionOf("r2", ["r2"]).neutron.full(region.round);
    expect(Object.keys(region.known())).toEqual(["neutron/network/n2"]);
    await region.end();
  });

  test("machines of a cell that is down stay as they were", async () => {
    const api = new StubApi();
    api.put("/servers/detail", { id: "s1", name: "web", status: "ACTIVE", "OS-EXT-SRV-ATTR:host": "h1" });
    const region = await openRegion(api);
    await region.nova.full(region.round);
    const before = region.known();
    api.put("/servers/detail", { id: "s1", status: "UNKNOWN", created: "2026-01-01T00:00:00Z", tenant_id: "t" });
    await region.nova.full(region.round);
    await region.nova.poll(region.round);
    expect(region.known()).toEqual(before);
    expect(region.compute.servers.get("s1")?.host).toBe("h1");
    await region.end();
  });
});

test("reading everything again when nothing changed records nothing, also after a restart", async () => {
  const api = new StubApi();
  const fixed_ips = [{ subnet_id: "s1", ip_address: "10.0.0.5" }];
  api.put("/networks", { id: "n1", name: "net" });
  api.put("/subnets", {
    ...{ id: "s1", network_id: "n1", cidr: "10.0.0.0/24" },
    allocation_pools: [{ start: "10.0.0.2", end: "10.0.0.254" }],
  });
  api.put("/ports", { id: "p1", network_id: "n1", fixed_ips, device_id: "v1", device_owner: "compute:nova" });
  api.put("/servers/detail", { id: "v1", name: "web" });
  const region = await openRegion(api);
  await region.nova.full(region.round);
  await region.neutron.full(region.round);
  expect(region.known()["neutron/subnet/s1"]).toMatchObject({ attributes: { used: 1, total: 253 } });
  const revisions = region.store.revisions.length;
  expect(revisions).toBeGreaterThan(0);
  // Another sync of the same recorder knows nothing of what the one before had counted.
  const again = region.regionOf("r1", ["r1"]);
  await again.nova.full(region.round);
  await again.neutron.full(region.round);
  await again.neutron.poll(region.round);
  expect(region.store.revisions.length).toBe(revisions);
  await region.end();
});
