import { type LabelMatcher, type Labels, METRIC_NAME, matches, matchesAll, type Series } from "../core/series.ts";
import { type LabelSpace, releasable, type SeriesBlock } from "../core/series-block.ts";
import type { BlockSelection, SeriesSelection, SeriesSource } from "../promql/source.ts";
import { mixed } from "./random-updates.ts";

/** A metric of a host: one series, or one for each of `members`, told apart by `label`. */
export interface MetricShape {
  readonly name: string;
  readonly kind: "gauge" | "counter";
  readonly label?: string;
  readonly members?: readonly string[];
}

const CLUSTERS = 8;
const HOSTS_PER_RACK = 40;

/** A minute and the sample before it. */
const WINDOW = 7;

interface Metric {
  readonly shape: MetricShape;
  readonly ids: Int32Array;
  readonly begins: Uint32Array;
  readonly timesMs: Float64Array;
  readonly values: Float64Array;
}

/**
 * The last samples of every series in memory, as blocks, the way the head has its newest rows. What matchers match is found once
 * and kept, as an index would. Hosts come and go: a new one has new labels.
 */
export class WindowSource implements SeriesSource, LabelSpace {
  readonly #seed: number;
  readonly #labels: Labels[] = [];
  readonly #metrics = new Map<string, Metric>();
  readonly #matched = new Map<string, Int32Array>();
  readonly #hosts: number;
  /** Samples of each series that are kept. */
  readonly #window: number;
  #born = 0;
  #tick = 0;
  nowMs: number;

  constructor(
    shapes: readonly MetricShape[],
    { seed, hosts, beginMs, window = WINDOW }: { seed: number; hosts: number; beginMs: number; window?: number },
  ) {
    this.#window = window;
    this.#seed = seed;
    this.#hosts = hosts;
    this.nowMs = beginMs;
    for (const shape of shapes) {
      const size = hosts * (shape.members?.length ?? 1);
      const begins = Uint32Array.from({ length: size + 1 }, (_, i) => i * window);
      const samples = { timesMs: new Float64Array(size * window), values: new Float64Array(size * window) };
      this.#metrics.set(shape.name, { shape, ids: new Int32Array(size), begins, ...samples });
    }
    for (let place = 0; place < hosts; place++) this.#place(place);
    for (let i = 0; i < window; i++) this.tick();
  }

  labelsOf(id: number): Labels {
    return this.#labels[id] ?? {};
  }

  get labelSets(): number {
    return this.#labels.length;
  }

  /** Ten seconds later every series has one more sample. */
  tick(): void {
    this.nowMs += 10_000;
    this.#tick += 1;
    for (const { shape, ids, timesMs, values } of this.#metrics.values()) {
      timesMs.copyWithin(0, 1);
      values.copyWithin(0, 1);
      for (let row = 0; row < ids.length; row++) {
        const last = (row + 1) * this.#window - 1;
        timesMs[last] = this.nowMs - 1_000 - (row % 9_000);
        const chance = mixed(this.#seed ^ row, this.#tick) % 1_000;
        values[last] = shape.kind === "gauge" ? chance / 1_000 : (values[last - 1] ?? 0) + chance;
      }
    }
  }

  /** So many hosts are replaced by new ones. */
  replace(count: number): void {
    for (let i = 0; i < count; i++) this.#place(mixed(this.#seed, this.#born) % this.#hosts);
    this.#matched.clear();
  }

  #place(place: number): void {
    const born = this.#born++;
    const host = {
      cluster: `cluster-${Math.floor((place * CLUSTERS) / this.#hosts)}`,
      host: `compute-${String(born).padStart(5, "0")}.dc1.example`,
    };
    const rack = `rack-${Math.floor(place / HOSTS_PER_RACK)}`;
    const ids = new Map<string, number>();
    const idOf = (labels: Labels): number => {
      const key = JSON.stringify(labels);
      const id = ids.get(key) ?? this.#labels.push(labels) - 1;
      ids.set(key, id);
      return id;
    };
    for (const { shape, ids: rows } of this.#metrics.values()) {
      const members = shape.members ?? [""];
      for (const [i, member] of members.entries()) {
        const labels = shape.label === undefined ? host : { ...host, [shape.label]: member };
        rows[place * members.length + i] = idOf(shape.name === "host_info" ? { ...labels, rack } : labels);
      }
    }
  }

  /** With an object for each series and new labels each time, as stores without blocks answer. */
  async select(selection: SeriesSelection): Promise<readonly Series[]> {
    const blocks = await this.selectBlocks({ ...selection, lastOnly: false });
    return blocks.flatMap(({ names, ids, begins, timesMs, values }) =>
      Array.from(ids, (id, row): Series => {
        const [begin, end] = [begins[row], begins[row + 1]];
        const labels = { ...this.labelsOf(id), [METRIC_NAME]: String(names) };
        return { labels, timesMs: timesMs.slice(begin, end), values: values.slice(begin, end) };
      }),
    );
  }

  async selectBlocks({ matchers, lastOnly }: BlockSelection): Promise<readonly SeriesBlock[]> {
    const name = matchers.find((matcher) => matcher.name === METRIC_NAME);
    if (name === undefined) throw new Error("a selector of the bench names its metric");
    const rest = matchers.filter((matcher) => matcher !== name);
    const metrics = [...this.#metrics.values()].filter(({ shape }) => matches(name, shape.name));
    return metrics.map((metric) => this.#blockOf(metric, this.#rowsOf(metric, rest), lastOnly));
  }

  #rowsOf(metric: Metric, matchers: readonly LabelMatcher[]): Int32Array | undefined {
    if (matchers.length === 0) return undefined;
    const wanted = matchers.map((one) => `${one.name}${one.kind}${"value" in one ? one.value : one.pattern.source}`);
    const key = `${metric.shape.name} ${wanted.join(" ")}`;
    const rows = this.#matched.get(key) ?? Int32Array.from(this.#matching(metric, matchers));
    this.#matched.set(key, rows);
    return rows;
  }

  *#matching({ ids }: Metric, matchers: readonly LabelMatcher[]): Generator<number> {
    for (let row = 0; row < ids.length; row++) {
      if (matchesAll(this.labelsOf(ids[row] ?? 0), matchers)) yield row;
    }
  }

  #blockOf(
    { shape, ids, begins, timesMs, values }: Metric,
    rows: Int32Array | undefined,
    lastOnly: boolean,
  ): SeriesBlock {
    const block = { names: shape.name, space: this };
    if (rows === undefined && !lastOnly) return { ...block, ids, begins, timesMs, values };
    const size = rows?.length ?? ids.length;
    const kept = lastOnly ? 1 : this.#window;
    const picked = {
      ids: new Int32Array(size),
      begins: new Uint32Array(size + 1),
      timesMs: new Float64Array(size * kept),
      values: new Float64Array(size * kept),
    };
    for (let i = 0; i < size; i++) {
      const row = rows?.[i] ?? i;
      picked.ids[i] = ids[row] ?? 0;
      picked.begins[i + 1] = (i + 1) * kept;
      for (let k = 0, from = (row + 1) * this.#window - kept; k < kept; k++, from++) {
        picked.timesMs[i * kept + k] = timesMs[from] ?? 0;
        picked.values[i * kept + k] = values[from] ?? 0;
      }
    }
    return releasable({ ...block, ...picked });
  }
}
