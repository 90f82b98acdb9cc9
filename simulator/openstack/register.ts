/** One thing of a register: what it is, by its number, and the UUID that clients know it by. */
export interface Entry {
  readonly id: string;
  readonly number: number;
  /** What comes before the id when they are put in order. */
  readonly rank: number;
}

export type EntryOrder = (a: Entry, b: Entry) => number;

/** Neutron's order when nobody asks for another. */
export const byId: EntryOrder = (a, b) => compareText(a.id, b.id);
/** Nova's: the newest first, and then by descending id. */
export const newestFirst: EntryOrder = (a, b) => b.rank - a.rank || compareText(b.id, a.id);

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * What a list of the API is made from: ids in the order of the list, and nothing else, so that a page costs what is on
 * it. Whatever joins or leaves between two pages shifts nothing: a page begins after its marker.
 */
export class Register {
  readonly #order: EntryOrder;
  readonly #entries: Entry[];
  readonly #byId: Map<string, Entry>;

  constructor(entries: Iterable<Entry>, order: EntryOrder) {
    this.#order = order;
    this.#entries = [...entries].sort(order);
    this.#byId = new Map(this.#entries.map((entry) => [entry.id, entry]));
  }

  get size(): number {
    return this.#entries.length;
  }

  get(id: string): Entry | undefined {
    return this.#byId.get(id);
  }

  join(entry: Entry): void {
    if (this.#byId.has(entry.id)) return;
    this.#byId.set(entry.id, entry);
    this.#entries.splice(this.#placeOf(entry), 0, entry);
  }

  leave(id: string): void {
    const entry = this.#byId.get(id);
    if (entry === undefined) return;
    this.#byId.delete(id);
    this.#entries.splice(this.#placeOf(entry), 1);
  }

  /** All from the beginning, or those after `marker`; backwards: those before it, the nearest first. */
  *after(marker: Entry | undefined, isBackwards = false): Generator<Entry> {
    const entries = this.#entries;
    if (isBackwards) {
      const end = marker === undefined ? entries.length : this.#placeOf(marker);
      for (let at = end - 1; at >= 0; at--) if (entries[at] !== undefined) yield entries[at] as Entry;
      return;
    }
    let at = 0;
    if (marker !== undefined) {
      at = this.#placeOf(marker);
      if (entries[at]?.id === marker.id) at++;
    }
    for (; at < entries.length; at++) if (entries[at] !== undefined) yield entries[at] as Entry;
  }

  /** Where it is, or would be. */
  #placeOf(entry: Entry): number {
    const entries = this.#entries;
    let [low, high] = [0, entries.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = entries[middle];
      if (other !== undefined && this.#order(other, entry) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
