import { METRIC_CATALOGUE } from "../../../core/metric-catalogue.ts";
import { promqlName } from "../../../core/series.ts";

/**
 * How the samples of a series lie in the tables of an hour. A measurement of the catalogue has a table of its own, a row for
 * each of its lines and a column for each field: most samples are its, and come ten to a row. Every other metric is a shape
 * with one column, and they all share the table `samples`.
 */
export interface Shape {
  /** What it is called where series are stored. */
  readonly name: string;
  /** Whose lines are its rows; undefined of a narrow one, whose metric several may have. */
  readonly measurement: string | undefined;
  /** Whether a line is a row, in which a field that it lacks is NaN. A narrow row has its one value, which may be NaN. */
  readonly isWide: boolean;
  /** Tables of the same name, each with its hour behind it, have the same columns. */
  readonly table: string;
  readonly columns: readonly string[];
  /** What each column is called in PromQL. */
  readonly metrics: readonly string[];
}

export const NARROW_TABLE = "samples";

export const WIDE_SHAPES: ReadonlyMap<string, Shape> = new Map(
  Object.entries(METRIC_CATALOGUE).map(([measurement, { fields }]) => {
    const columns = Object.keys(fields);
    const metrics = columns.map((field) => promqlName(measurement, field));
    const [name, table] = [`rows ${measurement}`, `rows_${measurement}`];
    return [measurement, { name, measurement, isWide: true, table, columns, metrics }];
  }),
);

export function narrowShape(metric: string): Shape {
  const columns = NARROW_COLUMNS;
  return {
    name: `metric ${metric}`,
    measurement: undefined,
    isWide: false,
    table: NARROW_TABLE,
    columns,
    metrics: [metric],
  };
}

export function columnsOfTable(table: string): readonly string[] {
  if (table === NARROW_TABLE) return NARROW_COLUMNS;
  return WIDE_COLUMNS.get(table) ?? [];
}

const NARROW_COLUMNS = ["value"];
const WIDE_COLUMNS = new Map([...WIDE_SHAPES.values()].map(({ table, columns }) => [table, columns]));

/** Whose a series of a shape is when nothing else is told: a metric of one field has the measurement's name. */
export function usualMeasurement({ measurement, metrics }: Shape): string {
  return measurement ?? metrics[0] ?? "";
}

/** Columns of the shape that has most. */
export const WIDEST_COLUMNS = Math.max(...[...WIDE_SHAPES.values()].map(({ columns }) => columns.length));

/** The shape that is called so. */
export function shapeNamed(name: string): Shape | undefined {
  const [kind, ...rest] = name.split(" ");
  const what = rest.join(" ");
  if (kind === "metric") return narrowShape(what);
  return kind === "rows" ? WIDE_SHAPES.get(what) : undefined;
}
