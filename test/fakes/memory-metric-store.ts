import { type LabelMatcher, type Labels, matchesAll, type Series } from "../../core/series.ts";
import { labelsKey } from "../../promql/labels.ts";
import type { MetricStore, SampleBatch, Selection, WriteOutcome } from "../../store/metric-store.ts";

interface Stored {
  readonly labels: Labels;
  readonly samples: Map<number, number>;
}

/** A `MetricStore` that keeps everything in memory: the simplest thing that obeys the port. */
export class MemoryMetricStore implements MetricStore {
  /** Every selection asked for, so that tests can count them. */
  readonly selections: Selection[] = [];
  readonly #stored = new Map<string, Stored>();

  async write(batch: SampleBatch): Promise<WriteOutcome> {
    for (const { labels, at, value } of batch.samples) this.#seriesOf(labels).samples.set(at, value);
    return { kind: "ok" };
  }

  /** Keeps the bits of each value, so that stale markers survive. */
  add(series: readonly Series[]): this {
    this.#added.push(...series);
    return this;
  }
  readonly #added: Series[] = [];

  async select(selection: Selection): Promise<readonly Series[]> {
    selection.signal?.throwIfAborted();
    this.selections.push(selection);
    return this.#all(selection.matchers)
      .map((series) => within(series, selection.from, selection.to))
      .filter((series) => series.values.length > 0);
  }

  async series(selection: Selection): Promise<readonly Labels[]> {
    const found = this.#all(selection.matchers).map((series) => within(series, selection.from, selection.to));
    return found.filter((series) => series.values.length > 0).map((series) => series.labels);
  }

  async close(): Promise<void> {}

  #all(matchers: readonly LabelMatcher[]): readonly Series[] {
    const written = [...this.#stored.values()].map(({ labels, samples }): Series => {
      const sorted = [...samples].sort(([a], [b]) => a - b);
      return {
        labels,
        timesMs: Float64Array.from(sorted, ([at]) => at),
        values: Float64Array.from(sorted, ([, value]) => value),
      };
    });
    return [...this.#added, ...written].filter(({ labels }) => matchesAll(labels, matchers));
  }

  #seriesOf(labels: Labels): Stored {
    const key = labelsKey(labels);
    const stored = this.#stored.get(key) ?? { labels, samples: new Map<number, number>() };
    this.#stored.set(key, stored);
    return stored;
  }
}

function within({ labels, timesMs, values }: Series, from: number, to: number): Series {
  const first = timesMs.findIndex((at) => at >= from);
  const last = timesMs.findLastIndex((at) => at <= to);
  if (first < 0 || last < first) return { labels, timesMs: new Float64Array(), values: new Float64Array() };
  return { labels, timesMs: timesMs.slice(first, last + 1), values: values.slice(first, last + 1) };
}
