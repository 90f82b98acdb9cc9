import { describe, expect, test } from "vitest";
import { epochMsOf } from "../../../core/clock.ts";
import { type Attributes, NODE_KINDS, type Node } from "../../../core/element.ts";
import { elementIdOf, hostId, interfaceId, netnsId, ovsPortId } from "../../../core/element-id.ts";
import { METRIC_CATALOGUE, type MeasurementSpec } from "../../../core/metric-catalogue.ts";
import { networkNodeShare } from "../../../core/metrics/network-node-share.ts";
import { METRIC_NAME, promqlName } from "../../../core/series.ts";
import type { Expr, VectorSelector } from "../../../promql/ast.ts";
import { parseQuery } from "../../../promql/parse.ts";
import { reachingBack } from "../../../web/ui/api/look-back.ts";
import { linesOf, onGrid, stepsOf } from "../../../web/ui/api/metrics.ts";
import { chartsFor } from "../../../web/ui/details/chart-plan.ts";
import { quantityText } from "../../../web/ui/details/quantity.ts";
import { en } from "../../../web/ui/text/en.ts";

const nodeOf = (kind: Node["kind"], id: Node["id"], name: string, attributes: Attributes = {}): Node => ({
  id,
  kind,
  name,
  cluster: "main",
  host: "c-1",
  attributes,
});
const queriesOf = (node: Node): readonly string[] =>
  chartsFor(node, "main", en).flatMap(({ lines }) => lines.map(({ query }) => query));

/** Attributes that change what is asked. */
const SHAPES: readonly Attributes[] = [
  {},
  {
    role: "network",
    ovs_hw_offload: true,
    service: "router",
    physical_function: "eth0",
    vf_index: 3,
    bus_address: "x",
  },
  {
    type: "bond",
    members: ["eth0", "eth1"],
    bgp_daemon: "frr",
    vrf: "red",
    path_space: "a",
    "external_ids.iface-id": "p",
  },
  { type: "internal", connections: "partly measurable (vf)", vni: 7 },
];
const ALL = NODE_KINDS.flatMap((kind) =>
  SHAPES.flatMap((attributes) => {
    const ids = [elementIdOf("host", "c-1", kind), elementIdOf("host", "c-1", "tunnel", kind)];
    return ids.flatMap((id) => chartsFor(nodeOf(kind, id, 'x"y', attributes), "main", en));
  }),
);

/** Every selector in an expression. */
function selectorsIn(expr: Expr): readonly VectorSelector[] {
  switch (expr.kind) {
    case "selector":
      return [expr];
    case "range":
      return [expr.selector];
    case "subquery":
      return selectorsIn(expr.expr);
    case "unary":
      return selectorsIn(expr.operand);
    case "binary":
      return [...selectorsIn(expr.left), ...selectorsIn(expr.right)];
    case "aggregation":
      return selectorsIn(expr.expr);
    case "call":
      return expr.args.flatMap(selectorsIn);
    case "number":
    case "string":
      return [];
  }
}

/** Labels each metric of the catalogue has, by its name in PromQL. */
const LABELS = new Map(
  Object.entries<MeasurementSpec>(METRIC_CATALOGUE).flatMap(([measurement, { tags, fields }]) =>
    Object.keys(fields).map((field) => [promqlName(measurement, field), ["cluster", "host", ...tags]] as const),
  ),
);

function expectCatalogued(query: string): void {
  const selectors = selectorsIn(parseQuery(query));
  expect(selectors.length, query).toBeGreaterThan(0);
  for (const { matchers } of selectors) {
    const name = matchers.flatMap((it) => (it.kind === "=" && it.name === METRIC_NAME ? [it.value] : []))[0];
    expect([...LABELS.keys()], query).toContain(name);
    const filtered = matchers.map((matcher) => matcher.name).filter((label) => label !== METRIC_NAME);
    expect(LABELS.get(name ?? ""), query).toEqual(expect.arrayContaining(filtered));
  }
}

describe("charts", () => {
  test("ask in PromQL, for metrics of the catalogue, by labels that these have", () => {
    const queries = new Set(ALL.flatMap(({ lines }) => lines.map(({ query }) => query)));
    expect(queries.size).toBeGreaterThan(150);
    for (const query of queries) expectCatalogued(query);
    for (const selector of new Set(ALL.flatMap(({ measuredBy }) => measuredBy))) expectCatalogued(selector);
  });

  test("show counters as rates, and gauges as they stand", () => {
    const kinds = new Map(
      Object.entries<MeasurementSpec>(METRIC_CATALOGUE).flatMap(([measurement, { fields }]) =>
        Object.entries(fields).map(([field, { kind }]) => [promqlName(measurement, field), kind] as const),
      ),
    );
    for (const query of new Set(ALL.flatMap(({ lines }) => lines.map(({ query }) => query)))) {
      for (const [, before, name = ""] of query.matchAll(/(rate\()?\b([a-z]\w*_\w+)(?=[{[])/g)) {
        expect(kinds.get(name), `${name} in ${query}`).toBe(before === undefined ? "gauge" : "counter");
      }
    }
  });

  test("name the series of a line by labels that are left", () => {
    for (const { lines } of ALL) {
      for (const { query, by } of lines) {
        if (by !== undefined && by[0] !== "host") expect(query).toContain(`by (${by.join(", ")})`);
      }
    }
  });

  test("have one key each, and say what makes them measured", () => {
    for (const kind of NODE_KINDS) {
      const plans = chartsFor(nodeOf(kind, elementIdOf("host", "c-1", kind), "x"), "main", en);
      expect(new Set(plans.map(({ key }) => key)).size, kind).toBe(plans.length);
      for (const { measuredBy } of plans) expect(measuredBy.length, kind).toBeGreaterThan(0);
    }
  });

  test("tell an interface of the host from its namesake in a namespace", () => {
    const [outside] = queriesOf(nodeOf("veth", interfaceId("c-1", undefined, "eth0"), "eth0"));
    const [inside] = queriesOf(nodeOf("veth", interfaceId("c-1", "blue", "eth0"), "eth0"));
    expect(outside).toContain('host="c-1",netns="",interface="eth0"');
    expect(inside).toContain('netns="blue",interface="eth0"');
  });

  test("sum a namespace, and show the host's own", () => {
    const [query] = queriesOf(nodeOf("netns", netnsId("c-1", "blue"), "blue"));
    expect(query).toMatch(/^sum\(rate\(net_if_rx_bytes\{cluster="main",host="c-1",netns="blue"\}/);
  });

  const keysOf = (node: Node) => chartsFor(node, "main", en).map(({ key }) => key);

  test("a host that is no network node has no share among them", () => {
    const keys = keysOf(nodeOf("host", hostId("c-1"), "c-1"));
    expect(keys).toEqual(expect.arrayContaining(["cpu", "processes", "disk-latency", "mesh-loss", "upcall-ratio"]));
    expect(keys).not.toContain("share-of-traffic");
  });

  test("a network node's share is drawn beside those of the others of its cluster, and always", () => {
    const plans = chartsFor(nodeOf("host", hostId("n-1"), "n-1", { role: "network" }), "main", en);
    const share = plans.find(({ key }) => key === "share-of-traffic");
    expect(share?.lines).toEqual([
      {
        name: "",
        by: ["host"],
        always: "c-1",
        query: `100 * (${networkNodeShare("bytes", "5m", '{cluster="main"}')})`,
      },
    ]);
    expect(share?.lines[0]?.query).not.toContain("host=");
  });

  test("upcalls have a note where the card forwards without the switch", () => {
    const noted = (attributes: Attributes) =>
      chartsFor(nodeOf("host", hostId("c-1"), "c-1", attributes), "main", en)
        .filter(({ note }) => note === en.charts.offloaded)
        .map(({ key }) => key);
    expect(noted({})).toEqual([]);
    expect(noted({ ovs_hw_offload: true })).toEqual(["upcall-ratio", "upcalls"]);
  });

  test.each([
    [undefined, {}],
    ["not measurable (vf)", { instead: "Cannot be measured: packets of an SR-IOV function pass by the host" }],
    [
      "partly measurable (macvtap, vf)",
      {
        note: "Not all can be measured: packets of a macvtap pass by the host's connection tracking, packets of an SR-IOV function pass by the host",
      },
    ],
    ["not measurable (something new)", { instead: "Cannot be measured: something new" }],
    ["otherwise", { note: "otherwise" }],
  ])("the connections of a machine, said to be %s", (connections, expected) => {
    const attributes = { uuid: "u-1", ...(connections === undefined ? {} : { connections }) };
    const plans = chartsFor(nodeOf("domain", elementIdOf("host", "c-1", "domain", "u-1"), "i", attributes), "main", en);
    const { note, instead } = plans.find(({ key }) => key === "connections") ?? {};
    expect({ note, instead }).toEqual({ note: undefined, instead: undefined, ...expected });
  });

  test("a port without a device is counted by the switch, an internal one wherever its device is", () => {
    const port = (name: string, attributes: Attributes) =>
      queriesOf(nodeOf("ovs-port", ovsPortId("c-1", "br-int", name), name, attributes))[0] ?? "";
    expect(port("vhu1", { type: "dpdkvhostuser" })).toContain(
      'ovs_interface_rx_bytes{cluster="main",host="c-1",bridge="br-int",port="vhu1"}',
    );
    expect(port("qr-1", { type: "internal" })).toContain('net_if_rx_bytes{cluster="main",host="c-1",interface="qr-1"}');
    expect(port("patch-tun", { type: "patch" })).toBe("");
  });

  test("neighbouring windows ask for the same instants", () => {
    const window = (from: number) => stepsOf({ from: epochMsOf(from), to: epochMsOf(from + 3_600_000) });
    const [one, other] = [window(1_800_000_003_000), window(1_800_000_013_000)];
    expect(one.step).toBe(20);
    expect(one.start % one.step).toBe(0);
    expect(other.times.filter((time) => !one.times.includes(time)).length).toBeLessThanOrEqual(1);
    expect(one.times.at(-1)).toBe(one.end);
  });

  test.each([
    ["a quarter of an hour, live", { step: 5, age: 0 }, "[60s]"],
    ["a week, live: a step is longer than a minute", { step: 3_360, age: 0 }, "[3360s]"],
    ["a quarter of an hour, last week: one sample a minute", { step: 5, age: 7 * 86_400 }, "[180s]"],
    ["a quarter of an hour, last year: one sample an hour", { step: 5, age: 300 * 86_400 }, "[10800s]"],
  ])("rates find two samples: %s", (_what, chart, range) => {
    expect(reachingBack('rate(x{interface="a[1m]"}[1m])', chart)).toBe(`rate(x{interface="a[1m]"}${range})`);
  });

  test("steps without a sample stay empty", () => {
    const grid = { start: 100, end: 140, step: 20, times: [100, 120, 140] };
    expect(
      onGrid(
        [
          [100, "1.5"],
          [140, "NaN"],
        ],
        grid,
      ),
    ).toEqual([1.5, null, null]);
  });

  const series = (host: string, ...values: number[]) => ({ metric: { host }, values });

  test("of many series the largest are lines, the one asked for among them, and the rest is counted", () => {
    const all = [series("n1", 1), series("n2", 9), series("n3", 5), series("n4", 7)];
    const drawn = linesOf({ name: "in", query: "", by: ["host"], always: "n1" }, all, 3);
    expect(drawn.lines.map(({ name }) => name)).toEqual(["n1 in", "n2 in", "n4 in"]);
    expect(drawn.leftOut).toBe(1);
  });

  test("a line without labels is the first series, and no series is no line", () => {
    expect(linesOf({ name: "used", query: "" }, [series("a", 1), series("b", 2)], 8)).toEqual({
      lines: [{ name: "used", values: [1] }],
      leftOut: 0,
    });
    expect(linesOf({ name: "", query: "", by: ["host"] }, [], 8)).toEqual({ lines: [], leftOut: 0 });
    expect(linesOf({ name: "", query: "", by: ["comm"] }, [series("a", 1)], 8).lines[0]?.name).toBe("–");
  });

  test.each([
    [0.0123, "seconds", "12.3 ms"],
    [0.000042, "seconds", "42 µs"],
    [1_536, "bytes_per_second", "1.5 KiB/s"],
    [1_200, "per_second", "1.2 k/s"],
    [0, "bits_per_second", "0 bit/s"],
    [12_400_000, "bits_per_second", "12.4 Mbit/s"],
    [999, "packets_per_second", "999 p/s"],
    [4_100_000_000, "bytes", "3.82 GiB"],
    [41.26, "percent", "41.3 %"],
    [0.004, "load", "0.004"],
    [262_144, "count", "262 k"],
  ] as const)("%d %s reads %s", (value, unit, text) => {
    expect(quantityText(value, unit)).toBe(text);
  });
});
