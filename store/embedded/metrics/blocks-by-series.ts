import type { LabelSpace, SeriesBlock } from "../../../core/series-block.ts";
import type { ColumnSelection } from "./column-selection.ts";
import { isRising, risingRuns } from "./gathered-rows.ts";
import type { RowsBySeries } from "./group-cursor.ts";
import { type RowScratch, withoutNaN } from "./row-scratch.ts";
import type { Members } from "./shape-series.ts";

/** Series of so many rows, and the last of them, are a block: what is made of them is made while they are near. */
const ROWS_PER_BLOCK = 100_000;

/**
 * The samples of a column's members from sources that have them by series, so that nothing has to be sorted; of two with one time that
 * of the later source. Members without samples are left out. The arrays of samples are gone when the next block is asked for.
 */
export function* blocksBySeries(
  { groups, ids: wanted, isWide }: WantedSeries,
  sources: readonly RowsBySeries[],
  { scratch, space, rowsPerBlock = ROWS_PER_BLOCK }: BlockRoom,
): Iterable<SeriesBlock> {
  const names = groups.length === 1 ? (groups[0]?.metric ?? "") : undefined;
  for (let place = 0, group = 0, groupEnd = 0; place < wanted.length; ) {
    const room = Math.min(wanted.length - place, rowsPerBlock);
    const [ids, begins, namesOfRows] = [new Int32Array(room), new Uint32Array(room + 1), [] as string[]];
    let [count, length, areRising] = [0, 0, true];
    for (; place < wanted.length && length < rowsPerBlock; place++) {
      while (place >= groupEnd) groupEnd += groups[group++]?.members.ids.length ?? 0;
      const id = wanted[place] ?? 0;
      const begin = length;
      for (const source of sources) length = source.copy(id, scratch, length);
      if (isWide) length = withoutNaN(scratch, begin, length);
      if (length === begin) continue;
      areRising &&= isRising(scratch.timesMs, begin, length);
      ids[count] = id;
      if (names === undefined) namesOfRows.push(groups[group - 1]?.metric ?? "");
      begins[++count] = length;
    }
    if (count === 0) continue;
    const found = {
      begins: begins.slice(0, count + 1),
      timesMs: scratch.timesMs.subarray(0, length),
      values: scratch.values.subarray(0, length),
    };
    const samples = areRising ? found : risingRuns(found);
    yield { names: names ?? namesOfRows, ids: ids.slice(0, count), space, ...samples };
  }
}

type WantedSeries = Pick<ColumnSelection, "ids" | "isWide"> & {
  readonly groups: readonly { readonly metric: string; readonly members: Pick<Members, "ids"> }[];
};

export interface BlockRoom {
  readonly scratch: RowScratch;
  readonly space: LabelSpace;
  readonly rowsPerBlock?: number | undefined;
}
