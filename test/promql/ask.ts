import { epochMsOf } from "../../core/clock.ts";
import { evaluateInstant, evaluateRange, type InstantResult } from "../../promql/evaluate.ts";
import { formatFloat } from "../../promql/format.ts";
import { formatLabels } from "../../promql/labels.ts";
import { parseSeriesNotation } from "../../promql/series-notation.ts";
import type { QueryContext } from "../../promql/source.ts";
import { MemoryMetricStore } from "../fakes/memory-metric-store.ts";

/** Series as promtool writes them, the first value at 1970-01-01T00:00:00Z, one a minute. */
export function given(notation: string, intervalMs = 60_000): MemoryMetricStore {
  return new MemoryMetricStore().add(parseSeriesNotation(notation, { from: epochMsOf(0), intervalMs }));
}

export type Answer = Readonly<Record<string, number>>;

/** The instant vector as `metric{label="…"}` → value; a scalar stands under `scalar`. */
export async function ask(
  source: MemoryMetricStore,
  query: string,
  atSeconds: number,
  context: Partial<QueryContext> = {},
): Promise<Answer> {
  return answerOf(await evaluateInstant(query, epochMsOf(atSeconds * 1_000), { source, ...context }));
}

function answerOf(result: InstantResult): Answer {
  switch (result.kind) {
    case "vector":
      return Object.fromEntries(result.samples.map(({ labels, value }) => [formatLabels(labels), value]));
    case "scalar":
      return { scalar: result.value };
    default:
      throw new Error(`expected an instant vector, got a ${result.kind}`);
  }
}

/** The series of a range query as `metric{label="…"}` → `seconds=value` in a row. */
export async function askRange(
  source: MemoryMetricStore,
  query: string,
  range: { readonly from: number; readonly to: number; readonly step: number },
  context: Partial<QueryContext> = {},
): Promise<Readonly<Record<string, string>>> {
  const times = { from: epochMsOf(range.from * 1_000), to: epochMsOf(range.to * 1_000), stepMs: range.step * 1_000 };
  const { series } = await evaluateRange(query, times, { source, ...context });
  return Object.fromEntries(
    series.map(({ labels, timesMs, values }) => {
      const points = Array.from(timesMs, (at, i) => `${at / 1_000}=${formatFloat(values[i] ?? Number.NaN)}`);
      return [formatLabels(labels), points.join(" ")];
    }),
  );
}

/** Equal keys, values equal up to the last digits of a double. */
export function closeTo(answer: Answer): Answer {
  return Object.fromEntries(Object.entries(answer).map(([key, value]) => [key, roundDigits(value)]));
}

function roundDigits(value: number): number {
  return Number.isFinite(value) ? Number(value.toPrecision(12)) : value;
}
