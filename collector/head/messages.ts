import type { EpochMs } from "../../core/clock.ts";
import { OperatorError } from "../../core/errors.ts";
import type { LabelMatcher, Labels } from "../../core/series.ts";
import type { SeriesBlock } from "../../core/series-block.ts";
import type { WindowBlock, Windows } from "../../core/window-block.ts";
import type { EmbeddedMetricsStats } from "../../store/embedded/metrics/head-stats.ts";
import type { EmbeddedMetricsLimits } from "../../store/embedded/metrics/limits.ts";
import type { TightChanges } from "../../store/embedded/metrics/series-counts.ts";
import type { Selection, SpoolPosition } from "../../store/metric-store.ts";
import type { ConsumeOutcome } from "../spool/feed.ts";
import type { Frame } from "../spool/frame.ts";
import type { AskedLines, LineStandings } from "./line-standings.ts";

// What the thread that keeps the head and the thread that serves say to each other. Every question has an id, which its answer
// repeats.

export interface HeadSettings {
  readonly path: string;
  readonly limits: EmbeddedMetricsLimits;
}

export interface HeadSelection {
  readonly matchers: readonly LabelMatcher[];
  readonly from: EpochMs;
  readonly to: EpochMs;
  readonly only: Selection["only"];
  /** `series`: which there are, without their samples. */
  readonly want: "samples" | "last" | "series";
}

export type ToHead =
  | { readonly kind: "consume"; readonly id: number; readonly frames: readonly Frame[]; readonly next: SpoolPosition }
  | { readonly kind: "select"; readonly id: number; readonly selection: HeadSelection }
  | {
      readonly kind: "windows";
      readonly id: number;
      readonly selection: Omit<HeadSelection, "want" | "only"> & { readonly windows: Windows };
    }
  | { readonly kind: "standings"; readonly id: number; readonly asked: AskedLines }
  /** The answer to a question is not wanted any more. */
  | { readonly kind: "abort"; readonly id: number }
  /** Labels have arrived; the next may come. */
  | { readonly kind: "known"; readonly id: number }
  | { readonly kind: "close"; readonly id: number };

/** Without the space: it is that of whoever asked, or of this one answer. */
export type SentBlock = Sent<SeriesBlock>;
export type SentWindows = Sent<WindowBlock>;
type Sent<Block> = Omit<Block, "space" | "release"> & { readonly isOfQuestion: boolean };

export type FromHead =
  | {
      readonly kind: "opened";
      readonly position: SpoolPosition | undefined;
      readonly stats: EmbeddedMetricsStats;
      readonly tight: TightChanges | undefined;
    }
  | { readonly kind: "not_opened"; readonly error: SentError }
  | {
      readonly kind: "consumed";
      readonly id: number;
      readonly outcome: ConsumeOutcome;
      readonly stats: EmbeddedMetricsStats;
    }
  /** Scopes that became tight, or have room again. */
  | { readonly kind: "tight"; readonly changes: TightChanges }
  | { readonly kind: "standings"; readonly id: number; readonly standings: LineStandings }
  | { readonly kind: "selected"; readonly id: number; readonly blocks: readonly SentBlock[] }
  | { readonly kind: "windowed"; readonly id: number; readonly blocks: readonly SentWindows[] }
  | { readonly kind: "done"; readonly id: number; readonly stats: EmbeddedMetricsStats }
  | { readonly kind: "failed"; readonly id: number; readonly error: SentError }
  /** Labels that were not told before, for blocks that follow; or only for those that answer one question. To be answered by `known`. */
  | {
      readonly kind: "labels";
      readonly id: number;
      readonly question: number | undefined;
      readonly ids: readonly number[];
      readonly labels: readonly Labels[];
    }
  /** Series that are gone: their labels need not be kept. */
  | { readonly kind: "forgotten"; readonly ids: readonly number[] }
  | {
      readonly kind: "log";
      readonly level: "debug" | "info" | "warn" | "error";
      readonly fields: object;
      readonly event: string;
    };

/** An error as it passes from thread to thread: what makes an OperatorError of use is not copied by itself. */
export interface SentError {
  readonly message: string;
  readonly operator: { readonly code: string; readonly hint: string; readonly status: number } | undefined;
}

export function sentError(error: unknown): SentError {
  const message = error instanceof Error ? error.message : String(error);
  if (!(error instanceof OperatorError)) return { message, operator: undefined };
  const { code, hint, status } = error;
  return { message, operator: { code, hint, status } };
}

export function receivedError({ message, operator }: SentError): Error {
  return operator === undefined ? new Error(message) : new OperatorError({ message, ...operator });
}
