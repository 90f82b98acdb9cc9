import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { epochMsOf } from "../../../core/clock.ts";
import type { Attributes, Element, Node } from "../../../core/element.ts";
import { elementIdOf, hostId, interfaceId } from "../../../core/element-id.ts";
import { identifiersOf } from "../../../topology/identifiers.ts";
import { parseIpAddress } from "../../../topology/ip-address.ts";
import { LiveGraph } from "../../../topology/live-graph.ts";
import { liveSource } from "../../../topology/query/graph-source.ts";
import { holds, parseNetwork, tokensAround, tokensInside } from "../../../topology/query/network.ts";
import { type Hit, type LostIdentifier, search } from "../../../topology/query/search/search.ts";
import { parseSearch } from "../../../topology/query/search/search-query.ts";
import { someWork } from "./evaluating.ts";

const UUID = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0";
const TAP = interfaceId("c-1", undefined, "tap0f1e2d3c-4b");

function nic(name: string, attributes: Attributes = {}): Node {
  return { id: interfaceId("c-1", undefined, name), kind: "nic", name, cluster: "main", host: "c-1", attributes };
}

const ELEMENTS: readonly Element[] = [
  { id: hostId("c-1"), kind: "host", name: "c-1", cluster: "main", host: "c-1", attributes: {} },
  { id: hostId("c-10"), kind: "host", name: "c-10", cluster: "main", host: "c-10", attributes: {} },
  { ...nic("tap0f1e2d3c-4b", { mac: "fa:16:3e:00:00:01", "external_ids.iface-id": UUID }), kind: "tap" },
  {
    ...nic("port", { fixed_ips: ["10.0.2.9"] }),
    kind: "port",
    id: elementIdOf("neutron", "port", UUID),
    host: undefined,
  },
  nic("eth0", { addresses: ["10.0.1.2/24"] }),
  nic("eth1", { addresses: ["10.0.5.2/24", "2001:db8::1/64"] }),
  nic("eth0.100", { vlan_id: 100 }),
  nic("vxlan7001", { vxlan_id: 7001 }),
  nic("web-10.0.1.2", {}),
];
const live = new LiveGraph(ELEMENTS);

async function found(typed: string, lost: readonly LostIdentifier[] = [], limit = 50): Promise<readonly Hit[]> {
  const query = parseSearch(typed);
  if (query === undefined) return [];
  const of = async (tokens: readonly string[]) => lost.filter(({ token }) => tokens.includes(token));
  return search({ source: liveSource(live), live, lost: of }, query, { limit, work: someWork() });
}

const names = (hits: readonly Hit[]): readonly string[] =>
  hits.map(({ name, match }) => `${name} by ${match.what} ${match.key}`);

describe("search", () => {
  const cases: readonly (readonly [typed: string, hits: readonly string[]])[] = [
    ["c-1", ["c-1 by name name", "c-10 by name prefix name"]],
    ["C-1", ["c-1 by name name", "c-10 by name prefix name"]],
    ["host/c-10", ["c-10 by id id"]],
    ["fa:16:3e:00:00:01", ["tap0f1e2d3c-4b by mac attributes.mac"]],
    ["FA16.3E00.0001", ["tap0f1e2d3c-4b by mac attributes.mac"]],
    ["fa-16-3e-00-00-01", ["tap0f1e2d3c-4b by mac attributes.mac"]],
    [UUID, ["tap0f1e2d3c-4b by uuid attributes.external_ids.iface-id", "port by uuid id"]],
    [
      UUID.replaceAll("-", "").toUpperCase(),
      ["tap0f1e2d3c-4b by uuid attributes.external_ids.iface-id", "port by uuid id"],
    ],
    ["10.0.1.2", ["eth0 by ip attributes.addresses"]],
    ["2001:db8:0::1", ["eth1 by ip attributes.addresses"]],
    ["10.0.0.0/22", ["eth0 by network attributes.addresses", "port by network attributes.fixed_ips"]],
    ["10.0.2.8/31", ["port by network attributes.fixed_ips"]],
    ["10.0.2.10/31", []],
    [
      "10.0.0.0/13",
      [
        "eth0 by network attributes.addresses",
        "eth1 by network attributes.addresses",
        "port by network attributes.fixed_ips",
      ],
    ],
    ["vlan 100", ["eth0.100 by vlan attributes.vlan_id"]],
    ["VLAN:100", ["eth0.100 by vlan attributes.vlan_id"]],
    ["vni=7001", ["vxlan7001 by vni attributes.vxlan_id"]],
    ["vni 100", []],
    ["web-10", ["web-10.0.1.2 by name prefix name"]],
    ["tap0f1e", ["tap0f1e2d3c-4b by name prefix name"]],
    ["  ", []],
    ["nowhere", []],
  ];
  test.each(cases)("%s", async (typed, expected) => {
    expect(names(await found(typed))).toEqual(expected);
  });

  test("finds what no longer has the identifier, after what has it", async () => {
    const gone = { id: elementIdOf("vm", "x"), kind: "vm", name: "old", token: "10.0.1.2", until: epochMsOf(5) };
    const hits = await found("10.0.1.2", [gone]);
    expect(names(hits)).toEqual(["eth0 by ip attributes.addresses", "old by ip undefined"]);
    expect(hits.map(({ until }) => until)).toEqual([undefined, 5]);
  });

  test("what has the identifier now is not told as gone", async () => {
    const again = { id: TAP, kind: "tap", name: "tap0f1e2d3c-4b", token: "fa:16:3e:00:00:01", until: epochMsOf(5) };
    expect((await found("fa:16:3e:00:00:01", [again])).map(({ until }) => until)).toEqual([undefined]);
  });

  test("one more than the limit tells that there are others", async () => {
    expect(await found("e", [], 1)).toHaveLength(2);
    expect(await found("eth0", [], 5)).toHaveLength(2);
  });

  test.each(["127.0.0.0/8", "0.0.0.0/0", "10.0.0.0/7", "fe80::/64"])("%s is refused: it is not indexed", (typed) => {
    expect(() => parseSearch(typed)).toThrow("not in the index");
  });
});

const v4 = fc
  .tuple(fc.constantFrom(10, 10, 172, 192), fc.nat(3), fc.nat(255), fc.nat(255))
  .map((bytes) => bytes.join("."));
const v6 = fc.tuple(fc.nat(3), fc.nat(65_535), fc.nat(3)).map(([a, b, c]) => `2001:db8:${a}:${b.toString(16)}::${c}`);
const network = fc.oneof(
  fc.tuple(v4, fc.integer({ min: 8, max: 32 })),
  fc.tuple(v6, fc.integer({ min: 32, max: 128 })),
);

describe("a network is looked up under tokens", () => {
  test("that every address in it has; and exact ones no address beside it has", () => {
    fc.assert(
      fc.property(network, fc.oneof(v4, v6), fc.boolean(), ([base, length], other, isNear) => {
        const wanted = parseNetwork(`${base}/${length}`);
        const address = isNear ? base : other;
        const parsed = parseIpAddress(address);
        if (wanted === undefined || parsed === undefined) throw new Error("not read");
        const has = new Set(identifiersOf(nic("x", { address })));
        const isFound = (tokensAround(wanted) ?? []).some((token) => has.has(token));
        const exact = tokensInside(wanted);
        if (holds(wanted, parsed)) expect(isFound).toBe(true);
        if (exact !== undefined) expect(exact.some((token) => has.has(token))).toBe(holds(wanted, parsed));
      }),
      { numRuns: 3_000 },
    );
  });
});
