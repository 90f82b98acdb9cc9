import fc from "fast-check";
import { expect, test } from "vitest";
import { type MeshHost, networkOf, planMesh } from "../../../collector/mesh/plan-mesh.ts";
import type { MeshEndpoint } from "../../../core/mesh.ts";

const port = 8_643;
const hostOf = (n: number, { zone = "z", rack = "r", network = false, overlay = false } = {}): MeshHost => ({
  host: `host-${n}`,
  zone,
  rack,
  isNetworkNode: network,
  endpoints: [
    { path: "underlay", address: `10.0.${n >> 8}.${n & 255}`, port },
    ...(overlay ? [{ path: "overlay", address: `172.16.${n >> 8}.${n & 255}`, prefixLength: 16, port } as const] : []),
  ],
});

const cloud = fc
  .array(
    fc.record({
      zone: fc.constantFrom("z1", "z2", "z3"),
      rack: fc.constantFrom("r1", "r2", "r3", "r4"),
      network: fc.boolean(),
      overlay: fc.boolean(),
    }),
    { maxLength: 60, size: "max" },
  )
  .map((all) => all.map((parts, n) => hostOf(n, parts)));

const isFull = (plan: ReturnType<typeof planMesh>, most: number) => (host: MeshHost) =>
  (plan.get(host.host)?.length ?? 0) >= most;

const rackOf = ({ zone, rack }: MeshHost) => `${zone} ${rack}`;

test("nobody asks itself, asks anybody twice, or asks more than may be; what is asked is where a host says it answers", () => {
  fc.assert(
    fc.property(cloud, fc.integer({ min: 2, max: 20 }), (hosts, most) => {
      const byName = new Map(hosts.map((it) => [it.host, it]));
      const plan = planMesh(hosts, most);
      expect([...plan.keys()].sort()).toEqual([...byName.keys()].sort());
      for (const [host, peers] of plan) {
        expect(peers.length).toBeLessThanOrEqual(most);
        expect(new Set(peers.map(({ address }) => address)).size).toBe(peers.length);
        for (const peer of peers) {
          expect(peer.host).not.toBe(host);
          expect(byName.get(peer.host)?.endpoints.map(({ address }) => address)).toContain(peer.address);
        }
      }
    }),
  );
});

test("every host is asked over every link class there is: rack, zone, region, overlay; and asks network nodes", () => {
  fc.assert(
    fc.property(cloud, (hosts) => {
      const plan = planMesh(hosts);
      for (const subject of hosts) {
        const others = hosts.filter((it) => it !== subject);
        const isAsked = (fits: (asker: MeshHost) => boolean, path: string) =>
          others.some(
            (asker) => fits(asker) && plan.get(asker.host)?.some((it) => it.host === subject.host && it.path === path),
          );
        const classes: readonly ((it: MeshHost) => boolean)[] = [
          (it) => rackOf(it) === rackOf(subject),
          (it) => it.zone === subject.zone && rackOf(it) !== rackOf(subject),
          (it) => it.zone !== subject.zone,
        ];
        for (const fits of classes) {
          const possible = others.filter((it) => fits(it));
          if (!possible.every(isFull(plan, 20))) expect(isAsked(fits, "underlay")).toBe(possible.length > 0);
        }
        const inOverlay = (it: MeshHost) => it.endpoints.some(({ path }) => path === "overlay");
        const within = inOverlay(subject) ? others.filter(inOverlay) : [];
        if (!within.every(isFull(plan, 20))) expect(isAsked(inOverlay, "overlay")).toBe(true);
        const asksNode = plan
          .get(subject.host)
          ?.some(({ host }) => others.some((it) => it.isNetworkNode && it.host === host));
        if (!isFull(plan, 20)(subject))
          expect(asksNode ?? false).toBe(others.some(({ isNetworkNode }) => isNetworkNode));
      }
    }),
  );
});

test("every host has at least two witnesses in its rack and two outside, where there are as many, with ten peers too", () => {
  fc.assert(
    fc.property(cloud, fc.constantFrom(10, 20), (hosts, most) => {
      const plan = planMesh(hosts, most);
      for (const subject of hosts) {
        const askers = hosts.filter(({ host }) => plan.get(host)?.some((peer) => peer.host === subject.host));
        const others = hosts.filter((it) => it !== subject);
        for (const isMate of [true, false]) {
          const possible = others.filter((it) => (rackOf(it) === rackOf(subject)) === isMate);
          const found = possible.filter((it) => askers.includes(it)).length;
          // One host cannot be the witness of a thousand.
          const room = possible.filter((it) => askers.includes(it) || !isFull(plan, most)(it)).length;
          expect(found).toBeGreaterThanOrEqual(Math.min(2, room));
        }
      }
    }),
  );
});

test("a host that comes changes the peers of few, and nothing depends on the order hosts are known in", () => {
  const racks = Array.from({ length: 50 }, (_, rack) => Array.from({ length: 20 }, (_, n) => rack * 20 + n));
  const hosts = racks.flatMap((members, rack) =>
    members.map((n) => hostOf(n, { zone: `z${rack % 3}`, rack: `r${rack}`, network: n % 50 === 0 })),
  );
  const before = planMesh(hosts);
  expect(planMesh(hosts.toReversed())).toEqual(before);
  const after = planMesh([...hosts, hostOf(5_000, { zone: "z1", rack: "r7" })]);
  const changed = [...before].filter(([host, peers]) => JSON.stringify(peers) !== JSON.stringify(after.get(host)));
  expect(changed.length).toBeLessThan(20);
});

test("ten thousand hosts are planned for in a moment, and no network node is asked by more than its share", () => {
  const hosts = Array.from({ length: 10_000 }, (_, n) =>
    hostOf(n, { zone: `z${n % 5}`, rack: `r${Math.floor(n / 40)}`, network: n % 250 === 0 }),
  );
  const plan = planMesh(hosts, 10);
  const asked = new Map<string, number>();
  for (const peers of plan.values()) for (const { host } of peers) asked.set(host, (asked.get(host) ?? 0) + 1);
  const nodes = hosts.filter(({ isNetworkNode }) => isNetworkNode).map(({ host }) => asked.get(host) ?? 0);
  expect(Math.max(...nodes)).toBeLessThan((3 * 10_000) / nodes.length);
});

test.each<[MeshEndpoint, string | undefined]>([
  [{ path: "overlay", address: "172.16.5.9", prefixLength: 24, port }, "2886731008/24"],
  [{ path: "overlay", address: "172.16.5.200", prefixLength: 24, port }, "2886731008/24"],
  [{ path: "overlay", address: "fd00:1:2:3::9", prefixLength: 64, port }, "fd00:1:2:3/64"],
  [{ path: "underlay", address: "10.0.0.1", port }, undefined],
])("the network of %o is %s", (endpoint, network) => {
  expect(networkOf(endpoint)).toBe(network);
});
