import type { ColumnSelection, MetricGroup } from "./column-selection.ts";

/** The samples of so many series in some minutes are some dozens of megabytes. */
const SERIES_PER_SLICE = 20_000;

/** The series of a column, some at a time, in their order. */
export function* slicesOf(columns: ColumnSelection, most = SERIES_PER_SLICE): Iterable<ColumnSelection> {
  const { ids, groups } = columns;
  if (ids.length <= most) {
    yield columns;
    return;
  }
  for (let from = 0; from < ids.length; from += most) {
    yield { ...columns, ids: ids.subarray(from, from + most), groups: groupsBetween(groups, from, from + most) };
  }
}

/** What of the groups has places from one to before another, counted through all of them. */
function groupsBetween(groups: readonly MetricGroup[], from: number, to: number): readonly MetricGroup[] {
  let begin = 0;
  return groups.flatMap((group) => {
    const { ids, series } = group.members;
    const [first, end] = [Math.max(from - begin, 0), Math.min(to - begin, ids.length)];
    begin += ids.length;
    if (first >= end) return [];
    return { ...group, members: { ids: ids.subarray(first, end), series: series.slice(first, end) } };
  });
}
