import fc from "fast-check";
import { expect, test } from "vitest";
import { type IpInterface, parseIpAddr } from "../../agent/topology/ip-json.ts";
import type { NamespaceReading } from "../../agent/topology/namespace.ts";
import { nsidKey, pairVeths, type VethEnd } from "../../agent/topology/veth-pairs.ts";

/** A network of namespaces as the kernel holds it; `hidden` ones cannot be read, `named` ones have a name. */
interface World {
  readonly namespaces: readonly { readonly inode: number; readonly named: boolean; readonly hidden: boolean }[];
  /** Pairs of indexes into `namespaces`. */
  readonly pairs: readonly (readonly [number, number])[];
}

const worlds: fc.Arbitrary<World> = fc.integer({ min: 1, max: 6 }).chain((count) =>
  fc.record({
    namespaces: fc.tuple(
      ...Array.from({ length: count }, (_, n) =>
        fc.record({ inode: fc.constant(100 + n), named: fc.boolean(), hidden: fc.boolean() }),
      ),
    ),
    pairs: fc.array(fc.tuple(fc.nat(count - 1), fc.nat(count - 1)), { maxLength: 12 }),
  }),
);

/** What the agent gets to read of a world, and the pairs that are really there. */
function observe(world: World) {
  const interfaces = world.namespaces.map((): IpInterface[] => []);
  const numbers = world.namespaces.map(() => new Map<number, number>());
  const numberOf = (here: number, there: number) => {
    const known = numbers[here] ?? new Map<number, number>();
    if (!known.has(there)) known.set(there, known.size);
    return known.get(there) ?? 0;
  };
  const truth: (readonly [VethEnd, VethEnd])[] = [];
  for (const [a, b] of world.pairs) {
    const place = (n: number, offset: number) => ({
      list: interfaces[n] ?? [],
      index: (interfaces[n]?.length ?? 0) + 2 + offset,
    });
    const [here, there] = [place(a, 0), place(b, a === b ? 1 : 0)];
    const veth = (own: number, peer: number, nsid: number | undefined) => {
      const link = nsid === undefined ? `"link":"v${peer}"` : `"link_index":${peer},"link_netnsid":${nsid}`;
      return parseIpAddr(`[{"ifindex":${own},"ifname":"v${own}",${link},"linkinfo":{"info_kind":"veth"}}]`);
    };
    here.list.push(...veth(here.index, there.index, a === b ? undefined : numberOf(a, b)));
    there.list.push(...veth(there.index, here.index, a === b ? undefined : numberOf(b, a)));
    const end = (n: number, index: number): VethEnd => ({ inode: 100 + n, name: `v${index}` });
    truth.push([end(a, here.index), end(b, there.index)]);
  }
  const readings = world.namespaces.flatMap(({ inode, hidden }, n): NamespaceReading[] => {
    if (hidden) return [];
    const named = [...(numbers[n] ?? [])].filter(([there]) => world.namespaces[there]?.named);
    const inodeByNsid = new Map(named.map(([there, nsid]) => [nsid, 100 + there]));
    const namespace = { inode, name: `ns${inode}`, heldBy: "name", pid: undefined, path: undefined } as const;
    return [{ namespace, interfaces: interfaces[n] ?? [], inodeByNsid }];
  });
  return { readings, truth };
}

const textOf = (pair: readonly [VethEnd, VethEnd]) =>
  pair
    .map(({ inode, name }) => `${inode}/${name}`)
    .toSorted()
    .join(" - ");

test("where every namespace has a name, every pair between readable ones is found and no other", () => {
  fc.assert(
    fc.property(worlds, (world) => {
      const named = { ...world, namespaces: world.namespaces.map((it) => ({ ...it, named: true })) };
      const { readings, truth } = observe(named);
      const readable = new Set(readings.map(({ namespace }) => namespace.inode));
      const expected = truth.filter((pair) => pair.every(({ inode }) => readable.has(inode)));
      expect(pairVeths(readings).pairs.map(textOf).toSorted()).toEqual(expected.map(textOf).toSorted());
    }),
  );
});

test("where no namespace has a name and none is hidden, nothing is paired that is not a pair", () => {
  fc.assert(
    fc.property(worlds, (world) => {
      const bare = { ...world, namespaces: world.namespaces.map((it) => ({ ...it, named: false, hidden: false })) };
      const { readings, truth } = observe(bare);
      const real = new Set(truth.map(textOf));
      for (const pair of pairVeths(readings).pairs) expect(real).toContain(textOf(pair));
    }),
  );
});

test("an unnamed namespace is found by the veths that point at each other, and its number with it", () => {
  const world = {
    namespaces: [0, 1, 2].map((n) => ({ inode: 100 + n, named: false, hidden: false })),
    pairs: [
      [0, 1],
      [0, 1],
      [0, 2],
    ] as const,
  };
  const { readings, truth } = observe(world);
  const { pairs, inodeByNsid } = pairVeths(readings);
  expect(pairs.map(textOf).toSorted()).toEqual(truth.map(textOf).toSorted());
  expect(inodeByNsid.get(nsidKey(100, 0))).toBe(101);
  expect(inodeByNsid.get(nsidKey(100, 1))).toBe(102);
});

test("a veth that fits two unnamed namespaces is left without a pair", () => {
  const far = (inode: number, nsid: number): NamespaceReading => ({
    namespace: { inode, name: `ns${inode}`, heldBy: "process", pid: undefined, path: undefined },
    interfaces: parseIpAddr(
      `[{"ifindex":2,"ifname":"eth0","link_index":2,"link_netnsid":${nsid},"linkinfo":{"info_kind":"veth"}}]`,
    ),
    inodeByNsid: new Map(),
  });
  expect(pairVeths([far(1, 0), far(2, 0), far(3, 0)]).pairs).toEqual([]);
});
