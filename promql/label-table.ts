import { type Labels, METRIC_NAME } from "../core/series.ts";
import type { LabelSpace } from "../core/series-block.ts";
import type { Computing } from "./evaluation.ts";
import { Projection } from "./projection.ts";
import { countWork } from "./turns.ts";

/** A set of labels without the metric's name, as a small number; 0 has no labels. Equal sets have equal ids. */
export type LabelsId = number;

/** To look all names and values of a set of labels up: one or two microseconds. */
const STEPS_PER_INTERN = 150;

const MOST_EMPTY = 256;

/** Ids between two looks at the budget. */
const SLICE = 256;

/** Two ids make one exact number: 2²⁶ · 2²⁷ is 2⁵³. Far more than a query may have samples. */
const MOST_IDS = 2 ** 26;

/**
 * Every set of labels a query meets, each once, so that matching and grouping compare numbers. A table may outlive its
 * query: what it worked out for series that come again, it knows.
 */
export class LabelTable {
  readonly #labels: Labels[] = [];
  readonly #byHash = new Map<number, LabelsId | LabelsId[]>();
  readonly #projections = new Map<string, Projection>();
  readonly #takeovers = new Map<string, Map<number, LabelsId>>();
  readonly #spaces = new WeakMap<object, Int32Array>();
  #places = new Int32Array(0);

  constructor() {
    this.intern({});
  }

  get size(): number {
    return this.#labels.length;
  }

  /** How much it keeps: sets of labels, and pairs it knows the outcome of. */
  get weight(): number {
    let pairs = 0;
    for (const known of this.#takeovers.values()) pairs += known.size;
    return this.size + pairs;
  }

  /** Without the metric's name. */
  labelsOf(id: LabelsId): Labels {
    return this.#labels[id] ?? {};
  }

  /** With the metric's name, when there is one. */
  fullLabels(id: LabelsId, name: string): Labels {
    return name === "" ? this.labelsOf(id) : { [METRIC_NAME]: name, ...this.labelsOf(id) };
  }

  /** The id of these labels; the metric's name does not count. */
  intern(labels: Labels): LabelsId {
    countWork(STEPS_PER_INTERN);
    const hash = hashOf(labels);
    const found = this.#byHash.get(hash);
    if (typeof found === "number") {
      if (this.#isEqual(found, labels)) return found;
    } else if (found !== undefined) {
      for (const id of found) if (this.#isEqual(id, labels)) return id;
    }
    const id = this.#labels.length;
    this.#labels.push(withoutNameLabel(labels));
    this.#byHash.set(hash, found === undefined ? id : typeof found === "number" ? [found, id] : [...found, id]);
    return id;
  }

  /** Ids of a space, as `SeriesBlock` has them, as ids of this table. */
  async internAll(
    ids: Int32Array,
    space: LabelSpace,
    { budget, memory }: Pick<Computing, "budget" | "memory">,
  ): Promise<Int32Array> {
    let known = this.#knownOf(space, ids);
    const interned = memory.ints(ids.length);
    for (let i = 0; i < ids.length; i++) {
      const foreign = ids[i] ?? 0;
      let id = (known?.[foreign] ?? 0) - 1;
      if (id < 0) {
        id = this.intern(space.labelsOf(foreign));
        if (known !== undefined) known[foreign] = id + 1;
      }
      interned[i] = id;
      if (i % SLICE !== SLICE - 1 || !budget.work(SLICE)) continue;
      await budget.breathe();
      // Meanwhile another query may have met larger ids.
      known = this.#knownOf(space, ids);
    }
    return interned;
  }

  /**
   * One more than the id for each id of a space, of which there is room for these. Undefined where that would be mostly empty: a
   * space may be that of one answer, with a few of very many ids.
   */
  #knownOf(space: LabelSpace, ids: Int32Array): Int32Array | undefined {
    const found = this.#spaces.get(space);
    const known = found ?? new Int32Array(0);
    let largest = -1;
    for (let i = 0; i < ids.length; i++) largest = Math.max(largest, ids[i] ?? 0);
    if (largest < known.length) return known;
    if (found === undefined && largest > MOST_EMPTY * (ids.length + 1)) return undefined;
    const larger = grown(known, largest);
    this.#spaces.set(space, larger);
    return larger;
  }

  /** What is left of labels when only `names` are kept, or all but `names`. */
  projection(keeps: boolean, names: readonly string[]): Projection {
    const wanted = [...new Set(names.filter((name) => name !== METRIC_NAME))].sort();
    const key = `${keeps} ${JSON.stringify(wanted)}`;
    const known = this.#projections.get(key) ?? new Projection(this, keeps, wanted);
    this.#projections.set(key, known);
    return known;
  }

  /** Labels of `many` with those called `names` as `one` has them. */
  takeover(names: readonly string[]): (many: LabelsId, one: LabelsId) => LabelsId {
    const key = JSON.stringify(names);
    const known = this.#takeovers.get(key) ?? new Map<number, LabelsId>();
    this.#takeovers.set(key, known);
    return (many, one) => {
      const pair = many * MOST_IDS + one;
      const found = known.get(pair);
      if (found !== undefined) return found;
      const labels: Record<string, string> = { ...this.labelsOf(many) };
      const taken = this.labelsOf(one);
      for (const name of names) {
        if (Object.hasOwn(taken, name)) labels[name] = taken[name] ?? "";
        else delete labels[name];
      }
      const id = this.intern(labels);
      known.set(pair, id);
      return id;
    };
  }

  /**
   * Lends an array with a place for each id, all zero, several times faster than a map. Only places of `ids` may be written;
   * they are zeroed again. To be done with at once: there is one array.
   */
  withPlaces<T>(ids: Int32Array, use: (places: Int32Array) => T): T {
    if (this.#places.length < this.size) this.#places = new Int32Array(Math.max(1_024, 2 * this.size));
    const places = this.#places;
    try {
      return use(places);
    } finally {
      for (let i = 0; i < ids.length; i++) places[ids[i] ?? 0] = 0;
    }
  }

  #isEqual(id: LabelsId, labels: Labels): boolean {
    const known = this.labelsOf(id);
    let left = 0;
    for (const name in labels) {
      if (name === METRIC_NAME) continue;
      if (known[name] !== labels[name] || !Object.hasOwn(known, name)) return false;
      left += 1;
    }
    for (const _ in known) left -= 1;
    return left === 0;
  }
}

export function grown(array: Int32Array, index: number): Int32Array {
  const larger = new Int32Array(Math.max(1_024, 2 * array.length, index + 1));
  larger.set(array);
  return larger;
}

function withoutNameLabel(labels: Labels): Labels {
  if (!Object.hasOwn(labels, METRIC_NAME)) return labels;
  const { [METRIC_NAME]: _, ...rest } = labels;
  return rest;
}

/** The same for the same labels in any order. */
function hashOf(labels: Labels): number {
  let hash = 0;
  for (const name in labels) {
    if (name === METRIC_NAME) continue;
    hash = (hash + textHash(textHash(0x811c9dc5, name), labels[name] ?? "")) | 0;
  }
  return hash;
}

function textHash(begin: number, text: string): number {
  let hash = begin;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 16_777_619);
  return Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
}
