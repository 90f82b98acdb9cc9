import fc from "fast-check";
import { expect, test } from "vitest";
import { createRoutingReader, type Entries } from "../../agent/topology/routing-text.ts";

/** As `ip -o -batch -` of iproute2 6.1 answers `route show table all` and `neigh show nud permanent`. */
const LINES = String.raw`throw 10.81.0.0/16 table 7 
default via 10.9.0.2 dev v0 metric 30 linkdown 
10.9.0.0/24 dev v0 proto kernel scope link src 10.9.0.1 
10.77.0.0/16 \	nexthop via 10.9.0.3 dev v0 weight 1 \	nexthop dev lo weight 2 
blackhole 10.78.0.0/16 
10.80.0.0/16 nhid 10 via 10.9.0.7 dev v0 
124.65.92.0/24 via 10.9.0.2 dev v0 table 2 
local 10.9.0.1 dev v0 table local proto kernel scope host src 10.9.0.1 
broadcast 10.9.0.255 dev v0 table local proto kernel scope link src 10.9.0.1 
local 0.0.0.0/0 dev lo table 100 scope host 
unreachable fd01::/64 dev lo metric 1024 pref medium
fd02::/64 metric 1024 pref medium\	nexthop via fe80::1 dev v0 weight 1 \	nexthop via fe80::2 dev v1 weight 1 
default via fe80::9 dev v1 proto ra metric 100 expires 1795sec pref medium
fe80::/64 dev v1 proto kernel metric 256 pref medium
multicast ff00::/8 dev v1 table local proto kernel metric 256 pref medium
10.9.0.9 dev v0 lladdr a6:d1:a0:51:03:49 PERMANENT 
10.9.0.10 dev v0 lladdr a6:d1:a0:51:03:50 extern_learn PERMANENT `.split("\n");

function read(lines: readonly string[]) {
  const reader = createRoutingReader();
  lines.forEach(reader.line);
  return reader.finish();
}

const listed = (entries: Entries) => (entries.kind === "listed" ? Object.fromEntries(entries.byDevice) : entries);

test("a route is told at each device it leaves by, one that leads nowhere at none", () => {
  expect(listed(read(LINES).routes)).toEqual({
    undefined: ["blackhole 10.78.0.0/16", "throw 10.81.0.0/16 table 7", "unreachable fd01::/64 metric 1024"],
    lo: ["10.77.0.0/16 weight 2", "local 0.0.0.0/0 table 100 scope host"],
    v0: [
      "10.77.0.0/16 via 10.9.0.3 weight 1",
      "10.80.0.0/16 via 10.9.0.7",
      "10.9.0.0/24 proto kernel scope link src 10.9.0.1",
      "124.65.92.0/24 via 10.9.0.2 table 2",
      "default via 10.9.0.2 metric 30",
      "fd02::/64 metric 1024 via fe80::1 weight 1",
    ],
    v1: ["default via fe80::9 proto ra metric 100", "fd02::/64 metric 1024 via fe80::2 weight 1"],
  });
});

test("of neighbours those are told that somebody set", () => {
  expect(listed(read(LINES).neighbors)).toEqual({ v0: ["10.9.0.9 a6:d1:a0:51:03:49"] });
});

test("nothing at all is an empty list, not a count", () => {
  expect(listed(read([]).routes)).toEqual({});
});

const routesTo = (count: number, note = "") =>
  Array.from({ length: count }, (_, n) => `10.${n >> 8}.${n & 255}.0/24 via 10.9.0.2 dev v0 ${note}`);

test("512 routes are told one by one, one more only by number and digest", () => {
  expect(read(routesTo(512)).routes.kind).toBe("listed");
  expect(read(routesTo(513)).routes).toMatchObject({ kind: "counted", count: 513 });
});

test("few routes of much text are a count too, so that no element grows past its limit", () => {
  expect(read(routesTo(400, `encap ip6 ${"x".repeat(100)}`)).routes).toMatchObject({ kind: "counted", count: 400 });
});

test("the digest of a large table does not depend on its order and tells any change of it", () => {
  const lines = routesTo(600);
  const { routes } = read(lines);
  const anyLine = fc.nat({ max: lines.length - 1 });
  fc.assert(
    fc.property(fc.shuffledSubarray(lines, { minLength: lines.length }), anyLine, (shuffled, changed) => {
      expect(read(shuffled).routes).toEqual(routes);
      expect(read(lines.with(changed, "10.200.0.0/24 via 10.9.0.3 dev v0")).routes).not.toEqual(routes);
    }),
    { numRuns: 20 },
  );
});
