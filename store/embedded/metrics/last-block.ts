import type { LabelSpace, SeriesBlock } from "../../../core/series-block.ts";
import { type ColumnSelection, idsOf, type MetricGroup } from "./column-selection.ts";
import type { RowSeries, SeriesId } from "./series-index.ts";

/** What the tables held when they were opened: of it the newest samples are not known in memory. */
export interface StoredBefore {
  /** Lower ids were there. */
  readonly idBound: SeriesId;
  /** Their rows are not newer; minus infinity when there were none. */
  readonly newestMs: number;
}

export interface LastSamplesFound {
  /** One sample of each series that is known to have its last of the span there. */
  readonly block: SeriesBlock | undefined;
  /** Series of which only the tables know; undefined when there are none. */
  readonly unsure: ColumnSelection | undefined;
}

/** The last sample of each series with `from <= time <= to`, of what is known in memory. */
export function lastBlock(
  columns: ColumnSelection,
  { from, to }: { readonly from: number; readonly to: number },
  stored: StoredBefore,
  space: LabelSpace,
): LastSamplesFound {
  const size = columns.ids.length;
  const ids = new Int32Array(size);
  const [timesMs, values] = [new Float64Array(size), new Float64Array(size)];
  const names: string[] = [];
  const unsure: MetricGroup[] = [];
  const mayBeStored = from <= stored.newestMs;
  let count = 0;
  for (const group of columns.groups) {
    const { among, column, members, metric } = group;
    const left: RowSeries[] = [];
    for (const series of members.series) {
      const at = among.last.timeOf(column, series.place);
      if (at > to || (mayBeStored && series.id < stored.idBound && at <= stored.newestMs)) left.push(series);
      else if (at >= from) {
        ids[count] = series.id;
        timesMs[count] = at;
        values[count] = among.last.valueOf(column, series.place);
        if (columns.groups.length > 1) names.push(metric);
        count++;
      }
    }
    if (left.length > 0) {
      unsure.push({ ...group, members: { series: left, ids: Int32Array.from(left, ({ id }) => id) } });
    }
  }
  const block = {
    names: columns.groups.length > 1 ? names : (columns.groups[0]?.metric ?? ""),
    ids: ids.subarray(0, count),
    space,
    begins: Uint32Array.from({ length: count + 1 }, (_, place) => place),
    timesMs: timesMs.subarray(0, count),
    values: values.subarray(0, count),
  };
  return {
    block: count === 0 ? undefined : block,
    unsure: unsure.length === 0 ? undefined : { ...columns, groups: unsure, ids: idsOf(unsure) },
  };
}
