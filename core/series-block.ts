import { giveBack } from "./array-memory.ts";
import type { Labels } from "./series.ts";

/** Series and their samples: those of series i are at [begins[i], begins[i + 1]), times ascending. Nobody changes it. */
export interface SeriesBlock {
  /** The metric's name: of all series of the block, or of each. */
  readonly names: string | readonly string[];
  /** Which labels, without the name, each series has; an id means the same labels in every block of its space. */
  readonly ids: Int32Array;
  /** Where ids come from. One space for the life of a source lets what is known of an id be kept from query to query. */
  readonly space: LabelSpace;
  readonly begins: Uint32Array;
  readonly timesMs: Float64Array;
  readonly values: Float64Array;
  /** Gives its memory back: nobody reads the block from then on. Absent when others may read it, too. */
  release?(): void;
}

/** A block that nobody else reads, and whose arrays lie together with nothing else. */
export function releasable(block: SeriesBlock): SeriesBlock {
  return { ...block, release: () => giveBack([block.ids, block.begins, block.timesMs, block.values]) };
}

/** Ids are small and never given to other labels. */
export interface LabelSpace {
  /** Labels without the metric's name. Nobody changes them. */
  labelsOf(id: number): Labels;
}
