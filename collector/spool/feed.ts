import { setTimeout as delay } from "node:timers/promises";
import type { Clock, EpochMs } from "../../core/clock.ts";
import { OperatorError } from "../../core/errors.ts";
import type { Lifetime } from "../../core/lifetime.ts";
import type { Log } from "../../core/log.ts";
import type { SpoolPosition } from "../../store/metric-store.ts";
import type { Frame } from "./frame.ts";
import { Settling } from "./settling.ts";
import type { Spool } from "./spool.ts";

/** Something that takes frames out of the spool. Given the same frames again it must come to the same result. */
export interface Consumer {
  readonly name: string;
  /** `next` is the place behind the frames. Errors: OperatorError; the frames are given again later. */
  consume(frames: readonly Frame[], next: SpoolPosition): Promise<ConsumeOutcome>;
  /** Whether it began anew since this was asked before, and so may have lost what it took last; false where that cannot be known. */
  readonly hasRestarted?: (() => Promise<boolean>) | undefined;
}

export type ConsumeOutcome =
  | { readonly kind: "ok" }
  | {
      readonly kind: "retry";
      readonly afterMs: number | undefined;
      readonly reason: string;
      readonly hint: string;
      /** Nobody answers there, or a proxy does instead: what it took last it may have lost. */
      readonly isGone?: boolean;
    }
  /** Somebody has to change something first; it is tried now and then all the same. */
  | { readonly kind: "hold"; readonly reason: string; readonly hint: string };

export interface FeedOptions {
  /** Where to begin; the consumer's own saved position when undefined. */
  readonly from?: SpoolPosition | undefined;
  /** How long frames may gather before they are handed on, so that a slow trickle is not written one by one. */
  readonly gatherMs: number;
  /** About how many bytes of frames are handed on at once. */
  readonly batchBytes: number;
  /**
   * For a consumer to whom every batch costs something: under load, a batch that is not full begins so long after the one
   * before it, unless that one was small although there was more: a batch is of one segment.
   */
  readonly spacingMs?: number;
  /** How long the consumer may lose what it took when it crashes; so much is given again after it was gone or began anew. */
  readonly settleMs?: number;
  readonly retry?: RetryTimes | undefined;
}

export interface RetryTimes {
  readonly firstMs: number;
  readonly longestMs: number;
  /** Between tries while somebody has to change something. */
  readonly holdMs: number;
}

/** With less waiting there is no load: batches are closer together, and the first after a while comes at once. */
const LOAD_BYTES = 64 * 1024;
const TRICKLE_MS = 250;
/** How often a feed that waits looks whether the batch is full. */
const LOOK_MS = 50;

const RETRY_TIMES: RetryTimes = { firstMs: 250, longestMs: 15_000, holdMs: 10_000 };

/** No answer makes us wait longer than this before we look again. */
const MAX_ASKED_WAIT_MS = 5 * 60_000;
/** A consumer that fails for this long is down; until then it is degraded. */
const DOWN_AFTER_MS = 60_000;

export interface FeedStatus {
  readonly state: "ok" | "degraded" | "down";
  readonly backlogBytes: number;
  /** Since the oldest samples it is busy with or stuck at were received; 0 when there are none. */
  readonly oldestAgeMs: number;
  /** From received to taken, of the oldest samples it took last. */
  readonly lagMs: number;
  /** Why it does not go on; undefined while it does. */
  readonly lastError: { readonly reason: string; readonly hint: string } | undefined;
}

export interface Feed {
  status(): FeedStatus;
}

interface Trouble {
  readonly kind: "retry" | "hold";
  readonly reason: string;
  readonly hint: string;
  readonly sinceMs: number;
  readonly tries: number;
}

/** Pumps frames from the spool into a consumer until the lifetime ends. A slow consumer holds up nobody else. */
export function startFeed(
  spool: Spool,
  consumer: Consumer,
  options: FeedOptions,
  parts: { readonly clock: Clock; readonly log: Log },
  lifetime: Lifetime,
): Feed {
  const feed = new RunningFeed(spool, consumer, options, parts);
  const running = feed.run(lifetime.signal);
  lifetime.defer(`feed of ${consumer.name}`, () => running);
  return feed;
}

class RunningFeed implements Feed {
  readonly #spool: Spool;
  readonly #consumer: Consumer;
  readonly #options: FeedOptions;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #settling: Settling;
  #position: SpoolPosition;
  #trouble: Trouble | undefined;
  /** When the oldest frame that is being taken was received. */
  #oldest: EpochMs | undefined;
  #lagMs = 0;
  #begunMs = Number.NEGATIVE_INFINITY;
  /** The last batch was not half full and yet ended before what had come by then. */
  #isBehind = false;

  constructor(spool: Spool, consumer: Consumer, options: FeedOptions, { clock, log }: { clock: Clock; log: Log }) {
    this.#spool = spool;
    this.#consumer = consumer;
    this.#options = options;
    this.#clock = clock;
    this.#log = log.child({ consumer: consumer.name });
    const { settleMs = 0 } = options;
    this.#settling = new Settling(spool, { settleMs, hasRestarted: consumer.hasRestarted }, clock);
    this.#position = options.from ?? spool.positionOf(consumer.name);
  }

  status(): FeedStatus {
    const trouble = this.#trouble;
    const backlogBytes = this.#spool.bytesAfter(this.#position);
    const oldestAgeMs = this.#oldest === undefined ? 0 : Math.max(0, this.#clock.now() - this.#oldest);
    const amounts = { backlogBytes, oldestAgeMs, lagMs: this.#lagMs };
    if (trouble === undefined) return { state: "ok", ...amounts, lastError: undefined };
    const isDown = trouble.kind === "hold" || this.#clock.monotonicMs() - trouble.sinceMs >= DOWN_AFTER_MS;
    const { reason, hint } = trouble;
    return { state: isDown ? "down" : "degraded", ...amounts, lastError: { reason, hint } };
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#spool.waitBeyond(this.#position, signal);
      await this.#gather(signal);
      if (signal.aborted) return;
      this.#begunMs = this.#clock.monotonicMs();
      const outcome = await this.#step();
      if (outcome.kind === "ok") this.#recover();
      else await pause(this.#waitMs(this.#fail(outcome), outcome), signal);
    }
  }

  async #gather(signal: AbortSignal): Promise<void> {
    const { gatherMs, batchBytes, spacingMs = 0 } = this.#options;
    const waiting = () => this.#spool.bytesAfter(this.#position);
    if (this.#isBehind) return;
    if (waiting() < batchBytes) await pause(gatherMs, signal);
    for (;;) {
      const bytes = waiting();
      const apartMs = bytes < LOAD_BYTES ? Math.min(spacingMs, TRICKLE_MS) : spacingMs;
      const leftMs = this.#begunMs + apartMs - this.#clock.monotonicMs();
      if (leftMs <= 0 || bytes >= batchBytes || signal.aborted) return;
      await pause(Math.min(leftMs, LOOK_MS), signal);
    }
  }

  async #step(): Promise<ConsumeOutcome> {
    try {
      if (await this.#settling.hasRestarted(this.#trouble !== undefined)) {
        this.#log.info(
          { settle_ms: this.#options.settleMs },
          "spool consumer began anew, is given again what it may have lost",
        );
        this.#goBack();
      }
      const waitingBytes = this.#spool.bytesAfter(this.#position);
      const { frames, next } = await this.#spool.read(this.#position, this.#options.batchBytes);
      const readBytes = this.#spool.bytesAfter(this.#position) - this.#spool.bytesAfter(next);
      this.#oldest = frames[0]?.receivedAt;
      const outcome: ConsumeOutcome = frames.length > 0 ? await this.#consumer.consume(frames, next) : { kind: "ok" };
      if (outcome.kind === "retry" && outcome.isGone === true) this.#goBack();
      if (outcome.kind !== "ok") return outcome;
      if (this.#oldest !== undefined) this.#lagMs = Math.max(0, this.#clock.now() - this.#oldest);
      this.#oldest = undefined;
      this.#position = next;
      this.#isBehind = readBytes < Math.min(waitingBytes, this.#options.batchBytes / 2);
      const settled = this.#settling.took(next);
      if (settled !== undefined) await this.#spool.acknowledge(this.#consumer.name, settled);
      return outcome;
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error;
      return { kind: "retry", afterMs: undefined, reason: error.message, hint: error.hint };
    }
  }

  #goBack(): void {
    if ((this.#options.settleMs ?? 0) === 0) return;
    this.#settling.forget();
    this.#position = this.#spool.positionOf(this.#consumer.name);
  }

  #recover(): void {
    if (this.#trouble === undefined) return;
    const failedMs = Math.round(this.#clock.monotonicMs() - this.#trouble.sinceMs);
    this.#log.info({ failed_ms: failedMs, tries: this.#trouble.tries }, "spool consumer goes on");
    this.#trouble = undefined;
  }

  #fail({ kind, reason, hint }: Exclude<ConsumeOutcome, { kind: "ok" }>): Trouble {
    const before = this.#trouble;
    if (before?.reason !== reason) this.#log.warn({ reason, hint }, "spool consumer does not go on");
    const sinceMs = before?.sinceMs ?? this.#clock.monotonicMs();
    this.#trouble = { kind, reason, hint, sinceMs, tries: (before?.tries ?? 0) + 1 };
    return this.#trouble;
  }

  #waitMs({ tries }: Trouble, outcome: Exclude<ConsumeOutcome, { kind: "ok" }>): number {
    const { firstMs, longestMs, holdMs } = this.#options.retry ?? RETRY_TIMES;
    if (outcome.kind === "hold") return holdMs;
    if (outcome.afterMs !== undefined) return Math.min(outcome.afterMs, MAX_ASKED_WAIT_MS);
    return Math.min(firstMs * 2 ** (tries - 1), longestMs);
  }
}

/** Ends early, without an error, when the signal fires. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (ms <= 0) return;
  await delay(ms, undefined, { signal }).catch(() => undefined);
}
