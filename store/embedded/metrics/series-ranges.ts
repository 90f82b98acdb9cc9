import type { SeriesId } from "./series-index.ts";

/** Series from the first to the last, both included. */
export interface SeriesSpan {
  readonly first: SeriesId;
  readonly last: SeriesId;
}

/** More conditions cost the engine more than the rows they spare. */
const MOST_SPANS = 24;

/**
 * Few spans that hold all these series, and as few others as can be: those of one host have ids beside each other. What reads
 * by them drops the others itself. (A list of ids would be a join to the engine, whose rows come in any order.)
 */
export function spansOf(series: Iterable<SeriesId>, most = MOST_SPANS): readonly SeriesSpan[] {
  const ids = ascending(Int32Array.from(series));
  const gaps: number[] = [];
  for (let place = 1; place < ids.length; place++) {
    const gap = (ids[place] ?? 0) - (ids[place - 1] ?? 0);
    if (gap > 1) gaps.push(gap);
  }
  // The widest stay open.
  const widest = gaps.length < most ? gaps : gaps.sort((left, right) => right - left).slice(0, most - 1);
  const narrowest = widest.reduce((least, gap) => Math.min(least, gap), Number.POSITIVE_INFINITY);
  let atNarrowest = widest.filter((gap) => gap === narrowest).length;
  const spans: SeriesSpan[] = [];
  let [first, last] = [ids[0], ids[0]];
  for (const id of ids) {
    if (first === undefined || last === undefined) break;
    const gap = id - last;
    const isOpen = gap > 1 && (gap > narrowest || (gap === narrowest && atNarrowest-- > 0));
    if (isOpen) {
      spans.push({ first, last });
      first = id;
    }
    last = id;
  }
  if (first !== undefined && last !== undefined) spans.push({ first, last });
  return spans;
}

/** Most often they are in order already, which is seen sooner than sorted. */
function ascending(ids: Int32Array): Int32Array {
  for (let place = 1; place < ids.length; place++) if ((ids[place] ?? 0) < (ids[place - 1] ?? 0)) return ids.sort();
  return ids;
}

/** That a row's series lies in one of the spans, as SQL. */
export function inSpans(spans: readonly SeriesSpan[]): string {
  const conditions = spans.map(({ first, last }) =>
    first === last ? `series = ${first}` : `series BETWEEN ${first} AND ${last}`,
  );
  if (conditions.length < 2) return conditions[0] ?? "false";
  const whole = `series BETWEEN ${spans[0]?.first} AND ${spans.at(-1)?.last}`;
  return `${whole} AND (${conditions.join(" OR ")})`;
}
