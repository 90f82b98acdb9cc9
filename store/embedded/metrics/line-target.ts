import { type Labels, promqlName } from "../../../core/series.ts";
import type { FieldKey, LineSeries } from "./line-row.ts";
import type { RowSeries, SeriesIndex } from "./series-index.ts";
import { type Shape, WIDE_SHAPES } from "./shapes.ts";

/** Of a sample whose value is said by a text. */
export const VALUE_KEY: FieldKey = { name: "value", number: -1 };

export function targetOf(series: LineSeries, cluster: string, index: SeriesIndex): LineTarget {
  const { kept } = series;
  if (kept instanceof LineTarget && kept.index === index && kept.cluster === cluster) return kept;
  const target = new LineTarget(series, cluster, index);
  series.kept = target;
  return target;
}

/** Where the samples of a series' lines go: kept with what is known of the series, so that it is found once. */
export class LineTarget {
  readonly index: SeriesIndex;
  readonly cluster: string;
  readonly #series: LineSeries;
  readonly #columns: FieldColumns;
  /** Of a measurement that has a table of its own. */
  wide: RowSeries | undefined;
  #narrow: Map<string, RowSeries> | undefined;

  constructor(series: LineSeries, cluster: string, index: SeriesIndex) {
    this.index = index;
    this.cluster = cluster;
    this.#series = series;
    this.#columns = columnsOf(series);
  }

  get shape(): Shape | undefined {
    return this.#columns.shape;
  }

  get measurement(): string {
    return this.#columns.measurement;
  }

  /** By entries, since a tag may be called `__proto__`. A cluster the line names itself stands. */
  get labels(): Labels {
    const { tags } = this.#series.key;
    return Object.fromEntries([["cluster", this.cluster], ...tags.map(({ key, value }) => [key, value])]);
  }

  /** −1 when the field is none of a wide shape. */
  columnOf(key: FieldKey): number {
    return this.#columns.columnOf(key);
  }

  metricOf({ name }: FieldKey): string {
    return promqlName(this.#columns.measurement, name);
  }

  narrowOf({ name }: FieldKey): RowSeries | undefined {
    const series = this.#narrow?.get(name);
    return series?.isForgotten === true ? undefined : series;
  }

  keepNarrow({ name }: FieldKey, series: RowSeries): void {
    this.#narrow ??= new Map();
    this.#narrow.set(name, series);
  }
}

/** The columns of a measurement's fields, kept with what is known of its field keys. */
class FieldColumns {
  readonly measurement: string;
  readonly shape: Shape | undefined;
  readonly #columns: number[] = [];

  constructor(measurement: string) {
    this.measurement = measurement;
    this.shape = WIDE_SHAPES.get(measurement);
  }

  columnOf({ number, name }: FieldKey): number {
    const known = this.#columns[number];
    if (known !== undefined) return known;
    const column = this.shape?.columns.indexOf(name) ?? -1;
    if (number >= 0) this.#columns[number] = column;
    return column;
  }
}

function columnsOf({ fieldKeys, key }: LineSeries): FieldColumns {
  if (fieldKeys.kept instanceof FieldColumns) return fieldKeys.kept;
  const columns = new FieldColumns(key.measurement);
  fieldKeys.kept = columns;
  return columns;
}
