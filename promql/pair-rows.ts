import type { LabelTable } from "./label-table.ts";
import type { QueryMemory } from "./query-memory.ts";

/** Rows of two vectors that have the same signature, pair by pair in the order of the many side. */
export interface PairedRows {
  readonly many: Int32Array;
  readonly one: Int32Array;
  /** Whether no row is in two pairs. */
  readonly areOneToOne: boolean;
}

interface Pairing {
  readonly table: LabelTable;
  readonly memory: QueryMemory;
  /** Is told rows of the one side that have a signature in common, before they are paired: they may be too many. */
  readonly onTwins: (rows: readonly number[]) => void;
  /** Is told how many pairs there will be. */
  readonly onPairs: (count: number) => void;
}

export function pairRows(many: Int32Array, one: Int32Array, { table, memory, onTwins, onPairs }: Pairing): PairedRows {
  return table.withPlaces(one, (places) => {
    const { next, begins } = chainRows(one, places, memory.ints(one.length));
    for (const signature of begins) onTwins(chainFrom(places[signature] ?? 0, next));
    onPairs(many.length);
    if (begins.size > 0) return pairAll(many, { places, next, onPairs });
    return pairSingly(many, memory.flags(one.length), { places, memory });
  });
}

/** `places[signature]` is one more than the first row that has it, `next[row]` than the one after; 0 is none. */
function chainRows(one: Int32Array, places: Int32Array, next: Int32Array) {
  const begins = new Set<number>();
  for (let row = one.length - 1; row >= 0; row--) {
    const signature = one[row] ?? 0;
    next[row] = places[signature] ?? 0;
    if (next[row] !== 0) begins.add(signature);
    places[signature] = row + 1;
  }
  return { next, begins };
}

function chainFrom(first: number, next: Int32Array): number[] {
  const rows: number[] = [];
  for (let place = first; place !== 0; place = next[place - 1] ?? 0) rows.push(place - 1);
  return rows;
}

function pairSingly(
  many: Int32Array,
  isTaken: Uint8Array,
  { places, memory }: { readonly places: Int32Array } & Pick<Pairing, "memory">,
): PairedRows {
  const pairs = { many: memory.ints(many.length), one: memory.ints(many.length) };
  let areOneToOne = true;
  let size = 0;
  for (let row = 0; row < many.length; row++) {
    const matched = (places[many[row] ?? 0] ?? 0) - 1;
    if (matched < 0) continue;
    if (isTaken[matched] === 1) areOneToOne = false;
    isTaken[matched] = 1;
    pairs.many[size] = row;
    pairs.one[size++] = matched;
  }
  return { many: pairs.many.subarray(0, size), one: pairs.one.subarray(0, size), areOneToOne };
}

function pairAll(
  many: Int32Array,
  { places, next, onPairs }: { readonly places: Int32Array; readonly next: Int32Array } & Pick<Pairing, "onPairs">,
): PairedRows {
  const pairs: { readonly many: number[]; readonly one: number[] } = { many: [], one: [] };
  for (let row = 0; row < many.length; row++) {
    const before = pairs.many.length;
    for (let place = places[many[row] ?? 0] ?? 0; place !== 0; place = next[place - 1] ?? 0) {
      pairs.many.push(row);
      pairs.one.push(place - 1);
    }
    onPairs(pairs.many.length - before);
  }
  return { many: Int32Array.from(pairs.many), one: Int32Array.from(pairs.one), areOneToOne: false };
}
