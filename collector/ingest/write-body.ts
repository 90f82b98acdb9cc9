import { crc32 } from "node:zlib";
import type { Identity } from "../../core/access.ts";
import type { Clock, EpochMs } from "../../core/clock.ts";
import type { TraceScope } from "../../core/trace-scope.ts";
import { type CountByScope, NONE_BY_SCOPE, sumByScope } from "../../store/embedded/metrics/refused.ts";
import type { Precision } from "../line-protocol/precision.ts";
import type { SeriesKeys } from "../line-protocol/series-keys.ts";
import type { Encoding, FrameHeader, Sender } from "../spool/frame.ts";
import type { AppendOutcome } from "../spool/spool.ts";
import { type CheckedBody, type CheckOptions, checkLines } from "./check-lines.ts";
import { inflate } from "./inflate.ts";
import { refusalMessage } from "./influx-reply.ts";
import type { NewestWrites } from "./newest-writes.ts";
import type { RecentSequences } from "./recent-sequences.ts";
import { NONE_OUTSIDE, type OutsideTime, sumOutside, takenTimes } from "./taken-times.ts";
import { type TurnLimits, Turns } from "./turns.ts";
import type { SeriesGate } from "./unsure-lines.ts";

/** Where bodies are made durable. */
export interface BodySpool {
  append(header: FrameHeader, body: Buffer): Promise<AppendOutcome>;
}

export interface WriteBodyParts {
  readonly spool: BodySpool;
  readonly clock: Clock;
  readonly cluster: string;
  readonly recent: RecentSequences;
  readonly keys: SeriesKeys;
  readonly gate?: SeriesGate | undefined;
  /** When nobody but the head keeps samples, for how long it does: lines of other times are refused. */
  readonly retentionHours?: number | undefined;
  readonly maxInflatedBytes: number;
  readonly inflations?: TurnLimits | undefined;
  readonly tracing?: WriteTracing | undefined;
}

/** Which write brought the newest samples of a host. */
export interface WriteTracing {
  readonly traces: TraceScope;
  readonly newest: NewestWrites;
}

/** A few kilobytes of gzip may become `maxInflatedBytes`: this many at once bound the memory, the others wait. */
const INFLATIONS: TurnLimits = { atOnce: 4, waiting: 128, waitMs: 10_000 };
const BUSY_RETRY_SECONDS = 1;

export interface ReceivedBody {
  readonly bytes: Buffer;
  readonly encoding: Encoding;
  readonly precision: Precision;
  readonly identity: Identity | undefined;
  readonly numbered: { readonly agent: string; readonly sequence: number } | undefined;
}

export interface IngestCounts {
  bodies: number;
  lines: number;
  refusedLines: number;
  /** Of the refused ones, those that spoke for a host their sender may not write. */
  forbiddenLines: number;
  /** Of the refused ones, those of new series for which there was no room. */
  tooManySeriesLines: CountByScope;
  /** Of the refused ones, those whose time nobody would keep. */
  outsideTimeLines: OutsideTime;
  repeats: number;
  /** Refused for a while, since too many were being inflated. */
  busyBodies: number;
  /** Refused for good: no gzip, or too large when inflated. */
  unreadableBodies: number;
}

export type BodyOutcome =
  /** All of it is durable, now or since it came before. */
  | { readonly kind: "durable" }
  /** `message` says what was refused; the other lines are durable. */
  | { readonly kind: "refused"; readonly status: 400 | 403 | 413; readonly message: string }
  | { readonly kind: "later"; readonly reason: LaterReason; readonly retryAfterSeconds: number };

/** Why a body that may be sent again was not taken. */
export type LaterReason = "spool_full" | "disk_slow" | "busy";

interface Origin {
  readonly sender: Sender | undefined;
  /** When it came before and lines of it were refused: the checksum of those that were kept. */
  readonly keptCrc: number | undefined;
}

const NOBODY: Origin = { sender: undefined, keptCrc: undefined };

/** Takes one body after the other: checks its lines, and answers when those that are good are durable. */
export class BodyWriter {
  readonly counts: IngestCounts = {
    bodies: 0,
    lines: 0,
    refusedLines: 0,
    forbiddenLines: 0,
    tooManySeriesLines: NONE_BY_SCOPE,
    outsideTimeLines: NONE_OUTSIDE,
    repeats: 0,
    busyBodies: 0,
    unreadableBodies: 0,
  };
  readonly #parts: WriteBodyParts;
  readonly #inflations: Turns;
  readonly #underWay = new Map<string, Promise<unknown>>();

  constructor(parts: WriteBodyParts) {
    this.#parts = parts;
    this.#inflations = new Turns(parts.inflations ?? INFLATIONS);
  }

  /** Errors: those of `Spool.append`. */
  async write(body: ReceivedBody): Promise<BodyOutcome> {
    const { numbered } = body;
    if (numbered === undefined) return this.#take(body, NOBODY);
    const key = `${numbered.sequence} ${numbered.agent}`;
    // A repeat that overtakes the first: whether it is one shows when the first is done.
    for (let first = this.#underWay.get(key); first !== undefined; first = this.#underWay.get(key)) {
      await first.catch(() => undefined);
    }
    const sender = { ...numbered, bodyCrc: crc32(body.bytes) };
    const keptCrc = this.#parts.recent.keptCrcOf(sender);
    if (keptCrc !== undefined) this.counts.repeats++;
    if (keptCrc === sender.bodyCrc) return { kind: "durable" };
    const taking = this.#take(body, { sender, keptCrc });
    this.#underWay.set(key, taking);
    try {
      return await taking;
    } finally {
      this.#underWay.delete(key);
    }
  }

  async #take(body: ReceivedBody, from: Origin): Promise<BodyOutcome> {
    if (body.encoding === "identity") return this.#checkAndAppend(body, from, () => {});
    const giveBack = await this.#inflations.take();
    if (giveBack === undefined) {
      this.counts.busyBodies++;
      return { kind: "later", reason: "busy", retryAfterSeconds: BUSY_RETRY_SECONDS };
    }
    try {
      return await this.#checkAndAppend(body, from, giveBack);
    } finally {
      giveBack();
    }
  }

  /** `onSmall` is called as soon as nothing inflated is held any more. */
  async #checkAndAppend(body: ReceivedBody, { sender, keptCrc }: Origin, onSmall: () => void): Promise<BodyOutcome> {
    const { clock, keys, gate, retentionHours, maxInflatedBytes } = this.#parts;
    const receivedAt = clock.now();
    const times = retentionHours === undefined ? undefined : takenTimes(retentionHours, receivedAt);
    const read = { precision: body.precision, receivedAt, keys };
    const checked = await this.#check(body, { read, identity: body.identity, clock, gate, times }, maxInflatedBytes);
    if ("kind" in checked) {
      this.counts.unreadableBodies++;
      return checked;
    }
    // Bodies that are kept as they came wait for the disk together, however many there are.
    if (checked.goodLines === undefined) onSmall();
    if (checked.accepted > 0) {
      // What is wrong with the other lines is told again; what may be written may have changed meanwhile.
      const goodCrc = sender && (checked.goodLines === undefined ? sender.bodyCrc : crc32(checked.goodLines));
      if (goodCrc !== undefined && goodCrc === keptCrc) return outcomeOf(checked);
      const header = { receivedAt, precision: body.precision, cluster: this.#parts.cluster, sender };
      const full = await this.#append(header, body, checked.goodLines);
      if (full !== undefined) return full;
      this.#remember(body, checked, receivedAt);
      if (sender !== undefined && goodCrc !== undefined) this.#parts.recent.remember(sender, goodCrc);
    }
    this.#count(checked);
    return outcomeOf(checked);
  }

  async #check(body: ReceivedBody, options: CheckOptions, maxBytes: number): Promise<CheckedBody | BodyOutcome> {
    const inflated = await inflate(body.bytes, body.encoding, maxBytes);
    switch (inflated.kind) {
      case "bytes":
        return checkLines(inflated.bytes, options).finally(inflated.giveBack);
      case "malformed":
        return { kind: "refused", status: 400, message: inflated.message };
      case "too_large":
        return { kind: "refused", status: 413, message: `the body inflates to more than ${maxBytes} bytes` };
    }
  }

  async #append(
    header: Omit<FrameHeader, "encoding">,
    body: ReceivedBody,
    goodLines: Buffer | undefined,
  ): Promise<BodyOutcome | undefined> {
    const outcome =
      goodLines === undefined
        ? await this.#parts.spool.append({ ...header, encoding: body.encoding }, body.bytes)
        : await this.#parts.spool.append({ ...header, encoding: "identity" }, goodLines);
    if (outcome.kind === "durable") return undefined;
    const reason = outcome.kind === "slow" ? "disk_slow" : "spool_full";
    return { kind: "later", reason, retryAfterSeconds: outcome.retryAfterSeconds };
  }

  /** A repeat brings nothing new, and is not asked about. */
  #remember(body: ReceivedBody, { hosts, accepted }: CheckedBody, receivedAt: EpochMs): void {
    const { tracing, cluster, clock } = this.#parts;
    const trace = tracing?.traces.current();
    if (tracing === undefined || trace === undefined) return;
    const durationMs = Math.max(0, clock.now() - receivedAt);
    const write = { trace, at: receivedAt, durationMs, lines: accepted, bytes: body.bytes.length };
    for (const spoken of hosts) tracing.newest.remember(spoken.cluster ?? cluster, spoken.host, write);
  }

  #count({ accepted, refused, forbidden, tooManySeries, outsideTime }: CheckedBody): void {
    this.counts.bodies++;
    this.counts.lines += accepted;
    this.counts.refusedLines += refused;
    this.counts.forbiddenLines += forbidden;
    this.counts.tooManySeriesLines = sumByScope(this.counts.tooManySeriesLines, tooManySeries);
    this.counts.outsideTimeLines = sumOutside(this.counts.outsideTimeLines, outsideTime);
  }
}

function outcomeOf(checked: CheckedBody): BodyOutcome {
  if (checked.refused === 0) return { kind: "durable" };
  const isAllForbidden = checked.accepted === 0 && checked.forbidden === checked.refused;
  return { kind: "refused", status: isAllForbidden ? 403 : 400, message: refusalMessage(checked) };
}
