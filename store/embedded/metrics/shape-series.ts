import { type LabelMatcher, matchersKey, matches, matchesAll } from "../../../core/series.ts";
import { LastSamples } from "./last-samples.ts";
import type { RowSeries } from "./series-index.ts";
import type { Shape } from "./shapes.ts";

/** Series in the order of their ids. Nobody changes it. */
export interface Members {
  readonly series: readonly RowSeries[];
  readonly ids: Int32Array;
}

interface Matched {
  members: Members;
  /** How many of all series were looked at. */
  seen: number;
}

/** Series that kept answers may hold in all; past it they are worked out anew. An answer itself weighs as much as some. */
const MOST_KEPT = 2_000_000;
const KEY_WEIGHT = 50;

/** All series of one shape, in the order of their ids: by label and value, and the newest samples of each. */
export class ShapeSeries {
  readonly shape: Shape;
  readonly last: LastSamples;
  #all: RowSeries[] = [];
  /** By label and value. */
  #postings = new Map<string, Map<string, RowSeries[]>>();
  readonly #matched = new Map<string, Matched>();
  #kept = 0;

  constructor(shape: Shape) {
    this.shape = shape;
    this.last = new LastSamples(shape.columns.length);
  }

  get size(): number {
    return this.#all.length;
  }

  /** Its id must be the highest. */
  add(series: RowSeries): void {
    series.place = this.#all.length;
    this.#put(series);
  }

  /** Leaves out those that are forgotten. */
  forget(): void {
    const left = this.#all.filter(({ isForgotten }) => !isForgotten);
    this.last.rearrange(left.map(({ place }) => place));
    this.#all = [];
    this.#postings = new Map();
    this.#matched.clear();
    this.#kept = 0;
    for (const series of left) this.add(series);
  }

  /**
   * Series whose labels all matchers match. The same matchers are asked again and again: what matched the last time is kept, and only
   * series that are new are looked at.
   */
  match(matchers: readonly LabelMatcher[]): Members {
    const key = matchersKey(matchers);
    const known = this.#matched.get(key);
    if (known?.seen === this.#all.length) return known.members;
    const found =
      known === undefined
        ? this.#search(matchers)
        : [
            ...known.members.series,
            ...this.#all.slice(known.seen).filter(({ labels }) => matchesAll(labels, matchers)),
          ];
    const members = { series: found, ids: Int32Array.from(found, ({ id }) => id) };
    this.#kept += known === undefined ? found.length + KEY_WEIGHT : found.length - known.members.series.length;
    this.#matched.set(key, { members, seen: this.#all.length });
    if (this.#kept > MOST_KEPT) {
      this.#matched.clear();
      this.#kept = 0;
    }
    return members;
  }

  #put(series: RowSeries): void {
    this.#all.push(series);
    for (const name in series.labels) this.#posting(name, series.labels[name] ?? "").push(series);
  }

  #posting(name: string, value: string): RowSeries[] {
    let values = this.#postings.get(name);
    if (values === undefined) {
      values = new Map();
      this.#postings.set(name, values);
    }
    let posting = values.get(value);
    if (posting === undefined) {
      posting = [];
      values.set(value, posting);
    }
    return posting;
  }

  /** Begins with the fewest that one matcher leaves. */
  #search(matchers: readonly LabelMatcher[]): readonly RowSeries[] {
    let fewest: readonly (readonly RowSeries[])[] = [this.#all];
    let size = this.#all.length;
    for (const matcher of matchers) {
      // What also fits series without the label is not found by it.
      if (matches(matcher, "")) continue;
      const postings = this.#postingsOf(matcher);
      const count = postings.reduce((sum, { length }) => sum + length, 0);
      if (count < size) [fewest, size] = [postings, count];
    }
    const found = fewest.flatMap((some) => some.filter(({ labels }) => matchesAll(labels, matchers)));
    return fewest.length > 1 ? found.sort((left, right) => left.id - right.id) : found;
  }

  #postingsOf(matcher: LabelMatcher): readonly (readonly RowSeries[])[] {
    const values = this.#postings.get(matcher.name);
    if (values === undefined) return [];
    if (matcher.kind === "=") return [values.get(matcher.value) ?? []];
    return [...values].flatMap(([value, posting]) => (matches(matcher, value) ? [posting] : []));
  }
}
