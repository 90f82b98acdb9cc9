import { type LabelMatcher, type Labels, METRIC_NAME } from "../../core/series.ts";

export type SeriesId = number;

/** Labels as text, the same for equal labels. */
export function labelsText(labels: Labels): string {
  return JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The labels `labelsText` wrote. */
export function parseLabelsText(text: string): Labels {
  const entries: unknown = JSON.parse(text);
  if (!Array.isArray(entries)) throw new Error("labels are a list of pairs");
  return Object.fromEntries(entries.map(([name, value]) => [String(name), String(value)]));
}

export interface IndexedSeries {
  readonly id: SeriesId;
  readonly labels: Labels;
  readonly text: string;
  /** The last hour it has samples of, or was about to have; whatever forgets hours forgets series by it. */
  lastHour: number;
  isForgotten: boolean;
}

/** Every series of the head by id, by labels and by metric name. In memory; its owner bounds how many it holds. */
export class SeriesIndex {
  readonly #entries = new Map<SeriesId, IndexedSeries>();
  readonly #byText = new Map<string, IndexedSeries>();
  readonly #byMetric = new Map<string, Set<SeriesId>>();
  /** Writers hand in the same object for a series again and again: one look-up then, and no text. */
  readonly #byObject = new WeakMap<Labels, IndexedSeries>();
  #nextId: SeriesId = 1;

  get size(): number {
    return this.#entries.size;
  }

  find(labels: Labels): IndexedSeries | undefined {
    const known = this.#byObject.get(labels);
    if (known !== undefined && !known.isForgotten) return known;
    const found = this.#byText.get(labelsText(labels));
    if (found !== undefined) this.#byObject.set(labels, found);
    return found;
  }

  /** An id no series has or had since the start. */
  takeId(): SeriesId {
    return this.#nextId++;
  }

  add(id: SeriesId, labels: Labels, text: string): IndexedSeries {
    const series = { id, labels, text, lastHour: Number.NEGATIVE_INFINITY, isForgotten: false };
    this.#entries.set(id, series);
    this.#byText.set(text, series);
    this.#byObject.set(labels, series);
    const metric = labels[METRIC_NAME] ?? "";
    const ids = this.#byMetric.get(metric) ?? new Set();
    this.#byMetric.set(metric, ids.add(id));
    this.#nextId = Math.max(this.#nextId, id + 1);
    return series;
  }

  labelsOf(id: SeriesId): Labels | undefined {
    return this.#entries.get(id)?.labels;
  }

  markHour(id: SeriesId, hour: number): void {
    const entry = this.#entries.get(id);
    if (entry !== undefined && entry.lastHour < hour) entry.lastHour = hour;
  }

  /** Forgets series without samples in `oldestHour` or after it. Returns their ids. */
  forgetBefore(oldestHour: number): SeriesId[] {
    const gone = [...this.#entries.values()].filter(({ lastHour }) => lastHour < oldestHour);
    for (const series of gone) {
      const { id, labels, text } = series;
      series.isForgotten = true;
      this.#entries.delete(id);
      this.#byText.delete(text);
      const metric = labels[METRIC_NAME] ?? "";
      const ids = this.#byMetric.get(metric);
      ids?.delete(id);
      if (ids?.size === 0) this.#byMetric.delete(metric);
    }
    return gone.map(({ id }) => id);
  }

  /** Series whose labels all matchers match. A label that is absent counts as empty, as in Prometheus. */
  match(matchers: readonly LabelMatcher[]): SeriesId[] {
    const name = matchers.find((matcher) => matcher.kind === "=" && matcher.name === METRIC_NAME);
    const candidates = name?.kind === "=" ? (this.#byMetric.get(name.value) ?? []) : this.#entries.keys();
    const rest = matchers.filter((matcher) => matcher !== name);
    const found: SeriesId[] = [];
    for (const id of candidates) {
      const labels = this.#entries.get(id)?.labels;
      if (labels !== undefined && rest.every((matcher) => matches(labels, matcher))) found.push(id);
    }
    return found;
  }
}

function matches(labels: Labels, matcher: LabelMatcher): boolean {
  // Not by `labels[name]` alone: every object has a `constructor`.
  const value = Object.hasOwn(labels, matcher.name) ? (labels[matcher.name] ?? "") : "";
  switch (matcher.kind) {
    case "=":
      return value === matcher.value;
    case "!=":
      return value !== matcher.value;
    case "=~":
      return matcher.pattern.test(value);
    case "!~":
      return !matcher.pattern.test(value);
  }
}
