import type { EpochMs } from "../core/clock.ts";
import type { LabelMatcher, Labels, Series } from "../core/series.ts";

/** Numeric samples by series. A sample's identity is (series, millisecond); the last arrival wins. */
export interface MetricStore extends MetricReader {
  /** Durable when it resolves with `ok`. */
  write(batch: SampleBatch): Promise<WriteOutcome>;
  close(): Promise<void>;
}

export interface MetricReader {
  /** Samples with `from <= time <= to` of every series all matchers match; series without such samples are left out. */
  select(selection: Selection): Promise<readonly Series[]>;
  /** Label sets of series that have samples in the span. */
  series(selection: Selection): Promise<readonly Labels[]>;
}

export interface Sample {
  readonly labels: Labels;
  readonly at: EpochMs;
  readonly value: number;
}

export interface SampleBatch {
  readonly samples: readonly Sample[];
  /** Committed together with the samples, so that a replayed spool doubles nothing. */
  readonly position?: SpoolPosition | undefined;
}

/** A place in the write-ahead spool: all before it has been consumed. */
export interface SpoolPosition {
  readonly segment: number;
  readonly offset: number;
}

export type WriteOutcome =
  | { readonly kind: "ok" }
  | { readonly kind: "retry"; readonly afterMs: number; readonly reason: string }
  /** The store will never take these; everything else of the batch was written. */
  | { readonly kind: "rejected"; readonly count: number; readonly reason: string };

export interface Selection {
  readonly matchers: readonly LabelMatcher[];
  readonly from: EpochMs;
  readonly to: EpochMs;
  /** Of a store that has rollups of hours whose samples are gone, only these or those; other stores have samples only. */
  readonly only?: "samples" | "rollups" | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told what the answer lacks, by a reader that can answer without it; without anybody to tell, that is an error. */
  readonly warn?: ((message: string) => void) | undefined;
}
