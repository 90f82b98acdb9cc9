import { once } from "node:events";
import { setImmediate } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { giveBack } from "../../core/array-memory.ts";
import type { Lifetime } from "../../core/lifetime.ts";
import type { Log } from "../../core/log.ts";
import type { Labels, Series } from "../../core/series.ts";
import { type LabelSpace, releasable, type SeriesBlock } from "../../core/series-block.ts";
import { releasableWindows, type WindowBlock } from "../../core/window-block.ts";
import type { WindowSelection } from "../../promql/source.ts";
import type { EmbeddedMetricsStats } from "../../store/embedded/metrics/head-stats.ts";
import type { EmbeddedMetricsLimits } from "../../store/embedded/metrics/limits.ts";
import type { BlockSelection } from "../../store/embedded/metrics/part-reader.ts";
import { labelsIn, seriesOf } from "../../store/embedded/metrics/sample-block.ts";
import type { Selection, SpoolPosition } from "../../store/metric-store.ts";
import type { ConsumeOutcome } from "../spool/feed.ts";
import type { Frame } from "../spool/frame.ts";
import { memoryOf } from "./frames.ts";
import type { Head } from "./head.ts";
import type { AskedLines, LineStandings } from "./line-standings.ts";
import { type FromHead, type HeadSelection, type HeadSettings, receivedError, type ToHead } from "./messages.ts";
import { TightScopes } from "./tight-scopes.ts";

const THREAD = new URL("./head-thread.ts", import.meta.url);

/**
 * Opens the head in a thread of its own, which ends with the lifetime. An error in that thread that is nobody's question ends
 * the process, as it would in this one. Errors: those of `openEmbeddedMetrics`.
 */
export async function openThreadedHead(
  path: string,
  limits: EmbeddedMetricsLimits,
  log: Log,
  lifetime: Lifetime,
): Promise<Head> {
  const settings: HeadSettings = { path, limits };
  const worker = new Worker(THREAD, { workerData: settings, name: "metrics head" });
  const head = new ThreadedHead(worker, log);
  try {
    await head.opened;
  } catch (error) {
    await worker.terminate();
    throw error;
  }
  lifetime.defer("metrics head", () => head.close());
  return head;
}

type Answer = Exclude<Extract<FromHead, { readonly id: number }>, { readonly kind: "labels" }>;

interface Asked {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
  /** Of ids that mean something in its answer only. */
  readonly labels: Map<number, Labels>;
}

class ThreadedHead implements Head, LabelSpace {
  readonly name = "head";
  readonly opened: Promise<void>;
  readonly tight = new TightScopes();
  openedAt: SpoolPosition | undefined;
  readonly #worker: Worker;
  readonly #log: Log;
  readonly #labels: Labels[] = [];
  readonly #asked = new Map<number, Asked>();
  #toForget: readonly number[] = [];
  #lastId = 0;
  #stats: EmbeddedMetricsStats | undefined;

  constructor(worker: Worker, log: Log) {
    this.#worker = worker;
    this.#log = log;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.opened = promise;
    worker.on("message", (message: FromHead) => {
      switch (message.kind) {
        case "opened":
          this.openedAt = message.position;
          this.#stats = message.stats;
          if (message.tight !== undefined) this.tight.apply(message.tight);
          return resolve();
        case "not_opened":
          return reject(receivedError(message.error));
        case "log":
          return this.#log[message.level](message.fields, message.event);
        case "tight":
          return this.tight.apply(message.changes);
        case "labels":
          return this.#learn(message);
        case "forgotten":
          return this.#forget(message.ids);
        default:
          return this.#take(message);
      }
    });
    worker.on("error", (error) => {
      throw error;
    });
  }

  async consume(frames: readonly Frame[], next: SpoolPosition): Promise<ConsumeOutcome> {
    const answer = await this.#ask((id) => ({ kind: "consume", id, frames, next }), { transfer: memoryOf(frames) });
    if (answer.kind !== "consumed") throw unexpected(answer);
    return answer.outcome;
  }

  async select(selection: Selection): Promise<readonly Series[]> {
    return (await this.selectBlocks(selection)).flatMap(seriesOf);
  }

  selectBlocks({ lastOnly, ...selection }: BlockSelection): Promise<readonly SeriesBlock[]> {
    return this.#blocks(selection, lastOnly === true ? "last" : "samples");
  }

  async selectWindows({ matchers, from, to, windows, signal }: WindowSelection): Promise<readonly WindowBlock[]> {
    const labels = new Map<number, Labels>();
    const selection = { matchers, from, to, windows };
    const answer = await this.#ask((id) => ({ kind: "windows", id, selection }), { signal, labels });
    if (answer.kind !== "windowed") throw unexpected(answer);
    return answer.blocks.map((block) => releasableWindows({ ...block, space: this.#spaceOf(block, labels) }));
  }

  async series(selection: Selection): Promise<readonly Labels[]> {
    const blocks = await this.#blocks(selection, "series");
    const labels: Labels[] = [];
    for (const block of blocks) {
      for (let at = 0; at < block.ids.length; at += LABELS_PER_TURN) {
        for (const one of labelsIn(rowsOf(block, at, at + LABELS_PER_TURN))) labels.push(one);
        await setImmediate();
      }
      block.release?.();
    }
    return labels;
  }

  async standings(asked: AskedLines, signal: AbortSignal): Promise<LineStandings> {
    const answer = await this.#ask((id) => ({ kind: "standings", id, asked }), { signal });
    if (answer.kind !== "standings") throw unexpected(answer);
    return answer.standings;
  }

  stats(): EmbeddedMetricsStats {
    if (this.#stats === undefined) throw new Error("the head is not open");
    return this.#stats;
  }

  labelsOf(id: number): Labels {
    return this.#labels[id] ?? {};
  }

  async close(): Promise<void> {
    const ended = once(this.#worker, "exit");
    await this.#ask((id) => ({ kind: "close", id }), {});
    await ended;
  }

  async #blocks(
    { matchers, from, to, only, signal }: Selection,
    want: HeadSelection["want"],
  ): Promise<readonly SeriesBlock[]> {
    const labels = new Map<number, Labels>();
    const answer = await this.#ask((id) => ({ kind: "select", id, selection: { matchers, from, to, only, want } }), {
      signal,
      labels,
    });
    if (answer.kind !== "selected") throw unexpected(answer);
    return answer.blocks.map((block) => releasable({ ...block, space: this.#spaceOf(block, labels) }));
  }

  #spaceOf({ isOfQuestion }: { readonly isOfQuestion: boolean }, labels: ReadonlyMap<number, Labels>): LabelSpace {
    return isOfQuestion ? { labelsOf: (id) => labels.get(id) ?? {} } : this;
  }

  async #ask(
    question: (id: number) => ToHead,
    {
      signal,
      transfer = [],
      labels = new Map(),
    }: {
      readonly signal?: AbortSignal | undefined;
      readonly transfer?: readonly ArrayBuffer[];
      readonly labels?: Map<number, Labels>;
    },
  ): Promise<Answer> {
    signal?.throwIfAborted();
    const id = this.#lastId++;
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const abort = () => {
      this.#worker.postMessage({ kind: "abort", id } satisfies ToHead);
      reject(signal?.reason);
    };
    this.#asked.set(id, { resolve, reject, labels });
    signal?.addEventListener("abort", abort, { once: true });
    this.#worker.postMessage(question(id), transfer);
    try {
      return await promise;
    } finally {
      this.#asked.delete(id);
      signal?.removeEventListener("abort", abort);
    }
  }

  #take(answer: Answer): void {
    if ("stats" in answer) this.#stats = answer.stats;
    const asked = this.#asked.get(answer.id);
    // Nobody waits for it any more.
    if (asked === undefined && "blocks" in answer) {
      for (const block of answer.blocks) giveBack(Object.values(block).filter((one) => ArrayBuffer.isView(one)));
    }
    if (answer.kind === "failed") asked?.reject(receivedError(answer.error));
    else asked?.resolve(answer);
  }

  #learn({ id, question, ids, labels }: Extract<FromHead, { readonly kind: "labels" }>): void {
    const ofQuestion = question === undefined ? undefined : this.#asked.get(question)?.labels;
    for (const [place, of] of ids.entries()) {
      if (question === undefined) this.#labels[of] = labels[place] ?? {};
      else ofQuestion?.set(of, labels[place] ?? {});
    }
    this.#worker.postMessage({ kind: "known", id } satisfies ToHead);
  }

  /** Those that were forgotten the last time; whoever selected these may still ask for their labels. */
  #forget(ids: readonly number[]): void {
    for (const id of this.#toForget) delete this.#labels[id];
    this.#toForget = ids;
  }
}

/** Labels that are copied before others get their turn: some milliseconds. */
const LABELS_PER_TURN = 5_000;

function rowsOf(block: SeriesBlock, from: number, to: number): SeriesBlock {
  const { names } = block;
  return {
    ...block,
    ids: block.ids.subarray(from, to),
    names: typeof names === "string" ? names : names.slice(from, to),
  };
}

function unexpected({ kind }: Answer): Error {
  return new Error(`the head answered "${kind}"`);
}
