import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { epochMsOf } from "../../core/clock.ts";
import { OperatorError } from "../../core/errors.ts";
import type { Series } from "../../core/series.ts";
import { evaluateInstant, evaluateRange } from "../../promql/evaluate.ts";
import type { SeriesSource } from "../../promql/source.ts";
import { MemoryMetricStore } from "../fakes/memory-metric-store.ts";
import { type Prometheus, type PrometheusAnswer, startPrometheus } from "./fixtures/prometheus.ts";
import { answerOf, differences } from "./fixtures/prometheus-answers.ts";
import { BEGIN_MS, END_MS, promqlData } from "./fixtures/promql-data.ts";
import { KNOWN_ODDITIES, ODD_QUERIES } from "./fixtures/promql-oddities.ts";
import { type GeneratedQuery, generatedQueries } from "./fixtures/promql-queries.ts";

/** Set NEPHOSCOPE_SEED to look at other queries. */
const SEED = Number(process.env.NEPHOSCOPE_SEED ?? 2_042);
const QUERIES = Number(process.env.NEPHOSCOPE_QUERIES ?? 1_000);

const data = promqlData(SEED);
const memory = new MemoryMetricStore().add(data);
let prometheus: Prometheus;

beforeAll(async () => {
  prometheus = await startPrometheus();
  await prometheus.write(data);
});
afterAll(() => prometheus?.stop());

async function ours(source: SeriesSource, query: GeneratedQuery): Promise<PrometheusAnswer> {
  const { text, atMs, range } = query;
  try {
    const series =
      range === undefined
        ? await instantSeries(source, text, atMs)
        : (
            await evaluateRange(
              text,
              { from: epochMsOf(range.fromMs), to: epochMsOf(range.toMs), stepMs: range.stepMs },
              { source },
            )
          ).series;
    return answerOf(series);
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    return { kind: "error", error: error.message };
  }
}

async function instantSeries(source: SeriesSource, text: string, atMs: number): Promise<readonly Series[]> {
  const result = await evaluateInstant(text, epochMsOf(atMs), { source });
  const at = Float64Array.of(atMs);
  if (result.kind === "scalar") return [{ labels: {}, timesMs: at, values: Float64Array.of(result.value) }];
  if (result.kind === "string") return [{ labels: { string: result.value }, timesMs: at, values: Float64Array.of(0) }];
  if (result.kind === "matrix") return result.series;
  return result.samples.map(({ labels, value }) => ({ labels, timesMs: at, values: Float64Array.of(value) }));
}

const theirs = ({ text, atMs, range }: GeneratedQuery): Promise<PrometheusAnswer> =>
  range === undefined ? prometheus.instant(text, atMs) : prometheus.range(text, range);

describe(`generated queries of seed ${SEED}`, () => {
  test(`${QUERIES} queries are answered as Prometheus answers them`, async () => {
    let answered = 0;
    let points = 0;
    const failures: string[] = [];
    for (const query of generatedQueries(SEED, QUERIES)) {
      const [our, their] = await Promise.all([ours(memory, query), theirs(query)]);
      if (their.kind === "values" && their.values.size > 0) answered += 1;
      if (their.kind === "values") for (const series of their.values.values()) points += series.size;
      const found = differences(our, their);
      if (found.length > 0)
        failures.push([JSON.stringify(query), ...found.slice(0, 3), `… ${found.length} in all`].join("\n  "));
    }
    process.stdout.write(`seed ${SEED}: ${QUERIES} queries, ${answered} with an answer, ${points} points compared\n`);
    expect(failures.join("\n")).toBe("");
    // A generator of queries that answer nothing would show nothing.
    expect(answered).toBeGreaterThan(QUERIES / 2);
  });
});

describe("corners of the language", () => {
  const atMs = BEGIN_MS + 900_500;
  const differing = async (text: string) => {
    const asked = { text, atMs, range: undefined };
    return differences(await ours(memory, asked), await theirs(asked));
  };

  test(`${ODD_QUERIES.length} odd queries are answered or refused as Prometheus does`, async () => {
    const failures: string[] = [];
    for (const text of ODD_QUERIES) for (const found of await differing(text)) failures.push(`${text}\n  ${found}`);
    expect(failures.join("\n")).toBe("");
  });

  test.each(Object.entries(KNOWN_ODDITIES))("%s differs: %s", async (text) => {
    expect(await differing(text)).not.toEqual([]);
  });
});

/** A moment at which all series without delay have a sample, two minutes and a half after the first. */
const ON_SAMPLE_MS = BEGIN_MS + 137 + 150_000;
const HOST = 'host="c-1"';

interface KnownChange {
  /** What changed since Prometheus 2.42, and why the generated queries keep away from it. */
  readonly reason: string;
  readonly query: string;
  readonly atMs?: number;
  readonly steps?: number;
  readonly theirs: Said;
  readonly ours: Said;
}

/** Values in the order of time, or that it was refused. */
type Said = readonly (number | string)[] | "refused";

const KNOWN_CHANGES: readonly KnownChange[] = [
  {
    reason: "3.0: ranges are open on the left",
    query: `count_over_time(memory_total_bytes{${HOST}}[30s])`,
    theirs: [3],
    ours: [2],
  },
  {
    reason: "3.0: the look-back is open on the left",
    query: `count(memory_total_bytes{${HOST}})`,
    atMs: END_MS - 15_000 + 137 + 300_000,
    theirs: [1],
    ours: [],
  },
  {
    reason: "3.0: subqueries are open on the left",
    query: `count_over_time(memory_total_bytes{${HOST}}[2m:1m])`,
    atMs: BEGIN_MS + 600_000,
    theirs: [3],
    ours: [2],
  },
  {
    // Samples at 0, 15, 30 s: 3, 7, 11. Zero lies 11.25 s before the first, between the half distance and 1.1 of it.
    reason: "2.5x: a counter is extrapolated by half a distance before it is bounded by zero",
    query: "increase(young_total[90s])",
    atMs: BEGIN_MS + 137 + 30_500,
    theirs: [8 * ((30 + 11.25 + 0.5) / 30)],
    ours: [8 * ((30 + 7.5 + 0.5) / 30)],
  },
  {
    reason: "3.0: the deviation of what is not a number is not a number",
    query: "stddev(vector(Inf))",
    theirs: [0],
    ours: [Number.NaN],
  },
  {
    reason: "2.5x: atan2 gives another quantity, without the name",
    query: `count by (__name__) (memory_total_bytes{${HOST}} atan2 1)`,
    theirs: ["memory_total_bytes{} 1"],
    ours: ["{} 1"],
  },
  {
    reason: "3.0: sums of infinities are infinite also when compensated",
    query: `predict_linear((vector(-1) / (time() < bool ${BEGIN_MS / 1_000 + 150}))[2m300ms:20s] offset -20s, 60)`,
    theirs: [Number.NaN],
    ours: [Number.NEGATIVE_INFINITY],
  },
  {
    reason: "2.5x: predict_linear of a fixed range has a value at every step",
    query: `count(predict_linear(memory_total_bytes{${HOST}}[20s] @ ${END_MS / 1_000 - 14.5}, 60))`,
    steps: 3,
    theirs: [1],
    ours: [1, 1, 1],
  },
  {
    reason: "2.5x: timestamp knows offset and @ at once",
    query: `timestamp(memory_total_bytes{${HOST}} offset 7m1s @ ${BEGIN_MS / 1_000 + 569.5})`,
    theirs: [],
    ours: [BEGIN_MS / 1_000 + 135.137],
  },
  {
    reason: "3.0: names may be quoted",
    query: '{"memory_total_bytes", "host"="c-1"}',
    theirs: "refused",
    ours: ['memory_total_bytes{host="c-1"} 4096'],
  },
  {
    reason: "3.0: durations are numbers of seconds and numbers durations",
    query: `count_over_time(memory_total_bytes{${HOST}}[60]) + 1m`,
    theirs: "refused",
    ours: [64],
  },
];

describe("what changed since", () => {
  test.each(KNOWN_CHANGES)("$reason: $query", async ({ query, atMs = ON_SAMPLE_MS, steps = 1, ...said }) => {
    const range = steps === 1 ? undefined : { fromMs: atMs, toMs: atMs + (steps - 1) * 15_000, stepMs: 15_000 };
    const asked = { text: query, atMs, range };
    expect(saidBy(await theirs(asked), said.theirs)).toEqual(said.theirs);
    expect(saidBy(await ours(memory, asked), said.ours)).toEqual(said.ours);
  });
});

function saidBy(answer: PrometheusAnswer, wanted: Said): Said {
  if (answer.kind === "error") return wanted === "refused" ? "refused" : [answer.error];
  const isNamed = typeof wanted[0] === "string";
  return [...answer.values].flatMap(([key, points]) =>
    [...points.values()].map((value) => (isNamed ? `${key} ${value}` : value)),
  );
}
