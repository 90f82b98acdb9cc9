import { type LabelMatcher, type Labels, METRIC_NAME, matches } from "../../../core/series.ts";
import type { LabelSpace } from "../../../core/series-block.ts";
import { SeriesById } from "./series-by-id.ts";
import { SeriesCounts } from "./series-counts.ts";
import type { SeriesLimits, SeriesOrigin } from "./series-limits.ts";
import { type Members, ShapeSeries } from "./shape-series.ts";
import { narrowShape, type Shape } from "./shapes.ts";

export type SeriesId = number;

/** Whatever has the same labels and comes in the same rows: one series of a narrow shape, one for each column of a wide one. */
export interface RowSeries {
  readonly id: SeriesId;
  readonly shape: Shape;
  /** Without the metric's name. */
  readonly labels: Labels;
  /** Of the line that it was first seen in. */
  readonly measurement: string;
  /** The series of its shape, and its own place among them. */
  readonly among: ShapeSeries;
  place: number;
  /** The last hour it has rows of, or was about to have; whatever forgets hours forgets series by it. */
  lastHour: number;
  /** Whether the table of series has it. */
  isStored: boolean;
  isForgotten: boolean;
}

/** One column of a shape, and the series wanted of it. */
export interface Selected {
  readonly among: ShapeSeries;
  readonly column: number;
  readonly members: Members;
}

/** Every series of the head, by labels and by metric. In memory; its owner bounds how many it holds. */
export class SeriesIndex implements LabelSpace {
  readonly #byId = new SeriesById();
  #idBound: SeriesId = 0;
  readonly #byHash = new Map<number, RowSeries | readonly RowSeries[]>();
  readonly #shapes = new Map<string, ShapeSeries>();
  readonly #columns = new Map<string, { readonly among: ShapeSeries; readonly column: number }[]>();
  /** Names and values are few: one text for all series that have it. */
  readonly #texts = new Map<string, string>();
  #justForgotten = new Map<SeriesId, RowSeries>();
  /** Series as PromQL counts them: one for each column. */
  readonly counts: SeriesCounts;

  constructor(limits?: SeriesLimits) {
    this.counts = new SeriesCounts(limits);
  }

  get size(): number {
    return this.counts.total;
  }

  /** One more than the highest id there was. */
  get idBound(): SeriesId {
    return this.#idBound;
  }

  /** Lower ids are taken: series outside of the index have them. */
  reserveIds(bound: SeriesId): void {
    this.#idBound = Math.max(this.#idBound, bound);
  }

  /** Of series forgotten the last time, too: whoever selected them may ask still. */
  labelsOf(id: SeriesId): Labels {
    return (this.#byId.get(id) ?? this.#justForgotten.get(id))?.labels ?? {};
  }

  has(id: SeriesId): boolean {
    return this.#byId.get(id) !== undefined;
  }

  narrow(metric: string): Shape {
    const name = `metric ${metric}`;
    return this.#shapes.get(name)?.shape ?? narrowShape(metric);
  }

  find(shape: Shape, labels: Labels): RowSeries | undefined {
    const found = this.#byHash.get(hashOf(shape, labels));
    const some = found === undefined ? [] : "id" in found ? [found] : found;
    return some.find((series) => series.shape.name === shape.name && haveEqualLabels(series.labels, labels));
  }

  /** Whether there is room for it is asked of `counts` before. */
  add(shape: Shape, labels: Labels, measurement: string, stored?: StoredSeries): RowSeries {
    const among = this.#amongOf(shape);
    const id = stored?.id ?? this.#idBound;
    const shared = Object.fromEntries(
      Object.entries(labels).map(([name, value]) => [this.#text(name), this.#text(value)]),
    );
    const series: RowSeries = {
      ...{ id, shape: among.shape, labels: shared, measurement: this.#text(measurement), among, place: 0 },
      lastHour: stored?.lastHour ?? Number.NEGATIVE_INFINITY,
      ...{ isStored: stored !== undefined, isForgotten: false },
    };
    this.#byId.set(series);
    this.reserveIds(id + 1);
    const hash = hashOf(shape, labels);
    const twins = this.#byHash.get(hash);
    this.#byHash.set(hash, twins === undefined ? series : "id" in twins ? [twins, series] : [...twins, series]);
    among.add(series);
    this.counts.add(originOf(shared, measurement), shape.columns.length);
    return series;
  }

  /** Forgets series without rows in `oldestHour` or after it. Returns them. */
  forgetBefore(oldestHour: number): readonly RowSeries[] {
    const forgotten = new Map<SeriesId, RowSeries>();
    const shapes = new Set<ShapeSeries>();
    for (const series of this.#byId) {
      if (series.lastHour >= oldestHour) continue;
      this.#forget(series);
      forgotten.set(series.id, series);
      shapes.add(series.among);
    }
    for (const among of shapes) this.#leaveOut(among);
    this.#justForgotten = forgotten;
    // Those still needed come back with the next series that has them.
    if (forgotten.size > 0) {
      this.#texts.clear();
      this.counts.forgot();
    }
    return [...forgotten.values()];
  }

  /** Series whose labels all matchers match, by column. A label that is absent counts as empty, as in Prometheus. */
  match(matchers: readonly LabelMatcher[]): readonly Selected[] {
    const ofName = matchers.filter(({ name }) => name === METRIC_NAME);
    const ofLabels = matchers.filter(({ name }) => name !== METRIC_NAME);
    const exact = ofName.find(({ kind }) => kind === "=");
    const names = exact?.kind === "=" ? [exact.value] : this.#columns.keys();
    const found: Selected[] = [];
    for (const name of names) {
      if (!ofName.every((matcher) => matches(matcher, name))) continue;
      for (const { among, column } of this.#columns.get(name) ?? []) {
        const members = among.match(ofLabels);
        if (members.series.length > 0) found.push({ among, column, members });
      }
    }
    return found;
  }

  #amongOf(shape: Shape): ShapeSeries {
    const known = this.#shapes.get(shape.name);
    if (known !== undefined) return known;
    const among = new ShapeSeries(shape);
    this.#shapes.set(shape.name, among);
    for (const [column, metric] of shape.metrics.entries()) {
      const columns = this.#columns.get(metric) ?? [];
      this.#columns.set(metric, [...columns, { among, column }]);
    }
    return among;
  }

  #forget(series: RowSeries): void {
    const { id, shape, labels, measurement } = series;
    series.isForgotten = true;
    this.#byId.delete(id);
    this.counts.remove(originOf(labels, measurement), shape.columns.length);
    const hash = hashOf(shape, labels);
    const twins = this.#byHash.get(hash);
    const left = twins === undefined || "id" in twins ? [] : twins.filter((twin) => twin !== series);
    if (left.length === 0) this.#byHash.delete(hash);
    else this.#byHash.set(hash, left);
  }

  #leaveOut(among: ShapeSeries): void {
    among.forget();
    if (among.size > 0) return;
    this.#shapes.delete(among.shape.name);
    for (const metric of among.shape.metrics) {
      const others = (this.#columns.get(metric) ?? []).filter((column) => column.among !== among);
      if (others.length === 0) this.#columns.delete(metric);
      else this.#columns.set(metric, others);
    }
  }

  #text(text: string): string {
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    this.#texts.set(text, text);
    return text;
  }
}

/** What the table of series says of one. */
export interface StoredSeries {
  readonly id: SeriesId;
  readonly lastHour: number;
}

export function originOf(labels: Labels, measurement: string): SeriesOrigin {
  return { cluster: labels.cluster ?? "", host: labels.host, measurement };
}

/** The same for the same labels in any order. */
function hashOf(shape: Shape, labels: Labels): number {
  let hash = textHash(0x811c9dc5, shape.name);
  for (const name in labels) hash = (hash + textHash(textHash(0x811c9dc5, name), labels[name] ?? "")) | 0;
  return hash;
}

function textHash(begin: number, text: string): number {
  let hash = begin;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 16_777_619);
  return Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
}

function haveEqualLabels(left: Labels, right: Labels): boolean {
  const names = Object.keys(left);
  if (names.length !== Object.keys(right).length) return false;
  return names.every((name) => Object.hasOwn(right, name) && left[name] === right[name]);
}
