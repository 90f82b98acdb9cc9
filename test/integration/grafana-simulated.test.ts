import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { epochMsOf } from "../../core/clock.ts";
import { formatPoint } from "../../core/line-protocol.ts";
import type { Labels } from "../../core/series.ts";
import { groupTags, topTags } from "../../grafana/filters.ts";
import { toInfluxql } from "../../grafana/influxql.ts";
import { type SeriesQuery, takesOf } from "../../grafana/panel.ts";
import { toPromql } from "../../grafana/promql.ts";
import { leastStepSeconds } from "../../grafana/sampling.ts";
import { eventually } from "../fixtures/eventually.ts";
import { cataloguePoints } from "./fixtures/catalogue-samples.ts";
import { type Influxd, startInfluxd } from "./fixtures/influxd.ts";
import { type Nephoscope, startNephoscope, temporaryFolder } from "./fixtures/nephoscope.ts";
import {
  type Answer,
  type Asked,
  chosen,
  filledIn,
  keyOf,
  LINES_OVER_TIME,
  PANEL_QUERIES,
  TOP_LISTS,
} from "./fixtures/panel-queries.ts";
import { COLLECTOR, type PulledSamples, pulledSamples, SWITCH } from "./fixtures/pulled-samples.ts";
import { CLUSTER, INTERVAL_MS, simulatedSamples } from "./fixtures/simulated-samples.ts";
import { stackedTo } from "./fixtures/stacked-to.ts";
import { syncedSamples } from "./fixtures/synced-samples.ts";
import { answering, meets, type Question, type ToldSeries, toldSeries } from "./fixtures/told-series.ts";

/**
 * What a cloud tells, asked of a real InfluxDB and of a running Nephoscope, as Grafana asks: agents and their mesh by the simulator,
 * OpenStack by the sync over the simulated OpenStack of the same cloud, exporters and switches by the scrape of real ones, the collector
 * by one that runs.
 */

/** Panels with a line that nobody of these tells, which is made from the catalogue: none may come to it, and one that is told by now is not named. */
const MADE_UP: readonly string[] = [
  // It would take a second database.
  "control-plane: MySQL replication lag",
  // Nobody notifies here; openstack-heard listens to a real broker.
  "capacity: Notifications",
];

const SECONDS = 600;
/** Grafana's `$__rate_interval` is then 40 s: three times from sample to sample, as many as a step has, so that no count is seen twice or never. */
const STEP_SECONDS = 30;
/** Of what comes once a minute. */
const SLOW_STEP_SECONDS = 120;
/** The collector's own, of which each takes ten seconds. */
const OWN_ROUNDS = 9;
const EDGE_MS = SLOW_STEP_SECONDS * 1_000;
const FROM = epochMsOf(Math.floor(Date.now() / EDGE_MS) * EDGE_MS - SECONDS * 1_000 - EDGE_MS);

const folder = temporaryFolder();
let influxd: Influxd;
let nephoscope: Nephoscope;
let simulatedHost = "";
/** By cases and others alike. */
let told: readonly ToldSeries[] = [];
/** Of what was read of real services and of a collector. */
let rounds: PulledSamples["rounds"] = new Map();
let madeUp: readonly string[] = [];

beforeAll(async () => {
  influxd = await startInfluxd();
  nephoscope = await startNephoscope({ data: folder.path, settings: ["agent.enabled=false", `cluster=${CLUSTER}`] });
  await influxd.query("CREATE DATABASE nephoscope");
  const simulated = simulatedSamples(FROM, SECONDS);
  simulatedHost = simulated.host;
  const [pulled, synced] = await Promise.all([
    pulledSamples(FROM, OWN_ROUNDS),
    syncedSamples(simulated.cloud, FROM, SECONDS),
  ]);
  rounds = pulled.rounds;
  const real = [...simulated.lines, ...synced, ...pulled.lines];
  told = toldSeries(real);
  const nobodys = PANEL_QUERIES.filter(({ query }) => answering(told, questionOf(query)).length === 0);
  madeUp = [...new Set(nobodys.map(({ panel }) => panel))];
  const lines = [...real, ...madeUpLines(nobodys.map(({ query }) => query))];
  told = toldSeries(lines);
  for (let i = 0; i < lines.length; i += 5_000) {
    const body = lines.slice(i, i + 5_000).join("\n");
    await written(`${influxd.url}/write?db=nephoscope&precision=ms`, body);
    await written(`${nephoscope.url}/api/v2/write?precision=ms`, body);
  }
  const last = `last_over_time(nephoscope_tier_bytes{host="${COLLECTOR}"}[1h])`;
  await eventually(async () => (await askNow(last, ASKED)).length > 0, {
    withinMs: 30_000,
    what: "the last of what was written to be found",
  });
}, 600_000);
afterAll(async () => {
  await nephoscope?.stop();
  await influxd?.stop();
  folder.remove();
});

const questionOf = ({ measurement, value, where }: SeriesQuery): Question => ({
  ...{ measurement, where },
  fields: takesOf(value).map(({ field }) => field),
});

/** Of these queries alone, so that nothing is added to what others tell; a field that others tell as a float is one here. */
function madeUpLines(queries: readonly SeriesQuery[]): readonly string[] {
  const known = new Set(told.map(({ measurement }) => measurement));
  return cataloguePoints([simulatedHost], { from: FROM, seconds: SECONDS })
    .filter(({ measurement, tags }) =>
      queries.some((query) => query.measurement === measurement && meets(tags, query.where)),
    )
    .flatMap((point) => {
      const line = formatPoint(point) ?? [];
      return typeof line === "string" && known.has(point.measurement) ? line.replace(/(=\d+)i/g, "$1") : line;
    });
}

async function written(url: string, body: string): Promise<void> {
  const reply = await fetch(url, { method: "POST", body });
  expect(reply.status, await reply.text()).toBe(204);
}

const ASKED: Asked = { fromMs: FROM, seconds: SECONDS, stepSeconds: STEP_SECONDS, choice: {} };
const KNOWN_HOSTS = [COLLECTOR, SWITCH];

/** A host that tells of it, and as long as it does. */
function askedOf(query: SeriesQuery): Asked {
  const hosts = answering(told, questionOf(query)).map(({ tags }) => tags.host ?? "");
  const host = [simulatedHost, ...KNOWN_HOSTS, ...hosts].find((each) => hosts.includes(each)) ?? "";
  return { fromMs: FROM, ...spanOf(query), choice: chosen(host) };
}

function spanOf(query: SeriesQuery): Pick<Asked, "seconds" | "stepSeconds"> {
  const read = rounds.get(query.measurement);
  const isSlow = read === undefined && leastStepSeconds({ queries: [query] }) > STEP_SECONDS;
  const stepSeconds = isSlow ? SLOW_STEP_SECONDS : STEP_SECONDS;
  const seconds = Math.min(SECONDS, ((read ?? Number.POSITIVE_INFINITY) * INTERVAL_MS) / 1_000);
  return { stepSeconds, seconds: Math.floor(seconds / stepSeconds) * stepSeconds };
}

test("of what was read there are samples for two steps and more", () => {
  expect([...rounds].filter(([, count]) => count * INTERVAL_MS < 2_000 * STEP_SECONDS)).toEqual([]);
  expect(rounds.size).toBeGreaterThan(50);
});

interface Found {
  readonly metric: Labels;
  readonly values: readonly (readonly [at: number, value: string])[];
  readonly value: readonly [at: number, value: string];
}

async function askPromql(path: "query" | "query_range", form: Readonly<Record<string, string>>) {
  const body = new URLSearchParams(form);
  const reply = await fetch(`${nephoscope.url}/api/v1/${path}`, { method: "POST", body });
  const text = await reply.text();
  expect(reply.status, `${form.query}: ${text}`).toBe(200);
  const { data }: { data: { result: readonly Found[] } } = JSON.parse(text);
  return data.result;
}

const askNow = (query: string, { fromMs, seconds }: Asked) =>
  askPromql("query", { query, time: String(fromMs / 1_000 + seconds) });

/** The value at the end of an interval is that of the interval, which InfluxQL names by its start. */
async function promqlAnswer(query: string, by: readonly string[], asked: Asked): Promise<Answer> {
  const { fromMs, seconds, stepSeconds } = asked;
  const [start, end] = [fromMs / 1_000 + stepSeconds, fromMs / 1_000 + seconds].map(String) as [string, string];
  const found = await askPromql("query_range", { query, start, end, step: String(stepSeconds) });
  return new Map(
    found.map(({ metric, values }) => [
      keyOf(metric, by),
      new Map(values.map(([at, value]) => [(at - stepSeconds) * 1_000, Number(value)])),
    ]),
  );
}

async function influxAnswer(query: string, by: readonly string[]): Promise<Answer> {
  const series = await influxd.query(query, "nephoscope");
  return new Map(
    series.map(({ tags, values }) => [
      keyOf(tags ?? {}, by),
      new Map(values.map(([at, value]) => [Number(at), Number(value)])),
    ]),
  );
}

describe.each(LINES_OVER_TIME)("$name", ({ query, variables }) => {
  test("both data sources answer with the series promised, which agree within 1 % at each moment", async () => {
    const [by, asked] = [groupTags(query), askedOf(query)];
    const influxql = await influxAnswer(filledIn(toInfluxql(query, variables), asked), by);
    const promql = await promqlAnswer(filledIn(toPromql(query, variables), asked), by, asked);
    expect(influxql.size).toBeGreaterThan(0);
    expect([...promql.keys()].toSorted()).toEqual([...influxql.keys()].toSorted());
    const stacked = query.value.kind === "share" ? stackedTo(query.scale, influxql) : influxql;
    for (const [key, values] of stacked) {
      const others = promql.get(key) ?? new Map<number, number>();
      // A rate needs a sample before its first one.
      const common = [...values].filter(([at]) => others.has(at) && at > FROM);
      expect(common.length, key).toBeGreaterThanOrEqual(asked.seconds / asked.stepSeconds - 1);
      for (const [at, expected] of common) expectClose(others.get(at), expected, `${key} at ${at}`);
    }
  });
});

describe.each(TOP_LISTS)("$name", ({ query, variables }) => {
  test("both data sources name the same largest, whose values agree within 1 %", async () => {
    // A mean of steps leaves out the first one, which has no rate: of the little time here a large part, unless a step is a sample.
    const usual = askedOf(query);
    const asked = rounds.has(query.measurement) ? { ...usual, stepSeconds: INTERVAL_MS / 1_000 } : usual;
    const names = topTags(query);
    const [table] = await influxd.query(filledIn(toInfluxql(query, variables), asked), "nephoscope");
    const ranked = (table?.values ?? []).map(([, value, ...tags]) => ({ key: tags.join(" "), value: Number(value) }));
    const answer = await askNow(filledIn(toPromql(query, variables), asked), asked);
    const found = new Map(
      answer.map(({ metric, value }) => [names.map((name) => metric[name] ?? "").join(" "), Number(value[1])]),
    );
    expect(ranked.length).toBeGreaterThan(0);
    expect([...found.keys()].toSorted()).toEqual(ranked.map(({ key }) => key).toSorted());
    for (const { key, value } of ranked) expectClose(found.get(key), value, key);
  });
});

function expectClose(actual = Number.NaN, expected: number, where: string): void {
  const tolerance = Math.max(0.01 * Math.abs(expected), 1e-9);
  expect(Math.abs(actual - expected), `${where}: ${actual} is not ${expected}`).toBeLessThanOrEqual(tolerance);
}

test("the panels named here rest on made-up samples, and no other", () => {
  expect(madeUp.toSorted()).toEqual(MADE_UP.toSorted());
});
