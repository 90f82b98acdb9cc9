import type { Clock, EpochMs } from "../core/clock.ts";
import { epochMsOf } from "../core/clock.ts";
import { OperatorError } from "../core/errors.ts";
import type { Labels, Series } from "../core/series.ts";
import type { SeriesBlock } from "../core/series-block.ts";
import type { WindowBlock, Windows } from "../core/window-block.ts";
import type { BlockSelection } from "./embedded/metrics/part-reader.ts";
import { blocksOf, mergedSeries } from "./joined-series.ts";
import { labelsKey } from "./labels-key.ts";
import type { MetricReader, Selection } from "./metric-store.ts";

/** A reader that may have the samples of many series side by side. */
export interface BlockReader extends MetricReader {
  selectBlocks?(selection: BlockSelection): Promise<readonly SeriesBlock[]>;
  /** What comes of windows of samples; undefined when it cannot for this span. */
  selectWindows?(selection: WindowSelection): Promise<readonly WindowBlock[] | undefined>;
}

export interface WindowSelection extends Selection {
  readonly windows: Windows;
}

export interface JoinedParts {
  /** Holds everything from `headFrom` on, and perhaps some of what is older. */
  readonly head: BlockReader;
  /** Rises with time; what the head still has when a read that began then is over. */
  readonly headFrom: () => EpochMs;
  /** Until when the head has rollups, of hours before there was a long store; minus infinity when it has none. */
  readonly rollupsEndMs?: () => number;
  /** Holds what is older, and perhaps some or all of what the head has. */
  readonly long: MetricReader;
  /** Why the long store has not got all yet; undefined when it has. */
  readonly notDelivered: () => string | undefined;
  readonly clock: Pick<Clock, "monotonicMs">;
}

/** After it failed to answer at all, the long store is left alone for so long: each query would wait for it again. */
const REST_MS = 5_000;
/** How often a question looks whether deliveries arrive: where they do not, it waits no longer. */
const TROUBLED_WAIT_MS = 1_000;

/**
 * Head and long store as one store, without a seam: what lies in the head's span is asked of the head alone; of an older span
 * both are asked, since the head may have what has not arrived at the other yet, and the head's word counts where both have
 * a sample. When the long store does not answer, whoever can be warned gets what the head has; others get the error.
 * The head's rollups stand for what is before the first sample the long store has for an answer: among its samples means would be neither.
 * When the head has blocks, so have both: in the head's span its own, else such as are made of both answers.
 */
export function joinReaders(parts: JoinedParts): BlockReader {
  const { head, long, headFrom, rollupsEndMs = () => Number.NEGATIVE_INFINITY } = parts;
  const rest = createRest(parts.clock);

  const both = async <T>(
    selection: Selection,
    read: (reader: MetricReader, selection: Selection) => Promise<readonly T[]>,
    merge: (recent: readonly T[], old: readonly T[], older: Selection) => readonly T[] | Promise<readonly T[]>,
  ): Promise<readonly T[]> => {
    const begin = headFrom();
    if (selection.from >= begin) return read(head, selection);
    const older = { ...selection, to: epochMsOf(Math.min(selection.to, begin - 1)) };
    const patience = { signal: selection.signal, isTroubled: () => parts.notDelivered() !== undefined };
    const asked = rest
      .ask((signal) => read(long, { ...older, signal }), patience)
      .then(
        (answer) => ({ answer }),
        (error: unknown) => ({ error }),
      );
    const [recent, old] = await Promise.all([read(head, { ...selection, only: "samples" }), asked]);
    if ("error" in old) {
      withoutLong(old.error, selection);
      return merge(recent, [], older);
    }
    const lacking = parts.notDelivered();
    if (lacking !== undefined) selection.warn?.(`the long store may lack what waits in the spool for it: ${lacking}`);
    return merge(recent, old.answer, older);
  };

  const withRollups = async (recent: readonly Series[], old: readonly Series[], older: Selection) => {
    const samples = await mergedSeries(recent, old);
    const to = Math.min(older.to, firstTime(old) - 1, rollupsEndMs() - 1);
    if (to < older.from) return samples;
    return mergedSeries(samples, await head.select({ ...older, to: epochMsOf(to), only: "rollups" }));
  };
  const select: MetricReader["select"] = (selection) =>
    both(selection, (reader, part) => reader.select(part), withRollups);
  const selectBlocks = async (selection: BlockSelection): Promise<readonly SeriesBlock[]> => {
    if (head.selectBlocks !== undefined && selection.from >= headFrom()) return head.selectBlocks(selection);
    const { lastOnly: _, ...all } = selection;
    return blocksOf(await select(all));
  };
  /** Those of rollups, too, unless they are too many. */
  const seriesOfHead = async (selection: Selection): Promise<readonly Labels[]> => {
    if (selection.from >= rollupsEndMs()) return head.series(selection);
    const { only: _, ...all } = selection;
    return head.series(all).catch((error: unknown) => {
      if (!(error instanceof OperatorError) || error.code !== "query.too_large") throw error;
      selection.warn?.(`series of which only rollups are left are not told: ${error.message}`);
      return head.series(selection);
    });
  };
  /** Where only the head has samples. */
  const selectWindows = async (selection: WindowSelection): Promise<readonly WindowBlock[] | undefined> =>
    selection.from >= headFrom() ? head.selectWindows?.(selection) : undefined;

  return {
    select,
    ...(head.selectBlocks === undefined ? {} : { selectBlocks }),
    ...(head.selectWindows === undefined ? {} : { selectWindows }),
    // Which series there are is asked of all time by default: the recent ones are better than a refusal.
    series: (selection) =>
      both(
        selection,
        (reader, part) => (reader === long ? reader.series(part).catch(tooManyIsAway) : seriesOfHead(part)),
        mergedLabels,
      ),
  };
}

/** A question too large, or one nobody waits for any more, is no matter of the store being away. */
function withoutLong(error: unknown, { signal, warn }: Selection): void {
  signal?.throwIfAborted();
  if (warn === undefined || !isAway(error)) throw error;
  warn(`only the recent hours are answered: ${error.message}`);
}

function tooManyIsAway(error: unknown): never {
  if (!(error instanceof OperatorError) || error.code !== "query.too_large") throw error;
  const { message, hint } = error;
  throw new OperatorError({ code: "store.refused", message, hint, status: error.status, cause: error });
}

function isAway(error: unknown): error is OperatorError {
  return error instanceof OperatorError && error.code.startsWith("store.");
}

interface Patience {
  readonly signal: AbortSignal | undefined;
  /** Asked now and then while an answer is waited for; else the store's own limit holds. */
  readonly isTroubled: () => boolean;
}

function createRest(clock: Pick<Clock, "monotonicMs">) {
  let failed: { readonly error: OperatorError; readonly atMs: number } | undefined;
  return {
    ask: async <T>(question: (signal: AbortSignal) => Promise<T>, patience: Patience): Promise<T> => {
      if (failed !== undefined && clock.monotonicMs() - failed.atMs < REST_MS) throw failed.error;
      try {
        const answer = await patiently(question, patience);
        failed = undefined;
        return answer;
      } catch (error) {
        if (isAway(error) && (error.code === "store.unreachable" || error.code === "store.timeout")) {
          failed = { error, atMs: clock.monotonicMs() };
        }
        throw error;
      }
    },
  };
}

async function patiently<T>(
  question: (signal: AbortSignal) => Promise<T>,
  { signal, isTroubled }: Patience,
): Promise<T> {
  const stop = new AbortController();
  const pass = (): void => stop.abort(signal?.reason);
  signal?.throwIfAborted();
  signal?.addEventListener("abort", pass, { once: true });
  const timer = setInterval(() => {
    if (isTroubled()) stop.abort(troubled());
  }, TROUBLED_WAIT_MS);
  try {
    return await question(stop.signal);
  } finally {
    clearInterval(timer);
    signal?.removeEventListener("abort", pass);
  }
}

function troubled(): OperatorError {
  return new OperatorError({
    code: "store.timeout",
    message: "the long store takes no deliveries and has not answered either",
    hint: "see its own entry on the status page",
    status: 503,
  });
}

/** Infinity when there is none. */
function firstTime(all: readonly Series[]): number {
  return all.reduce((first, { timesMs }) => Math.min(first, timesMs[0] ?? first), Number.POSITIVE_INFINITY);
}

function mergedLabels(recent: readonly Labels[], old: readonly Labels[]): readonly Labels[] {
  const byKey = new Map([...old, ...recent].map((labels) => [labelsKey(labels), labels]));
  return [...byKey.values()];
}
