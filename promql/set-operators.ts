import type { SetOp, VectorMatching } from "./ast.ts";
import type { Computing } from "./evaluation.ts";
import { mergeRows } from "./merge-rows.ts";
import { dropEmptyRows, joinNames, type Vector } from "./vector.ts";
import { type Sides, signaturesOf } from "./vector-matching.ts";

/** `and`: left where right is; `unless`: left where right is not; `or`: left, and right where left is not. */
export async function combineSets(
  { op, matching }: { readonly op: SetOp; readonly matching: VectorMatching },
  { left, right }: Sides,
  computing: Computing,
): Promise<Vector> {
  const signed = async (vector: Vector) => ({ vector, signatures: await signaturesOf(vector, matching, computing) });
  const [ofLeft, ofRight] = [await signed(left), await signed(right)];
  computing.budget.hold(op === "or" ? left.values.length + right.values.length : left.values.length);
  switch (op) {
    case "and":
      return keepWhere(ofLeft, { others: ofRight, wanted: 1 }, computing);
    case "unless":
      return keepWhere(ofLeft, { others: ofRight, wanted: 0 }, computing);
    case "or": {
      const added = await keepWhere(ofRight, { others: ofLeft, wanted: 0 }, computing);
      return mergeRows(joined({ left, right: added }, computing), computing);
    }
  }
}

interface Signed {
  readonly vector: Vector;
  readonly signatures: Int32Array;
}

/** Values at instants where some row of the others has the same signature, or where none has. */
async function keepWhere(
  { vector, signatures }: Signed,
  { others, wanted }: { readonly others: Signed; readonly wanted: 0 | 1 },
  computing: Computing,
): Promise<Vector> {
  const { budget, memory } = computing;
  const { count } = vector;
  const places = placesOf(signatures, others.signatures, computing);
  // Place 0 is for signatures that no other row has.
  const flags = memory.flags(places.count * count);
  for (let row = 0; row < others.signatures.length; row++) {
    const begin = (places.ofOthers[row] ?? 0) * count;
    for (let step = 0, i = row * count; step < count; step++, i++) {
      if (others.vector.present[i] === 1) flags[begin + step] = 1;
    }
    if (budget.work(count)) await budget.breathe();
  }
  const present = memory.flags(vector.present.length);
  for (let row = 0; row < signatures.length; row++) {
    const begin = (places.own[row] ?? 0) * count;
    for (let step = 0, i = row * count; step < count; step++, i++) {
      if (flags[begin + step] === wanted) present[i] = vector.present[i] ?? 0;
    }
    if (budget.work(count)) await budget.breathe();
  }
  return dropEmptyRows({ ...vector, present }, computing);
}

/** Numbers the signatures of the others from 1 on; 0 is any else. */
function placesOf(own: Int32Array, others: Int32Array, { table, memory }: Computing) {
  const found = { own: memory.ints(own.length), ofOthers: memory.ints(others.length), count: 1 };
  table.withPlaces(others, (places) => {
    for (let row = 0; row < others.length; row++) {
      const signature = others[row] ?? 0;
      if (places[signature] === 0) places[signature] = found.count++;
      found.ofOthers[row] = places[signature] ?? 0;
    }
    for (let row = 0; row < own.length; row++) found.own[row] = places[own[row] ?? 0] ?? 0;
  });
  return found;
}

function joined({ left, right }: Sides, { memory }: Computing): Vector {
  const ids = memory.ints(left.ids.length + right.ids.length);
  ids.set(left.ids);
  ids.set(right.ids, left.ids.length);
  const values = memory.floats(left.values.length + right.values.length);
  values.set(left.values);
  values.set(right.values, left.values.length);
  const present = memory.flags(values.length);
  present.set(left.present);
  present.set(right.present, left.present.length);
  return { ids, names: joinNames(left, right), count: left.count, values, present };
}
