import type { EpochMs } from "../../../core/clock.ts";
import { type Labels, METRIC_NAME, promqlName } from "../../../core/series.ts";
import { numberOfSpecial, SPECIAL_FIELD } from "../../../core/special-value.ts";
import type { Sample } from "../../metric-store.ts";
import type { FieldKey, LineRow, LineSeries } from "./line-row.ts";
import type { RefusedSamples } from "./refused.ts";
import { HOUR_MS, RowBuffer } from "./row-buffer.ts";
import type { RowSeries, SeriesIndex } from "./series-index.ts";
import { type Shape, WIDE_SHAPES } from "./shapes.ts";

export interface GatherBounds {
  /** Oldest hour that is kept. */
  readonly oldestHour: number;
  /** A sample further ahead has a wrong clock or a wrong precision behind it. */
  readonly newestMs: number;
  readonly maxSeries: number;
}

/** Sorts samples into the rows of tables and hours, for one commit. Series that are new are in the index from then on. */
export class RowGatherer {
  readonly #index: SeriesIndex;
  readonly #bounds: GatherBounds;
  readonly #buffers = new Map<string, Map<number, RowBuffer>>();
  readonly #newSeries = new Set<RowSeries>();
  readonly #refused = { tooManySeries: 0, tooOld: 0, tooNew: 0 };
  #samples = 0;

  constructor(index: SeriesIndex, bounds: GatherBounds) {
    this.#index = index;
    this.#bounds = bounds;
  }

  get newSeries(): readonly RowSeries[] {
    return [...this.#newSeries];
  }

  get buffers(): readonly RowBuffer[] {
    return [...this.#buffers.values()].flatMap((hours) => [...hours.values()]);
  }

  get refused(): RefusedSamples {
    return this.#refused;
  }

  /** How many were taken. */
  get samples(): number {
    return this.#samples;
  }

  addSample({ labels: { [METRIC_NAME]: metric = "", ...labels }, at, value }: Sample): void {
    const hour = this.#hourOf(at, 1);
    if (hour === undefined) return;
    const series = this.#seriesOf(this.#index.narrow(metric), labels, 1);
    if (series !== undefined) this.#put(this.#rowOf(series, hour, at), 0, value);
  }

  /** `cluster` is the label of a line that has none. Text has no place in a series, but for what no number of a line can say. */
  addLine(line: LineRow, cluster: string): void {
    const { at, fieldCount } = line;
    const target = this.#targetOf(line.series, cluster);
    const hour = this.#hourOf(at, fieldCount);
    if (hour === undefined) return;
    const wide = target.shape === undefined ? undefined : this.#wideSeries(target, fieldCount);
    let row: Row | undefined;
    for (let place = 0; place < fieldCount; place++) {
      const key = line.fieldKeyAt(place);
      if (line.kindAt(place) === "string") {
        if (key.name === SPECIAL_FIELD) this.#addSpecial(target, line.textAt(place), { hour, at });
        continue;
      }
      const column = target.columnOf(key);
      if (column < 0) this.#addNarrow(target, key, { hour, at, value: line.valueAt(place) });
      else if (wide !== undefined) {
        row ??= this.#rowOf(wide, hour, at);
        this.#put(row, column, line.valueAt(place));
      }
    }
  }

  #addNarrow(
    target: LineTarget,
    key: FieldKey,
    sample: { readonly hour: number; readonly at: EpochMs; readonly value: number },
  ): void {
    const known = target.narrowOf(key);
    const series = known ?? this.#seriesOf(this.#index.narrow(target.metricOf(key)), target.labels, 1);
    if (series === undefined) return;
    if (known === undefined) target.keepNarrow(key, series);
    this.#put(this.#rowOf(series, sample.hour, sample.at), 0, sample.value);
  }

  #addSpecial(target: LineTarget, text: string, when: { readonly hour: number; readonly at: EpochMs }): void {
    const value = numberOfSpecial(text);
    if (value !== undefined) this.#addNarrow(target, VALUE_KEY, { ...when, value });
  }

  #targetOf(series: LineSeries, cluster: string): LineTarget {
    const { kept } = series;
    if (kept instanceof LineTarget && kept.index === this.#index && kept.cluster === cluster) return kept;
    const target = new LineTarget(series, cluster, this.#index);
    series.kept = target;
    return target;
  }

  #wideSeries(target: LineTarget, samples: number): RowSeries | undefined {
    if (target.wide !== undefined && !target.wide.isForgotten) return target.wide;
    if (target.shape === undefined) return undefined;
    target.wide = this.#seriesOf(target.shape, target.labels, samples);
    return target.wide;
  }

  #seriesOf(shape: Shape, labels: Labels, samples: number): RowSeries | undefined {
    const known = this.#index.find(shape, labels);
    if (known !== undefined) return known;
    if (this.#index.size + shape.columns.length <= this.#bounds.maxSeries) return this.#index.add(shape, labels);
    this.#refused.tooManySeries += samples;
    return undefined;
  }

  #hourOf(at: EpochMs, samples: number): number | undefined {
    const hour = Math.floor(at / HOUR_MS);
    if (hour >= this.#bounds.oldestHour && at <= this.#bounds.newestMs) return hour;
    if (at > this.#bounds.newestMs) this.#refused.tooNew += samples;
    else this.#refused.tooOld += samples;
    return undefined;
  }

  #rowOf(series: RowSeries, hour: number, at: EpochMs): Row {
    // Even if the commit comes to nothing: a series that is kept an hour longer does no harm.
    if (series.lastHour < hour) series.lastHour = hour;
    if (!series.isStored) this.#newSeries.add(series);
    const buffer = this.#bufferOf(series.shape, hour);
    return { series, at, buffer, row: buffer.add(series.id, at) };
  }

  #put({ series, at, buffer, row }: Row, column: number, value: number): void {
    buffer.put(row, column, value);
    // Before it is written: it is durable where it comes from.
    series.among.last.put(column, series.place, at, value);
    this.#samples++;
  }

  #bufferOf(shape: Shape, hour: number): RowBuffer {
    let hours = this.#buffers.get(shape.table);
    if (hours === undefined) {
      hours = new Map();
      this.#buffers.set(shape.table, hours);
    }
    let buffer = hours.get(hour);
    if (buffer === undefined) {
      buffer = new RowBuffer(shape, hour);
      hours.set(hour, buffer);
    }
    return buffer;
  }
}

/** Of a sample whose value is said by a text. */
const VALUE_KEY: FieldKey = { name: "value", number: -1 };

interface Row {
  readonly series: RowSeries;
  readonly at: EpochMs;
  readonly buffer: RowBuffer;
  readonly row: number;
}

/** Where the samples of a series' lines go: kept with what is known of the series, so that it is found once. */
class LineTarget {
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
