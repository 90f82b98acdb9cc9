import fc from "fast-check";
import { expect, test } from "vitest";
import type { CountedPools } from "../../../collector/openstack/given-addresses.ts";
import { type CountedPort, countedSubnet, NetworkInventory } from "../../../collector/openstack/network-inventory.ts";

const SUBNETS = ["s1", "s2"];

const portArbitrary = fc.record({
  status: fc.constant("ACTIVE"),
  vifType: fc.constant("ovs"),
  projectId: fc.constant(undefined),
  addresses: fc
    .array(
      fc.tuple(
        fc.constantFrom(...SUBNETS),
        fc.constantFrom("fd00::1", "10.0.0.2", "10.0.0.4", "10.0.0.7", "10.0.0.9", "10.0.0.10"),
      ),
    )
    .map((pairs) => pairs.flat()),
});
/** Neutron has none that overlap; these do, or touch, or are empty. */
const poolsArbitrary = fc.array(
  fc
    .tuple(fc.integer({ min: 1, max: 10 }), fc.integer({ min: 0, max: 5 }))
    .map(([first, more]) => ({ start: `10.0.0.${first}`, end: `10.0.0.${first + more}` })),
  { maxLength: 4 },
);
/** A port that comes, changes or goes; or a look at a subnet, whose pools may be others than those of the last look. */
const stepArbitrary = fc.oneof(
  fc.record({ id: fc.constantFrom("p1", "p2", "p3"), port: fc.option(portArbitrary, { nil: undefined }) }),
  fc.record({ subnet: fc.constantFrom(...SUBNETS), pools: poolsArbitrary }),
);

const lastByte = (address: string) => Number(address.split(".")[3]);
const sumOf = (values: readonly number[]) => values.reduce((sum, one) => sum + one, 0);

/** The slow, obvious oracle: all ports are looked at. */
function usedIn(ports: Iterable<CountedPort>, subnet: string, { start, end }: { start: string; end: string }): number {
  let used = 0;
  for (const { addresses } of ports) {
    for (let place = 0; place < addresses.length; place += 2) {
      const byte = lastByte(addresses[place + 1] ?? "");
      if (addresses[place] === subnet && byte >= lastByte(start) && byte <= lastByte(end)) used++;
    }
  }
  return used;
}

test("whatever ports and pools come, change and go, of each range those addresses are used that ports have", () => {
  fc.assert(
    fc.property(fc.array(stepArbitrary), poolsArbitrary, (steps, lastPools) => {
      const inventory = new NetworkInventory();
      const look = (id: string, pools: typeof lastPools) => {
        const subnet = countedSubnet({ id, allocation_pools: pools });
        const expected = pools.map((pool) => usedIn(inventory.ports.values(), id, pool));
        const sizes = pools.map(({ start, end }) => lastByte(end) - lastByte(start) + 1);
        const given = pools.length === 0 ? undefined : { used: sumOf(expected), total: sumOf(sizes) };
        // Whichever is asked first, and asked again.
        expect(inventory.givenOf(subnet)).toEqual(given);
        const ranges = pools.map(({ start, end }, i) => ({
          ...{ subnetId: id, range: `${start}-${end}` },
          ...{ used: expected[i], total: sizes[i] },
        }));
        expect(inventory.rangesOf(subnet)).toEqual(ranges);
        expect(inventory.givenOf(countedSubnet({ id, allocation_pools: pools }))).toEqual(given);
      };
      for (const step of steps) {
        if ("pools" in step) look(step.subnet, step.pools);
        else if (step.port === undefined) inventory.dropPort(step.id);
        else inventory.putPort(step.id, step.port);
      }
      for (const id of SUBNETS) look(id, lastPools);
    }),
    { numRuns: 500 },
  );
});

test("what is no IPv4 pool is none", () => {
  const pools = [
    { start: "fd00::1", end: "fd00::9" },
    { start: "10.0.0.9", end: "10.0.0.2" },
    { start: "10.0.0.256", end: "10.0.1.2" },
  ];
  const inventory = new NetworkInventory();
  const subnet = countedSubnet({ id: "s1", allocation_pools: pools });
  expect(inventory.givenOf(subnet)).toBeUndefined();
  expect(inventory.rangesOf(subnet)).toEqual([]);
});

test.each([
  ["known", (pools: CountedPools) => pools],
  ["read again", ({ bounds, ...others }: CountedPools) => ({ ...others, bounds: bounds.slice() })],
])("one port that comes is counted by itself, not all there are once more; of pools that are %s", (_how, again) => {
  const inventory = new NetworkInventory();
  const subnet = countedSubnet({ id: "s1", allocation_pools: [{ start: "10.0.0.0", end: "10.0.255.255" }] });
  let looked = 0;
  const watched = (pools: CountedPools): CountedPools => ({
    ...pools,
    get bounds() {
      looked++;
      return pools.bounds;
    },
  });
  const port = (address: string): CountedPort => ({
    ...{ status: "ACTIVE", vifType: "ovs", projectId: undefined },
    addresses: ["s1", address],
  });
  for (let i = 0; i < 1_000; i++) inventory.putPort(`p${i}`, port(`10.0.${i >> 8}.${i & 255}`));
  const first = { ...subnet, pools: watched(subnet.pools) };
  expect(inventory.givenOf(first)).toEqual({ used: 1_000, total: 65_536 });
  looked = 0;
  inventory.putPort("new", port("10.0.200.1"));
  expect(inventory.givenOf({ ...subnet, pools: watched(again(subnet.pools)) })?.used).toBe(1_001);
  expect(looked).toBeLessThan(10);
});
