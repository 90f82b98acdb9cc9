import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { epochMsOf } from "../../core/clock.ts";
import type { MeasurementSpec } from "../../core/metric-catalogue.ts";
import { ANNOTATIONS, acrossHosts } from "../../grafana/annotations.ts";
import { DASHBOARDS } from "../../grafana/build.ts";
import { SHOWN_METRICS } from "../../grafana/exported-metrics.ts";
import { chosenTags, groupTags, topTags } from "../../grafana/filters.ts";
import { influxqlAnnotation, influxqlVariable, toInfluxql } from "../../grafana/influxql.ts";
import type { DashboardSpec, SeriesQuery, VariableSpec } from "../../grafana/panel.ts";
import { promqlAnnotation, toPromql } from "../../grafana/promql.ts";
import { evaluateInstant, evaluateRange } from "../../promql/evaluate.ts";
import { MemoryMetricStore } from "../fakes/memory-metric-store.ts";
import { cataloguePoints, linesOf, samplesOf } from "./fixtures/catalogue-samples.ts";
import { type Influxd, type InfluxSeries, startInfluxd } from "./fixtures/influxd.ts";
import {
  type Answer,
  chosen,
  filledIn as fillIn,
  keyOf,
  LINES_OVER_TIME,
  TOP_LISTS,
} from "./fixtures/panel-queries.ts";
import { stackedTo } from "./fixtures/stacked-to.ts";
import { meets } from "./fixtures/told-series.ts";

/** Ten minutes that begin at a multiple of the interval, as Grafana's do. */
const FROM = epochMsOf(1_700_000_000_000 - (1_700_000_000_000 % 60_000));
const SECONDS = 600;
const INTERVAL_SECONDS = 20;

const store = new MemoryMetricStore();
let influxd: Influxd;

beforeAll(async () => {
  influxd = await startInfluxd();
  await influxd.query("CREATE DATABASE nephoscope");
  const points = cataloguePoints(["compute-1", "compute-2"], { from: FROM, seconds: SECONDS });
  await store.write({ samples: samplesOf(points) });
  const target = `${influxd.url}/write?db=nephoscope&precision=ms`;
  const written = await fetch(target, { method: "POST", body: linesOf(points) });
  expect(written.status, await written.text()).toBe(204);
});
afterAll(() => influxd.stop());

const influx = (query: string): Promise<readonly InfluxSeries[]> => influxd.query(query, "nephoscope");

const asked = { fromMs: FROM, seconds: SECONDS, stepSeconds: INTERVAL_SECONDS, choice: chosen("compute-1") };
const filledIn = (query: string, choice: Readonly<Record<string, string>> = {}): string =>
  fillIn(query, { ...asked, choice: { ...asked.choice, ...choice } });

async function askInflux(query: SeriesQuery, variables: readonly VariableSpec[]): Promise<Answer> {
  const answer = new Map<string, Map<number, number>>();
  for (const series of await influx(filledIn(toInfluxql(query, variables)))) {
    expect(series.columns.slice(0, 2)).toEqual(["time", "value"]);
    const points = series.values.map(([at, value]) => [Number(at), Number(value)] as const);
    answer.set(keyOf(series.tags ?? {}, groupTags(query)), new Map(points));
  }
  return answer;
}

/** The value at the end of an interval is that of the interval, which InfluxQL names by its start. */
async function askPromql(query: SeriesQuery, variables: readonly VariableSpec[]): Promise<Answer> {
  const stepMs = INTERVAL_SECONDS * 1_000;
  const range = { from: epochMsOf(FROM + stepMs), to: epochMsOf(FROM + SECONDS * 1_000), stepMs };
  const { series } = await evaluateRange(filledIn(toPromql(query, variables)), range, { source: store });
  return new Map(
    series.map(({ labels, timesMs, values }) => {
      const points = Array.from(timesMs, (at, i) => [at - stepMs, values[i] ?? Number.NaN] as const);
      return [keyOf(labels, groupTags(query)), new Map(points)];
    }),
  );
}

describe.each(LINES_OVER_TIME)("$name", ({ variables, query }) => {
  test("InfluxDB answers with the expected series and plausible values", async () => {
    const answer = await askInflux(query, variables);
    expect([...answer.keys()].sort()).toEqual(expectedSeries(query, variables));
    for (const points of answer.values()) {
      expect(points.size).toBeGreaterThanOrEqual(SECONDS / INTERVAL_SECONDS - 1);
      for (const value of points.values()) expect(isPlausible(query, value), `${value}`).toBe(true);
    }
  });

  test("PromQL over the same samples agrees", async () => {
    const answer = await askInflux(query, variables);
    const influxql = query.value.kind === "share" ? stackedTo(query.scale, answer) : answer;
    const promql = await askPromql(query, variables);
    expect([...promql.keys()].sort()).toEqual([...influxql.keys()].sort());
    for (const [key, points] of influxql) {
      for (const [at, value] of points) expectClose(promql.get(key)?.get(at), value, `${key} at ${at}`);
    }
  });
});

function expectClose(actual: number | undefined, expected: number, where: string): void {
  expect(actual, where).toBeDefined();
  const tolerance = 1e-9 * Math.max(1, Math.abs(expected));
  expect(Math.abs((actual ?? Number.NaN) - expected), `${where}: ${actual} is not ${expected}`).toBeLessThan(tolerance);
}

/** The groups the samples written make, for the host chosen, or for all where none is. */
function expectedSeries(query: SeriesQuery, variables: readonly VariableSpec[]): readonly string[] {
  const hosts = chosenTags(query, variables).includes("host") ? ["compute-1"] : ["compute-1", "compute-2"];
  const points = cataloguePoints(hosts, { from: FROM, seconds: 10 }).filter(
    ({ measurement, tags }) => measurement === query.measurement && meets(tags, query.where),
  );
  return [...new Set(points.map(({ tags }) => keyOf(tags, groupTags(query))))].sort();
}

function isPlausible({ value, scale, measurement }: SeriesQuery, result: number): boolean {
  if (!Number.isFinite(result) || result < 0) return false;
  if (value.kind === "ratio" && scale === 100) return result > 0 && result < 100;
  const { fields }: MeasurementSpec = SHOWN_METRICS[measurement];
  const isBool = value.kind === "field" && fields[value.of.field]?.unit === "bool";
  return isBool ? result === 0 || result === 1 : result > 0;
}

describe.each(TOP_LISTS)("$name", ({ variables, query }) => {
  test("InfluxDB and PromQL name the same largest series, in the same order, with the same values", async () => {
    const [table] = await influx(filledIn(toInfluxql(query, variables)));
    expect(table?.columns).toEqual(["time", "value", ...topTags(query)]);
    const influxql = (table?.values ?? []).map(([, value, ...names]) => ({
      names: names.map((name) => name ?? ""),
      value,
    }));
    const end = epochMsOf(FROM + SECONDS * 1_000);
    const promql = await evaluateInstant(filledIn(toPromql(query, variables)), end, { source: store });
    if (promql.kind !== "vector") throw new Error(`got a ${promql.kind}`);
    expect(influxql.length).toBe(Math.min(query.top ?? 0, expectedSeries(query, variables).length));
    const ranked = influxql.toSorted((a, b) => Number(b.value) - Number(a.value));
    expect(promql.samples.map(({ labels }) => topTags(query).map((tag) => labels[tag] ?? ""))).toEqual(
      ranked.map(({ names }) => names),
    );
    // A rate over the whole time is extrapolated by the 3 s before its first sample and the 7 s after its last.
    promql.samples.forEach(({ value }, i) => expectClose(value, Number(ranked[i]?.value), `rank ${i}`));
  });
});

const EVERY_ANNOTATION = [
  ...ANNOTATIONS.map((spec) => ({ name: `${spec.name} of a host`, spec, chosen: ["cluster", "host"] })),
  ...ANNOTATIONS.filter(({ perHost }) => !perHost).map((spec) => ({
    ...{ name: `${spec.name} of a cluster`, spec: acrossHosts(spec), chosen: ["cluster"] },
  })),
];

describe.each(EVERY_ANNOTATION)("annotation $name", ({ spec, chosen }) => {
  test("InfluxDB answers with a row for each minute in which something happened, named by its tags", async () => {
    const [table] = await influx(filledIn(influxqlAnnotation(spec, chosen)));
    expect(table?.columns).toEqual(["time", ...spec.moments, ...spec.by]);
    const rows = table?.values ?? [];
    expect(rows.length).toBeGreaterThan(0);
    const title = 1 + spec.moments.length;
    for (const row of rows) expect(row[title]).toMatch(/\w/);
    expect(rows.filter((row) => row.slice(1, title).every((count) => count === 0))).toEqual([]);
    const names = rows.map((row) => [row[0], ...row.slice(title)].join(" "));
    expect(names.length, "one mark of each name in a minute").toBe(new Set(names).size);
  });

  test("PromQL answers above 0 where InfluxDB has rows, with the labels the mark is named by", async () => {
    const range = { from: epochMsOf(FROM + 60_000), to: epochMsOf(FROM + SECONDS * 1_000), stepMs: 60_000 };
    const { series } = await evaluateRange(filledIn(promqlAnnotation(spec, chosen)), range, { source: store });
    expect(series.length).toBeGreaterThan(0);
    for (const { labels, values } of series) {
      expect(Object.keys(labels).toSorted()).toEqual([...spec.by].toSorted());
      expect([...values].every((value) => value > 0)).toBe(true);
    }
    const [table] = await influx(filledIn(influxqlAnnotation(spec, chosen)));
    const named = (table?.values ?? []).map((row) => spec.by.map((_, n) => row[1 + spec.moments.length + n] ?? ""));
    const found = series.map(({ labels }) => spec.by.map((tag) => labels[tag] ?? ""));
    expect(new Set(found.map(String))).toEqual(new Set(named.map(String)));
  });
});

test("a variable lists the values below the ones chosen before it", async () => {
  const listed = async ({ variables }: DashboardSpec, tag: string, choice: Readonly<Record<string, string>>) => {
    const index = variables.findIndex((variable) => variable.tag === tag);
    const variable = variables[index];
    if (variable === undefined) throw new Error(`no variable ${tag}`);
    const [series] = await influx(filledIn(influxqlVariable(variable, variables.slice(0, index)), choice));
    return (series?.values ?? []).map(([, value]) => value);
  };
  const interfaces = DASHBOARDS.find(({ name }) => name === "host-interfaces");
  if (interfaces === undefined) throw new Error("no dashboard of interfaces");
  expect(await listed(interfaces, "cluster", {})).toEqual(["az-1"]);
  expect(await listed(interfaces, "host", {})).toEqual(["compute-1", "compute-2"]);
  expect(await listed(interfaces, "host", { cluster: "az-2" })).toEqual([]);
  expect(await listed(interfaces, "interface", {})).toEqual(["eth0", "lo", "tap12ab34cd-56"]);
  expect(await listed(interfaces, "interface", { netns: "qrouter-1" })).toEqual(["eth0", "lo"]);
});
