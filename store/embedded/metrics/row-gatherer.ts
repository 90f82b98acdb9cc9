import type { EpochMs } from "../../../core/clock.ts";
import { type Labels, METRIC_NAME } from "../../../core/series.ts";
import { numberOfSpecial, SPECIAL_FIELD } from "../../../core/special-value.ts";
import type { Sample } from "../../metric-store.ts";
import type { FieldKey, LineRow } from "./line-row.ts";
import { type LineTarget, targetOf, VALUE_KEY } from "./line-target.ts";
import { RefusalTally, type RefusedSamples } from "./refused.ts";
import { HOUR_MS, RowBuffer } from "./row-buffer.ts";
import { originOf, type RowSeries, type SeriesIndex } from "./series-index.ts";
import type { FullScope } from "./series-limits.ts";
import type { Shape } from "./shapes.ts";

export interface GatherBounds {
  /** Oldest hour that is kept. */
  readonly oldestHour: number;
  /** A sample further ahead has a wrong clock or a wrong precision behind it. */
  readonly newestMs: number;
  /** How many rows a table is about to get, so that memory is taken once. */
  readonly expectedRows: (table: string) => number;
}

/** Sorts samples into the rows of tables and hours, for one commit. Series that are new are in the index from then on. */
export class RowGatherer {
  readonly #index: SeriesIndex;
  readonly #bounds: GatherBounds;
  readonly #buffers = new Map<string, Map<number, RowBuffer>>();
  readonly #newSeries = new Set<RowSeries>();
  readonly #refused = new RefusalTally();
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

  /** To be called when it was written, or will not be. */
  giveBack(): void {
    for (const buffer of this.buffers) buffer.giveBack();
  }

  get refused(): RefusedSamples {
    return this.#refused.samples;
  }

  /** Scopes that had no room, each once, and how many samples they cost; not all when there are very many. */
  get fullScopes(): readonly (FullScope & { readonly refusedSamples: number })[] {
    return this.#refused.fullScopes;
  }

  /** How many were taken. */
  get samples(): number {
    return this.#samples;
  }

  addSample({ labels: { [METRIC_NAME]: metric = "", ...labels }, at, value }: Sample): void {
    const hour = this.#hourOf(at, 1);
    if (hour === undefined) return;
    const series = this.#seriesOf(this.#index.narrow(metric), labels, { measurement: metric, samples: 1 });
    if (series !== undefined) this.#put(this.#rowOf(series, hour, at), 0, value);
  }

  /** `cluster` is the label of a line that has none. Text has no place in a series, but for what no number of a line can say. */
  addLine(line: LineRow, cluster: string): void {
    const { at, fieldCount } = line;
    const target = targetOf(line.series, cluster, this.#index);
    const hour = this.#hourOf(at, fieldCount);
    if (hour === undefined) return;
    let isWideAsked = false;
    let row: Row | undefined;
    for (let place = 0; place < fieldCount; place++) {
      const key = line.fieldKeyAt(place);
      if (line.kindAt(place) === "string") {
        if (key.name === SPECIAL_FIELD) this.#addSpecial(target, line.textAt(place), { hour, at });
        continue;
      }
      const column = target.columnOf(key);
      if (column < 0) {
        this.#addNarrow(target, key, { hour, at, value: line.valueAt(place) });
        continue;
      }
      if (!isWideAsked) {
        isWideAsked = true;
        const wide = this.#wideSeries(target, line);
        if (wide !== undefined) row = this.#rowOf(wide, hour, at);
      }
      if (row !== undefined) this.#put(row, column, line.valueAt(place));
    }
  }

  #addNarrow(
    target: LineTarget,
    key: FieldKey,
    sample: { readonly hour: number; readonly at: EpochMs; readonly value: number },
  ): void {
    const known = target.narrowOf(key);
    const shape = known?.shape ?? this.#index.narrow(target.metricOf(key));
    const told = { measurement: target.measurement, samples: 1 };
    const series = known ?? this.#seriesOf(shape, target.labels, told);
    if (series === undefined) return;
    if (known === undefined) target.keepNarrow(key, series);
    this.#put(this.#rowOf(series, sample.hour, sample.at), 0, sample.value);
  }

  #addSpecial(target: LineTarget, text: string, when: { readonly hour: number; readonly at: EpochMs }): void {
    const value = numberOfSpecial(text);
    if (value !== undefined) this.#addNarrow(target, VALUE_KEY, { ...when, value });
  }

  #wideSeries(target: LineTarget, line: LineRow): RowSeries | undefined {
    if (target.wide !== undefined && !target.wide.isForgotten) return target.wide;
    if (target.shape === undefined) return undefined;
    const samples = samplesInRow(target, line);
    target.wide = this.#seriesOf(target.shape, target.labels, { measurement: target.measurement, samples });
    return target.wide;
  }

  #seriesOf(
    shape: Shape,
    labels: Labels,
    { measurement, samples }: { readonly measurement: string; readonly samples: number },
  ): RowSeries | undefined {
    const known = this.#index.find(shape, labels);
    if (known !== undefined) return known;
    const full = this.#index.counts.fullFor(originOf(labels, measurement), shape.columns.length);
    if (full === undefined) return this.#index.add(shape, labels, measurement);
    this.#refused.noRoom(full, samples);
    return undefined;
  }

  #hourOf(at: EpochMs, samples: number): number | undefined {
    const hour = Math.floor(at / HOUR_MS);
    if (hour >= this.#bounds.oldestHour && at <= this.#bounds.newestMs) return hour;
    if (at > this.#bounds.newestMs) this.#refused.samples.tooNew += samples;
    else this.#refused.samples.tooOld += samples;
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
      buffer = new RowBuffer(shape, hour, this.#bounds.expectedRows(shape.table));
      hours.set(hour, buffer);
    }
    return buffer;
  }
}

function samplesInRow(target: LineTarget, line: LineRow): number {
  let samples = 0;
  for (let place = 0; place < line.fieldCount; place++) {
    if (line.kindAt(place) !== "string" && target.columnOf(line.fieldKeyAt(place)) >= 0) samples++;
  }
  return samples;
}

interface Row {
  readonly series: RowSeries;
  readonly at: EpochMs;
  readonly buffer: RowBuffer;
  readonly row: number;
}
