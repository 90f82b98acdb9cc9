import fc from "fast-check";
import { expect, test } from "vitest";
import { type CountedPort, countedSubnet, NetworkInventory } from "../../../collector/openstack/network-inventory.ts";

const SUBNETS = ["s1", "s2"];
const POOLS = [
  { start: "10.0.0.2", end: "10.0.0.4" },
  { start: "10.0.0.7", end: "10.0.0.8" },
];

const portArbitrary = fc.record({
  status: fc.constant("ACTIVE"),
  vifType: fc.constant("ovs"),
  projectId: fc.constant(undefined),
  addresses: fc
    .array(
      fc.tuple(fc.constantFrom(...SUBNETS), fc.constantFrom("fd00::1", "10.0.0.2", "10.0.0.4", "10.0.0.7", "10.0.0.9")),
    )
    .map((pairs) => pairs.flat()),
});
const stepArbitrary = fc.tuple(fc.constantFrom("p1", "p2", "p3"), fc.option(portArbitrary, { nil: undefined }));

/** The slow, obvious oracle: all ports are looked at. */
function usedIn(ports: Iterable<CountedPort>, subnet: string, { start, end }: { start: string; end: string }): number {
  const lastByte = (address: string) => Number(address.split(".")[3]);
  let used = 0;
  for (const { addresses } of ports) {
    for (let place = 0; place < addresses.length; place += 2) {
      const byte = lastByte(addresses[place + 1] ?? "");
      if (addresses[place] === subnet && byte >= lastByte(start) && byte <= lastByte(end)) used++;
    }
  }
  return used;
}

test("whatever ports come, change and go, the addresses of each range that are used are those that ports have", () => {
  fc.assert(
    fc.property(fc.array(stepArbitrary), (steps) => {
      const inventory = new NetworkInventory();
      for (const [id, port] of steps) {
        if (port === undefined) inventory.dropPort(id);
        else inventory.putPort(id, port);
      }
      for (const id of SUBNETS) {
        const subnet = countedSubnet({ id, allocation_pools: POOLS });
        const used = POOLS.map((pool) => usedIn(inventory.ports.values(), id, pool));
        expect(inventory.rangesOf(subnet).map((range) => range.used)).toEqual(used);
        expect(inventory.givenOf(subnet)).toEqual({ used: used.reduce((sum, one) => sum + one, 0), total: 5 });
      }
    }),
  );
});
