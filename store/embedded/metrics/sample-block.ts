import { type Labels, METRIC_NAME, type Series } from "../../../core/series.ts";
import type { LabelSpace, SeriesBlock } from "../../../core/series-block.ts";
import type { ColumnSelection } from "./column-selection.ts";
import type { SortedSamples } from "./gathered-rows.ts";
import { mergedByLabels } from "./merged-series.ts";

/** Samples of a column's members as a block; members without samples are left out. */
export function blockOf(
  { groups, ids }: ColumnSelection,
  { begins, timesMs, values }: SortedSamples,
  space: LabelSpace,
): SeriesBlock | undefined {
  const found = new Int32Array(ids.length);
  const kept = new Uint32Array(ids.length + 1);
  const names: string[] = [];
  let [count, place] = [0, 0];
  for (const { metric, members } of groups) {
    for (const end = place + members.ids.length; place < end; place++) {
      const last = begins[place + 1] ?? 0;
      if (last === (begins[place] ?? 0)) continue;
      found[count] = ids[place] ?? 0;
      if (groups.length > 1) names.push(metric);
      kept[++count] = last;
    }
  }
  if (count === 0) return undefined;
  return {
    names: groups.length > 1 ? names : (groups[0]?.metric ?? ""),
    ids: found.subarray(0, count),
    space,
    begins: kept.subarray(0, count + 1),
    timesMs,
    values,
  };
}

/** A block whose samples are lent, with samples of its own. */
export function keptBlock(block: SeriesBlock): SeriesBlock {
  const length = block.begins.at(-1) ?? 0;
  return { ...block, timesMs: block.timesMs.slice(0, length), values: block.values.slice(0, length) };
}

/** Those of a column's members that are `present`, as a block in which none has samples. */
export function withoutSamples(
  columns: ColumnSelection,
  present: ReadonlySet<number>,
  space: LabelSpace,
): SeriesBlock | undefined {
  const kept = new Uint32Array(columns.ids.length + 1);
  for (let place = 0; place < columns.ids.length; place++) {
    kept[place + 1] = (kept[place] ?? 0) + (present.has(columns.ids[place] ?? -1) ? 1 : 0);
  }
  const block = blockOf(columns, { begins: kept, ...noSamples() }, space);
  return block && { ...block, begins: new Uint32Array(block.ids.length + 1) };
}

export function labelsIn({ names, ids, space }: SeriesBlock): readonly Labels[] {
  return Array.from(ids, (id, place) => withName(space.labelsOf(id), nameAt(names, place)));
}

function nameAt(names: SeriesBlock["names"], place: number): string {
  return typeof names === "string" ? names : (names[place] ?? "");
}

/** One object for each series of a block; their samples are views of the block's. */
export function seriesOf({ names, ids, space, begins, timesMs, values }: SeriesBlock): readonly Series[] {
  return Array.from(ids, (id, place) => {
    const [begin, end] = [begins[place] ?? 0, begins[place + 1] ?? 0];
    return {
      labels: withName(space.labelsOf(id), nameAt(names, place)),
      timesMs: timesMs.subarray(begin, end),
      values: values.subarray(begin, end),
    };
  });
}

/** Blocks in which one series may come twice, as one block in which each comes once. */
export function mergedBlock(blocks: readonly SeriesBlock[]): SeriesBlock {
  const [first] = blocks;
  if (first === undefined) return noSeries();
  const idOf = new Map<Labels, number>();
  const all = blocks.flatMap((block) => {
    const series = seriesOf(block);
    for (const [place, { labels }] of series.entries()) idOf.set(labels, block.ids[place] ?? 0);
    return series;
  });
  const merged = mergedByLabels(all);
  const begins = new Uint32Array(merged.length + 1);
  for (const [place, { values }] of merged.entries()) begins[place + 1] = (begins[place] ?? 0) + values.length;
  const length = begins.at(-1) ?? 0;
  const samples = { timesMs: new Float64Array(length), values: new Float64Array(length) };
  for (const [place, { timesMs, values }] of merged.entries()) {
    samples.timesMs.set(timesMs, begins[place]);
    samples.values.set(values, begins[place]);
  }
  return {
    names: merged.map(({ labels }) => labels[METRIC_NAME] ?? ""),
    ids: Int32Array.from(merged, ({ labels }) => idOf.get(labels) ?? 0),
    space: first.space,
    begins,
    ...samples,
  };
}

/** Made each time: blocks may be handed over to another thread, with the memory they lie in. */
function noSamples(): Pick<SeriesBlock, "timesMs" | "values"> {
  return { timesMs: new Float64Array(0), values: new Float64Array(0) };
}

function noSeries(): SeriesBlock {
  const space = { labelsOf: () => ({}) };
  return { names: "", ids: new Int32Array(0), begins: new Uint32Array(1), ...noSamples(), space };
}

function withName(labels: Labels, name: string): Labels {
  return { ...labels, [METRIC_NAME]: name };
}
