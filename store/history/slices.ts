import { type PartRange, singlePart } from "./part.ts";
import type { Slice } from "./state-reader.ts";

/** What one slice holds at most, unless a single part is larger. */
const ELEMENTS_PER_SLICE = 4_000;
const PARTS_PER_SLICE = 128;

/**
 * Parts in slices small enough to be in memory. With `areNeighbours` the parts given are all there are between the first and
 * the last of a slice, and it is asked for by one range.
 */
export function slicesOf(parts: ReadonlyMap<string, number>, areNeighbours: boolean): readonly Slice[] {
  const slices: Slice[] = [];
  let current: string[] = [];
  let elements = 0;
  const cut = () => {
    if (current.length > 0) slices.push({ parts: current, ranges: rangesOf(current, areNeighbours) });
    current = [];
    elements = 0;
  };
  for (const [part, weight] of [...parts].sort(([left], [right]) => (left < right ? -1 : 1))) {
    if (elements + weight > ELEMENTS_PER_SLICE || current.length >= PARTS_PER_SLICE) cut();
    current.push(part);
    elements += weight;
  }
  cut();
  return slices;
}

function rangesOf(parts: readonly string[], areNeighbours: boolean): readonly PartRange[] {
  const [first, last] = [parts[0], parts.at(-1)];
  if (!areNeighbours || first === undefined || last === undefined) return parts.map(singlePart);
  return [{ from: first, to: singlePart(last).to }];
}
