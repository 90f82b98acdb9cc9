import { type Labels, METRIC_NAME } from "../../core/series.ts";
import { type LabelSpace, releasable, type SeriesBlock } from "../../core/series-block.ts";
import { labelsKey, withoutName } from "../../promql/labels.ts";
import type { SeriesSource } from "../../promql/source.ts";
import type { MemoryMetricStore } from "../fakes/memory-metric-store.ts";

/** A source that has blocks, of what a store without them holds: one for each metric, or one of all of them. */
export class BlockSource implements SeriesSource, LabelSpace {
  readonly #store: MemoryMetricStore;
  readonly #perMetric: boolean;
  readonly #labels: Labels[] = [];
  readonly #ids = new Map<string, number>();
  /** Ids whose labels were asked for. */
  readonly asked: number[] = [];
  /** Blocks that somebody may still read; the memory of all others is gone. */
  readonly inUse = new Set<SeriesBlock>();

  constructor(store: MemoryMetricStore, perMetric: boolean) {
    this.#store = store;
    this.#perMetric = perMetric;
  }

  labelsOf(id: number): Labels {
    this.asked.push(id);
    return this.#labels[id] ?? {};
  }

  select: SeriesSource["select"] = (selection) => this.#store.select(selection);

  selectBlocks: NonNullable<SeriesSource["selectBlocks"]> = async (selection) => {
    const series = (await this.#store.select(selection)).toSorted((a, b) =>
      labelsKey(a.labels) < labelsKey(b.labels) ? -1 : 1,
    );
    const groups = Map.groupBy(series, ({ labels }) => (this.#perMetric ? labels[METRIC_NAME] : ""));
    return [...groups.values()].map((members): SeriesBlock => {
      const kept = members.map(({ timesMs, values }) =>
        selection.lastOnly ? { timesMs: timesMs.slice(-1), values: values.slice(-1) } : { timesMs, values },
      );
      const begins = new Uint32Array(members.length + 1);
      kept.forEach(({ values }, i) => (begins[i + 1] = (begins[i] ?? 0) + values.length));
      const names = members.map(({ labels }) => labels[METRIC_NAME] ?? "");
      const timesMs = new Float64Array(begins.at(-1) ?? 0);
      const values = new Float64Array(timesMs.length);
      kept.forEach((one, i) => {
        timesMs.set(one.timesMs, begins[i]);
        values.set(one.values, begins[i]);
      });
      const ids = Int32Array.from(members, ({ labels }) => this.#idOf(withoutName(labels)));
      return this.#lent({
        names: this.#perMetric ? (names[0] ?? "") : names,
        ids,
        space: this,
        begins,
        timesMs,
        values,
      });
    });
  };

  #lent(block: SeriesBlock): SeriesBlock {
    const { release, ...rest } = releasable(block);
    const lent: SeriesBlock = {
      ...rest,
      release: () => {
        if (!this.inUse.delete(lent)) throw new Error("a block was given back twice");
        release?.();
      },
    };
    this.inUse.add(lent);
    return lent;
  }

  #idOf(labels: Labels): number {
    const key = labelsKey(labels);
    const id = this.#ids.get(key) ?? this.#labels.push(labels) - 1;
    this.#ids.set(key, id);
    return id;
  }
}
