import { bisectLeft, bisectRight } from "d3";
import { type Labels, matchesAll, type Series } from "../../core/series.ts";
import { labelsKey } from "../../promql/labels.ts";
import type { MetricStore, SampleBatch, Selection, WriteOutcome } from "../../store/metric-store.ts";

interface Stored {
  readonly labels: Labels;
  /** Ascending; of each time one value. */
  readonly timesMs: number[];
  readonly values: number[];
}

/** A `MetricStore` that keeps everything in memory: the simplest thing that obeys the port. */
export class MemoryMetricStore implements MetricStore {
  /** Every selection asked for, so that tests can count them. */
  readonly selections: Selection[] = [];
  readonly #stored = new Map<string, Stored>();

  async write(batch: SampleBatch): Promise<WriteOutcome> {
    for (const { labels, at, value } of batch.samples) put(this.#seriesOf(labels), at, value);
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
    return this.#within(selection);
  }

  async series(selection: Selection): Promise<readonly Labels[]> {
    return this.#within(selection).map(({ labels }) => labels);
  }

  async close(): Promise<void> {}

  #within({ matchers, from, to }: Selection): readonly Series[] {
    const isWanted = ({ labels }: { readonly labels: Labels }) => matchesAll(labels, matchers);
    return [...this.#added.filter(isWanted), ...[...this.#stored.values()].filter(isWanted)].flatMap((series) => {
      const part = [bisectLeft(series.timesMs, from), bisectRight(series.timesMs, to)] as const;
      if (part[0] >= part[1]) return [];
      return {
        labels: series.labels,
        timesMs: new Float64Array(series.timesMs.slice(...part)),
        values: new Float64Array(series.values.slice(...part)),
      };
    });
  }

  #seriesOf(labels: Labels): Stored {
    const key = labelsKey(labels);
    const stored = this.#stored.get(key) ?? { labels, timesMs: [], values: [] };
    this.#stored.set(key, stored);
    return stored;
  }
}

function put({ timesMs, values }: Stored, at: number, value: number): void {
  const place = bisectLeft(timesMs, at);
  const replaced = timesMs[place] === at ? 1 : 0;
  timesMs.splice(place, replaced, at);
  values.splice(place, replaced, value);
}
