import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { epochMsOf } from "../../core/clock.ts";
import type { Labels } from "../../core/series.ts";
import { DASHBOARDS } from "../../grafana/build.ts";
import { groupTags, topTags } from "../../grafana/filters.ts";
import { toInfluxql } from "../../grafana/influxql.ts";
import type { SeriesQuery, VariableSpec } from "../../grafana/panel.ts";
import { toPromql } from "../../grafana/promql.ts";
import { eventually } from "../fixtures/eventually.ts";
import { type Influxd, startInfluxd } from "./fixtures/influxd.ts";
import { type Nephoscope, startNephoscope, temporaryFolder } from "./fixtures/nephoscope.ts";
import { CLUSTER, type SimulatedSamples, simulatedSamples } from "./fixtures/simulated-samples.ts";
import { stackedTo } from "./fixtures/stacked-to.ts";

/** What simulated hosts measure, asked of a real InfluxDB and of a running Nephoscope, as Grafana asks. */

const SECONDS = 600;
/** Grafana's `$__rate_interval` is then 40 s: three times from sample to sample, as many as a step has, so that no count is seen twice or never. */
const STEP_SECONDS = 30;
const MINUTE = 60_000;
const FROM = epochMsOf(Math.floor(Date.now() / MINUTE) * MINUTE - SECONDS * 1_000 - MINUTE);
const TO = FROM + SECONDS * 1_000;

const folder = temporaryFolder();
let influxd: Influxd;
let nephoscope: Nephoscope;
let samples: SimulatedSamples;

beforeAll(async () => {
  samples = simulatedSamples(FROM, SECONDS);
  influxd = await startInfluxd();
  nephoscope = await startNephoscope({ data: folder.path, settings: ["agent.enabled=false", `cluster=${CLUSTER}`] });
  await influxd.query("CREATE DATABASE nephoscope");
  for (let i = 0; i < samples.lines.length; i += 5_000) {
    const body = samples.lines.slice(i, i + 5_000).join("\n");
    await written(`${influxd.url}/write?db=nephoscope&precision=ms`, body);
    await written(`${nephoscope.url}/api/v2/write?precision=ms`, body);
  }
  await eventually(async () => (await askPromql("count(nephoscope_tier_bytes)", [])).size > 0, {
    withinMs: 30_000,
    what: "the last of what was written to be found",
  });
});
afterAll(async () => {
  await nephoscope?.stop();
  await influxd?.stop();
  folder.remove();
});

async function written(url: string, body: string): Promise<void> {
  const reply = await fetch(url, { method: "POST", body });
  expect(reply.status, await reply.text()).toBe(204);
}

function filledIn(query: string, name: string): string {
  const host = name === "network-nodes" ? samples.networkNode : samples.host;
  const macros: Readonly<Record<string, string>> = {
    timeFilter: `time >= ${FROM}ms and time < ${TO}ms`,
    ...{ __interval: `${STEP_SECONDS}s`, __rate_interval: "40s", __range: `${SECONDS}s` },
    ...{ cluster: ".*", zone: ".*", host, netns: ".*", interface: ".*", vm_id: ".*" },
  };
  return query.replace(/\$(\w+)/g, (whole, key: string) => macros[key] ?? whole);
}

/** Values of each series by the start of their interval. */
type Answer = ReadonlyMap<string, ReadonlyMap<number, number>>;

const keyOf = (labels: Labels, tags: readonly string[]) => tags.map((tag) => `${tag}=${labels[tag] ?? ""}`).join(" ");

interface Matrix {
  readonly data: {
    readonly result: readonly { readonly metric: Labels; readonly values: readonly (readonly [number, string])[] }[];
  };
}

interface Vector {
  readonly data: {
    readonly result: readonly { readonly metric: Labels; readonly value: readonly [at: number, value: string] }[];
  };
}

async function askPromql(query: string, by: readonly string[]): Promise<Answer> {
  const body = new URLSearchParams({
    ...{ query, start: String(FROM / 1_000 + STEP_SECONDS), end: String(TO / 1_000), step: String(STEP_SECONDS) },
  });
  const reply = await fetch(`${nephoscope.url}/api/v1/query_range`, { method: "POST", body });
  expect(reply.status, query).toBe(200);
  const { data } = (await reply.json()) as Matrix;
  return new Map(
    data.result.map(({ metric, values }) => [
      keyOf(metric, by),
      new Map(values.map(([at, value]) => [(at - STEP_SECONDS) * 1_000, Number(value)])),
    ]),
  );
}

async function askInflux(query: string, by: readonly string[]): Promise<Answer> {
  const series = await influxd.query(query, "nephoscope");
  return new Map(
    series.map(({ tags, values }) => [
      keyOf(tags ?? {}, by),
      new Map(values.map(([at, value]) => [Number(at), Number(value)])),
    ]),
  );
}

interface Case {
  readonly name: string;
  readonly dashboard: string;
  readonly query: SeriesQuery;
  readonly variables: readonly VariableSpec[];
}

const cases: readonly Case[] = DASHBOARDS.flatMap(({ name, variables, rows }) =>
  rows.flatMap(({ panels }) =>
    panels.flatMap(({ title, queries }) =>
      queries.map((query) => ({ name: `${name}: ${title}: ${query.legend}`, dashboard: name, query, variables })),
    ),
  ),
);

describe.each(cases.filter(({ query }) => query.top === undefined))("$name", ({ dashboard, query, variables }) => {
  test("both data sources answer with the same series, which agree within 1 % at each moment", async () => {
    const by = groupTags(query);
    const influxql = await askInflux(filledIn(toInfluxql(query, variables), dashboard), by);
    const promql = await askPromql(filledIn(toPromql(query, variables), dashboard), by);
    expect(influxql.size).toBeGreaterThan(0);
    expect([...promql.keys()].toSorted()).toEqual([...influxql.keys()].toSorted());
    const stacked = query.value.kind === "share" ? stackedTo(query.scale, influxql) : influxql;
    for (const [key, values] of stacked) {
      const others = promql.get(key) ?? new Map<number, number>();
      // A rate needs a sample before its first one.
      const common = [...values].filter(([at]) => others.has(at) && at > FROM);
      expect(common.length, key).toBeGreaterThanOrEqual(SECONDS / STEP_SECONDS - 1);
      for (const [at, expected] of common) {
        const actual = others.get(at) ?? Number.NaN;
        const tolerance = Math.max(0.01 * Math.abs(expected), 1e-9);
        expect(Math.abs(actual - expected), `${key} at ${at}: ${actual} is not ${expected}`).toBeLessThanOrEqual(
          tolerance,
        );
      }
    }
  });
});

describe.each(cases.filter(({ query }) => query.top !== undefined))("$name", ({ dashboard, query, variables }) => {
  test("both data sources name the same largest, whose values agree within 1 %", async () => {
    const names = topTags(query);
    const [table] = await influxd.query(filledIn(toInfluxql(query, variables), dashboard), "nephoscope");
    const ranked = (table?.values ?? []).map(([, value, ...tags]) => ({ key: tags.join(" "), value: Number(value) }));
    const body = new URLSearchParams({
      query: filledIn(toPromql(query, variables), dashboard),
      time: String(TO / 1_000),
    });
    const reply = await fetch(`${nephoscope.url}/api/v1/query`, { method: "POST", body });
    const { data } = (await reply.json()) as Vector;
    const found = new Map(
      data.result.map(({ metric, value }) => [names.map((name) => metric[name] ?? "").join(" "), Number(value[1])]),
    );
    expect(ranked.length).toBeGreaterThan(0);
    expect([...found.keys()].toSorted()).toEqual(ranked.map(({ key }) => key).toSorted());
    for (const { key, value } of ranked) {
      expect(Math.abs((found.get(key) ?? Number.NaN) - value), key).toBeLessThanOrEqual(Math.max(0.01 * value, 1e-9));
    }
  });
});
