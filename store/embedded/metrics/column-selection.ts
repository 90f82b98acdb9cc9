import { type Labels, METRIC_NAME } from "../../../core/series.ts";
import type { RowSeries, Selected } from "./series-index.ts";

/** What is wanted of one column of a table: series by series, and what each is called. */
export interface ColumnSelection {
  readonly table: string;
  readonly column: string;
  readonly isWide: boolean;
  readonly members: readonly { readonly series: RowSeries; readonly metric: string }[];
}

/** What was matched, by column: narrow metrics are read together, however many they are. */
export function byColumn(selected: readonly Selected[]): readonly ColumnSelection[] {
  const columns = new Map<string, ColumnSelection & { members: { series: RowSeries; metric: string }[] }>();
  for (const { shape, column: place, series } of selected) {
    const { table, isWide } = shape;
    const [column = "", metric = ""] = [shape.columns[place], shape.metrics[place]];
    const key = `${table} ${column}`;
    const known = columns.get(key) ?? { table, column, isWide, members: [] };
    columns.set(key, known);
    for (const one of series) known.members.push({ series: one, metric });
  }
  return [...columns.values()];
}

export function labelsOf({ series, metric }: ColumnSelection["members"][number]): Labels {
  return { ...series.labels, [METRIC_NAME]: metric };
}
