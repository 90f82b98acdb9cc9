import { describe, expect, test } from "vitest";
import { epochMsOf } from "../../../core/clock.ts";
import { NODE_KINDS, type Node } from "../../../core/element.ts";
import { elementIdOf, hostId, interfaceId, netnsId } from "../../../core/element-id.ts";
import { METRIC_CATALOGUE } from "../../../core/metric-catalogue.ts";
import { promqlName } from "../../../core/series.ts";
import { parseQuery } from "../../../promql/parse.ts";
import { onGrid, stepsOf } from "../../../web/ui/api/metrics.ts";
import { chartsFor } from "../../../web/ui/details/chart-plan.ts";
import { quantityText } from "../../../web/ui/details/quantity.ts";
import { en } from "../../../web/ui/text/en.ts";

const nodeOf = (kind: Node["kind"], id: Node["id"], name: string): Node => ({
  id,
  kind,
  name,
  cluster: "main",
  host: "c-1",
  attributes: {},
});
const names = new Set(
  Object.entries(METRIC_CATALOGUE).flatMap(([measurement, { fields }]) =>
    Object.keys(fields).map((field) => promqlName(measurement, field)),
  ),
);
const queriesOf = (node: Node): readonly string[] =>
  chartsFor(node, "main", en).flatMap(({ lines }) => lines.map(({ query }) => query));

describe("charts", () => {
  test("ask in PromQL, and only for metrics of the catalogue", () => {
    const queries = NODE_KINDS.flatMap((kind) => queriesOf(nodeOf(kind, elementIdOf("host", "c-1", kind), 'x"y')));
    expect(queries.length).toBeGreaterThan(20);
    for (const query of queries) {
      expect(() => parseQuery(query), query).not.toThrow();
      for (const [, name] of query.matchAll(/(\w+)\{/g)) expect(names, query).toContain(name);
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
    expect(chartsFor(nodeOf("host", hostId("c-1"), "c-1"), "main", en).map(({ key }) => key)).toEqual([
      "cpu",
      "memory",
      "load",
      "conntrack",
    ]);
  });

  test("neighbouring windows ask for the same instants", () => {
    const window = (from: number) => stepsOf({ from: epochMsOf(from), to: epochMsOf(from + 3_600_000) });
    const [one, other] = [window(1_800_000_003_000), window(1_800_000_013_000)];
    expect(one.step).toBe(20);
    expect(one.start % one.step).toBe(0);
    expect(other.times.filter((time) => !one.times.includes(time)).length).toBeLessThanOrEqual(1);
    expect(one.times.at(-1)).toBe(one.end);
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

  test.each([
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
