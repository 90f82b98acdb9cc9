import type { Selected } from "./series-index.ts";
import type { Members } from "./shape-series.ts";

/** What is wanted of one column of a table. */
export interface ColumnSelection {
  readonly table: string;
  readonly column: string;
  readonly isWide: boolean;
  /** Series by the metric they are of; one for a wide table, since each of its columns is one metric. */
  readonly groups: readonly MetricGroup[];
  /** Of all groups, one behind the other. */
  readonly ids: Int32Array;
}

export interface MetricGroup extends Selected {
  readonly metric: string;
}

/** What was matched, by column: narrow metrics are read together, however many they are. */
export function byColumn(selected: readonly Selected[]): readonly ColumnSelection[] {
  const columns = new Map<string, { readonly first: MetricGroup; readonly groups: MetricGroup[] }>();
  for (const one of selected) {
    const { shape } = one.among;
    const group = { ...one, metric: shape.metrics[one.column] ?? "" };
    const key = `${shape.table} ${shape.columns[one.column]}`;
    const known = columns.get(key);
    if (known === undefined) columns.set(key, { first: group, groups: [group] });
    else known.groups.push(group);
  }
  return [...columns.values()].map(({ first: { among, column }, groups }) => {
    const { table, isWide, columns: names } = among.shape;
    return { table, isWide, column: names[column] ?? "", groups, ids: idsOf(groups) };
  });
}

export function idsOf(groups: readonly { readonly members: Members }[]): Int32Array {
  const [first] = groups;
  if (groups.length === 1 && first !== undefined) return first.members.ids;
  const ids = new Int32Array(groups.reduce((sum, { members }) => sum + members.ids.length, 0));
  let place = 0;
  for (const { members } of groups) {
    ids.set(members.ids, place);
    place += members.ids.length;
  }
  return ids;
}
