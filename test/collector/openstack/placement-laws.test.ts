import fc from "fast-check";
import { expect, test } from "vitest";
import { ApiError } from "../../../collector/openstack/api/api-error.ts";
import { PlacementSync } from "../../../collector/openstack/placement.ts";
import { PlacementInventory } from "../../../collector/openstack/placement-inventory.ts";
import type { Missing, Round } from "../../../collector/openstack/round.ts";
import { SetClock } from "../../topology/fakes.ts";
import { StubPlacement } from "./stub-placement.ts";

const LOOKS = 4;

function open(api: StubPlacement) {
  const inventory = new PlacementInventory();
  const teller = { put: async () => {}, attributesOf: () => ({}) } as unknown as ConstructorParameters<
    typeof PlacementSync
  >[0]["teller"];
  const context = { cluster: "c", region: "r", projects: { get: () => undefined }, images: { get: () => undefined } };
  const sync = new PlacementSync({
    ...{ api, teller, context, inventory, compute: { hypervisors: [] }, maxObjects: 1_000, looksBetween: LOOKS },
  });
  const clock = new SetClock(Date.parse("2026-01-01T00:00:00Z"));
  const missing: Missing[] = [];
  const round: Round = {
    ...{ signal: new AbortController().signal, clock, missing: (it) => missing.push(it), count: () => {} },
    between: async () => {},
  };
  /** A list of all, and the looks until the next one. */
  const pass = async () => {
    await sync.full(round);
    for (let look = 1; look < LOOKS; look++) await sync.poll(round);
  };
  return { sync, inventory, round, pass, missing };
}

const ROOTS = ["aaaaaa-1", "bbbbbb-1", "cccccc-1"] as const;
const IDS = [...ROOTS, "aaaaaa-2", "bbbbbb-2", "shared-1"] as const;
const CLASSES = ["VCPU", "MEMORY_MB", "DISK_GB", "VGPU", "CUSTOM_X"] as const;

type Act =
  | {
      readonly kind: "set";
      readonly id: (typeof IDS)[number];
      readonly of: (typeof CLASSES)[number];
      readonly n: number;
    }
  | {
      readonly kind: "allocate";
      readonly id: (typeof IDS)[number];
      readonly of: (typeof CLASSES)[number];
      readonly n: number;
    }
  | { readonly kind: "join"; readonly id: (typeof IDS)[number]; readonly isIn: boolean }
  | { readonly kind: "drop"; readonly id: (typeof IDS)[number] };

const [id, of, n] = [fc.constantFrom(...IDS), fc.constantFrom(...CLASSES), fc.nat(30)];
const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("set" as const), id, of, n }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("allocate" as const), id, of, n }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("join" as const), id, isIn: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("drop" as const), id }) },
);

function perform({ providers }: StubPlacement, it: Act): void {
  const root = ROOTS.find((each) => each.slice(0, 6) === it.id.slice(0, 6)) ?? it.id;
  if (it.kind === "drop") {
    // A parent goes after its children.
    if (![...providers.values()].some((other) => other.root === it.id && other.id !== it.id)) providers.delete(it.id);
    return;
  }
  const make = (own: string) => {
    const made = providers.get(own) ?? {
      id: own,
      root,
      generation: 0,
      inventories: {},
      usages: {},
      shares: own === "shared-1",
    };
    providers.set(own, made);
    return made;
  };
  make(root);
  const provider = make(it.id);
  if (it.kind === "join") {
    if (it.isIn) provider.aggregate = "agg";
    else delete provider.aggregate;
    return;
  }
  provider.generation++;
  if (it.kind === "set")
    provider.inventories[it.of] = { total: it.n, reserved: it.n % 4, allocation_ratio: 1 + (it.n % 3) / 2 };
  else if (provider.inventories[it.of] !== undefined) provider.usages[it.of] = it.n;
}

/** A host that uses shared storage, and one that does not. */
const USUAL: readonly Act[] = [
  { kind: "set", id: "shared-1", of: "DISK_GB", n: 20 },
  { kind: "join", id: "shared-1", isIn: true },
  { kind: "set", id: ROOTS[0], of: "DISK_GB", n: 9 },
  { kind: "join", id: ROOTS[0], isIn: true },
  { kind: "set", id: ROOTS[1], of: "DISK_GB", n: 7 },
];

/** The slow and obvious way: what a host may give and gives, straight from what there is. */
function amountsOf(
  { providers }: StubPlacement,
  root: string,
): Record<string, [used: number, total: number]> | undefined {
  if (!providers.has(root)) return undefined;
  const disk = providers.get("shared-1");
  const isShared = disk?.inventories.DISK_GB !== undefined && disk.aggregate !== undefined;
  const takesShared =
    isShared && [...providers.values()].some((it) => it.root === root && it.aggregate === disk.aggregate);
  const sums: Record<string, [number, number]> = {};
  for (const provider of providers.values()) {
    if (provider.root !== root) continue;
    for (const [name, { total, reserved, allocation_ratio }] of Object.entries(provider.inventories)) {
      if (name === "DISK_GB" && takesShared) continue;
      const sum = sums[name] ?? [0, 0];
      sum[0] += provider.usages[name] ?? 0;
      sum[1] += Math.floor((total - reserved) * allocation_ratio);
      sums[name] = sum;
    }
  }
  return sums;
}

const NAMES = { vcpus: "VCPU", memory: "MEMORY_MB", disk: "DISK_GB", vgpus: "VGPU", custom_x: "CUSTOM_X" } as const;
const UNITS: { readonly [resource: string]: number } = { memory: 2 ** 20, disk: 2 ** 30 };

function known(inventory: PlacementInventory, root: string) {
  const amounts = inventory.of({ id: root, name: root });
  if (amounts === undefined) return undefined;
  return Object.fromEntries(
    [...amounts].map(([resource, { used, total }]) => {
      const unit = UNITS[resource] ?? 1;
      return [NAMES[resource as keyof typeof NAMES], [used / unit, total / unit]];
    }),
  );
}

const same = (api: StubPlacement, inventory: PlacementInventory) => {
  for (const root of ROOTS) expect(known(inventory, root), root).toEqual(amountsOf(api, root));
};

test("after a pass without trouble a host has what Placement says of its whole tree, whatever happened in passes before", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(act, { maxLength: 25 }),
      fc.array(act, { maxLength: 10 }),
      fc.option(fc.nat(12), { nil: undefined }),
      async (before, during, failingAt) => {
        const api = new StubPlacement();
        for (const it of USUAL) perform(api, it);
        for (const it of before) perform(api, it);
        const { pass, inventory } = open(api);
        const waiting = [...during];
        let asked = 0;
        api.before = (path) => {
          const next = waiting.shift();
          if (next !== undefined) perform(api, next);
          if (asked++ === failingAt) throw new ApiError({ kind: "server", message: path, hint: "its log" });
        };
        await pass().catch(() => undefined);
        for (const it of waiting) perform(api, it);
        api.before = () => {};
        await pass();
        same(api, inventory);
      },
    ),
    { numRuns: 150 },
  );
});

function threeHosts() {
  const api = new StubPlacement();
  for (const root of ROOTS) perform(api, { kind: "set", id: root, of: "VCPU", n: 8 });
  return api;
}

test("what failed keeps what was known, and one provider that always fails holds up no other", async () => {
  const api = threeHosts();
  const { pass, inventory } = open(api);
  await pass();
  const before = known(inventory, ROOTS[0]);
  for (const root of ROOTS) perform(api, { kind: "allocate", id: root, of: "VCPU", n: 5 });
  const fails = (path: string) => {
    if (path.startsWith(`/resource_providers/${ROOTS[0]}`))
      throw new ApiError({ kind: "server", message: path, hint: "" });
  };
  api.before = fails;
  for (let time = 0; time < 3; time++) await pass().catch(() => undefined);
  expect(known(inventory, ROOTS[0])).toEqual(before);
  for (const root of ROOTS.slice(1)) expect(known(inventory, root)).toEqual(amountsOf(api, root));
});

test("a deletion that raises no generation is seen after six lists at most", async () => {
  const api = threeHosts();
  for (const root of ROOTS) perform(api, { kind: "allocate", id: root, of: "VCPU", n: 5 });
  const { pass, inventory } = open(api);
  await pass();
  // DELETE /allocations/{consumer}
  for (const { usages } of api.providers.values()) usages.VCPU = 0;
  for (let time = 0; time < 6; time++) await pass();
  same(api, inventory);
});

test("what did not change is not asked for again, and what did a few at a time", async () => {
  const api = new StubPlacement();
  const ids = Array.from({ length: 40 }, (_, place) => `00000${(place % 6).toString(16)}-${place}`);
  const provider = (own: string) => ({
    id: own,
    root: own,
    generation: 0,
    inventories: { VCPU: { total: 8, reserved: 0, allocation_ratio: 4 } },
    usages: {},
  });
  for (const own of ids) api.providers.set(own, provider(own));
  const { sync, round } = open(api);
  await sync.full(round);
  // Each six lists every provider is asked for once, whatever it says: here those of the second turn.
  api.asked.length = 0;
  await sync.full(round);
  const anew = ids.filter((own) => own.startsWith("000001"));
  const read = () => new Set(api.asked.flatMap((path) => path.split("/")[2] ?? []));
  for (let look = 1; look < LOOKS; look++) await sync.poll(round);
  expect([...read()].toSorted()).toEqual(anew.toSorted());
  // All of them at once, as when ratios are set anew: no look asks for all.
  for (const each of api.providers.values()) each.generation++;
  api.asked.length = 0;
  await sync.full(round);
  expect(read().size).toBe(Math.ceil(ids.length / (LOOKS - 1)));
  for (let look = 1; look < LOOKS; look++) await sync.poll(round);
  expect(read().size).toBe(ids.length);
});

test.each([
  ["1.39", "aggregates"],
  ["1.17", "aggregates"],
  ["1.17", "traits"],
  ["1.39", "usages"],
])("a provider that goes between two questions is no refusal: of %s, before its %s", async (version, question) => {
  const api = new StubPlacement();
  api.version = version;
  for (const it of USUAL) perform(api, it);
  const { pass, inventory, missing } = open(api);
  await pass();
  expect(inventory.sharing.map(({ id: own }) => own)).toEqual(["shared-1"]);
  for (const each of api.providers.values()) each.generation++;
  api.before = (path) => {
    if (path === `/resource_providers/shared-1/${question}`) api.providers.delete("shared-1");
  };
  await pass();
  expect([inventory.isRefused, inventory.isWhole, inventory.sharing, missing]).toEqual([false, true, [], []]);
  await pass();
  same(api, inventory);
});

test.each([
  ["forbidden", `/resource_providers/${ROOTS[0]}/usages`],
  ["forbidden", "/resource_providers"],
  ["not_found", "/resource_providers"],
] as const)("that is a refusal, until it is answered again: %s at %s", async (kind, refused) => {
  const api = threeHosts();
  const { pass, inventory, missing } = open(api);
  api.before = (path) => {
    if (path === refused) throw new ApiError({ kind, message: path, hint: "" });
  };
  await pass();
  expect([inventory.isRefused, missing.map(({ what }) => what)]).toEqual([true, ["allocation ratios"]]);
  api.before = () => {};
  await pass();
  expect(inventory.isRefused).toBe(false);
  same(api, inventory);
});
