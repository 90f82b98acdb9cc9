import { epochMsOf } from "../../core/clock.ts";
import { evaluateInstant, evaluateRange } from "../../promql/evaluate.ts";
import { formatLabels } from "../../promql/labels.ts";
import type { SharedReads } from "../../promql/shared-reads.ts";
import type { SeriesSource } from "../../promql/source.ts";

/** What a query answers at an instant and over some minutes, to be compared with what it answers from another source. */
export async function told(source: SeriesSource, query: string, atMs: number, shared?: SharedReads) {
  const at = epochMsOf(atMs);
  const range = { from: at, to: epochMsOf(atMs + 200_000), stepMs: 40_000 };
  const instant = await evaluateInstant(query, at, { source, shared });
  const { series } = await evaluateRange(query, range, { source });
  const samples =
    instant.kind === "vector"
      ? instant.samples.map(({ labels, value }) => `${formatLabels(labels)} ${value}`)
      : [instant];
  return [samples, series.map(({ labels, timesMs, values }) => [formatLabels(labels), [...timesMs], [...values]])];
}
