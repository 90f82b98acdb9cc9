import { giveBack } from "./array-memory.ts";
import type { SeriesBlock } from "./series-block.ts";

/**
 * Ranges of time, (endsMs[i] − rangeMs, endsMs[i]] each, ends ascending or all equal, and what is to be made of a series' samples in
 * each of them, so that those need not be handed over.
 */
export interface Windows {
  /** A function of PromQL over one range vector; or the last sample's value or time, when it is not the end of its series. */
  readonly apply: string;
  /** Its numbers at each instant, at most two. */
  readonly parameters: readonly Float64Array[];
  readonly rangeMs: number;
  readonly endsMs: Float64Array;
  /** The instants they are asked for; other than their ends with `offset` and `@`. */
  readonly nowsMs: Float64Array;
  /** With more series, or results in all, it is refused. */
  readonly maxSeries: number;
  readonly maxResults: number;
}

/** What came of it: of series i and window w at [i * count + w], where `present` is 1. Nobody changes it. */
export interface WindowBlock extends Pick<SeriesBlock, "names" | "ids" | "space" | "release"> {
  readonly count: number;
  readonly values: Float64Array;
  readonly present: Uint8Array;
}

/** A block that nobody else reads, and whose arrays lie together with nothing else. */
export function releasableWindows(block: WindowBlock): WindowBlock {
  return { ...block, release: () => giveBack([block.ids, block.values, block.present]) };
}
