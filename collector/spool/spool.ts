import { type FileHandle, open, unlink } from "node:fs/promises";
import type { Clock } from "../../core/clock.ts";
import { OperatorError } from "../../core/errors.ts";
import type { Lifetime } from "../../core/lifetime.ts";
import type { Log } from "../../core/log.ts";
import type { SpoolPosition } from "../../store/metric-store.ts";
import { Consumers } from "./consumers.ts";
import { syncFolder } from "./durable-file.ts";
import { encodeFrame, type Frame, type FrameHeader } from "./frame.ts";
import { bodyTooLargeError, damagedError, spoolError, spoolReadError } from "./problem.ts";
import { readFrames } from "./read-frames.ts";
import { recoverSegments } from "./recover.ts";
import { SegmentWriter } from "./segment-writer.ts";
import { countDamaged, SEGMENT_HEADER_BYTES, type Segment, setAsideSegment } from "./segments.ts";
import type { SpoolOptions } from "./spool-options.ts";

export type AppendOutcome =
  | { readonly kind: "durable"; readonly position: SpoolPosition }
  | { readonly kind: "full"; readonly retryAfterSeconds: number };

export interface SpoolReading {
  readonly frames: readonly Frame[];
  /** Where to read on. */
  readonly next: SpoolPosition;
}

export interface SpoolStats {
  readonly bytes: number;
  /** Bytes the slowest consumer has still before it. */
  readonly backlogBytes: number;
  readonly maxBytes: number;
  readonly segments: number;
  /** Set aside after failing their checksums, now or earlier, and still lying in the folder. */
  readonly damagedSegments: number;
  /** fdatasync calls that made frames durable. */
  readonly commits: number;
  readonly refusedFull: number;
  /** Why the last append failed; undefined when it did not. */
  readonly failing: OperatorError | undefined;
}

/** Frames waiting for the disk; above it `append` refuses, which bounds memory. */
const MAX_WAITING_BYTES = 64 * 1024 * 1024;
const FULL_RETRY_SECONDS = 10;
const BUSY_RETRY_SECONDS = 1;

interface SpoolParts {
  readonly clock: Clock;
  readonly log: Log;
}

interface SpoolStart {
  readonly segments: Segment[];
  readonly last: Segment;
  readonly handle: FileHandle;
  readonly consumers: Consumers;
  readonly damaged: number;
}

/**
 * Opens the write-ahead spool: what an acknowledged write stands on. A torn tail of the last segment is cut off.
 * Errors: `spool.disk_full`, `spool.unwritable`.
 */
export async function openSpool(options: SpoolOptions, parts: SpoolParts, lifetime: Lifetime): Promise<Spool> {
  try {
    const segments = await recoverSegments(options, parts);
    const [oldest, last] = [segments[0], segments.at(-1)];
    if (oldest === undefined || last === undefined) throw new Error("a recovered spool has a segment");
    const consumers = new Consumers(options.folder, parts.clock);
    await consumers.load(options.consumers, startOf(oldest));
    const damaged = await countDamaged(options.folder);
    const handle = await open(last.path, "r+");
    const spool = new Spool(options, parts, { segments, last, handle, consumers, damaged });
    lifetime.defer("spool", () => spool.close());
    return spool;
  } catch (cause) {
    throw spoolError(options.folder, cause);
  }
}

export class Spool {
  readonly #options: SpoolOptions;
  readonly #parts: SpoolParts;
  /** Oldest first; the last one is being written. */
  readonly #segments: Segment[];
  readonly #writer: SegmentWriter;
  readonly #consumers: Consumers;
  readonly #waiters = new Set<() => void>();
  #damagedSegments: number;
  #refusedFull = 0;
  #failing: OperatorError | undefined;
  /** Removing and setting aside, one after the other. */
  #tidying: Promise<void> = Promise.resolve();

  constructor(options: SpoolOptions, parts: SpoolParts, start: SpoolStart) {
    this.#options = options;
    this.#parts = parts;
    this.#segments = start.segments;
    this.#consumers = start.consumers;
    this.#damagedSegments = start.damaged;
    this.#writer = new SegmentWriter(start.last, start.handle, {
      folder: options.folder,
      segmentBytes: options.segmentBytes,
      wrap: options.wrapFile,
      onSegment: (segment) => this.#segments.push(segment),
      onDurable: () => this.#wake(),
    });
  }

  /**
   * Resolves once the body is durable. Errors: `spool.body_too_large`, `spool.disk_full`, `spool.unwritable`; then it was
   * not taken.
   */
  async append(header: FrameHeader, body: Buffer): Promise<AppendOutcome> {
    const frame = encodeFrame(header, body);
    const { folder, maxBytes } = this.#options;
    if (frame.length + 2 * SEGMENT_HEADER_BYTES > maxBytes) throw bodyTooLargeError(folder, frame.length, maxBytes);
    if (!this.#hasRoomFor(frame)) {
      await this.#tidy(() => this.#makeRoomFor(frame));
      if (!this.#hasRoomFor(frame)) return this.#refuse(FULL_RETRY_SECONDS);
    }
    const waiting = this.#writer.waitingBytes;
    if (waiting > 0 && waiting + frame.length > MAX_WAITING_BYTES) return this.#refuse(BUSY_RETRY_SECONDS);
    try {
      const position = await this.#writer.append(frame);
      this.#failing = undefined;
      return { kind: "durable", position };
    } catch (error) {
      this.#failing = error instanceof OperatorError ? error : undefined;
      throw error;
    }
  }

  /** About `limitBytes` of frames from a position on: at least one unless there is none. Errors: `spool.damaged`, `spool.unreadable`. */
  async read(from: SpoolPosition, limitBytes: number): Promise<SpoolReading> {
    const position = this.#settle(from);
    const segment = this.#segments.find((one) => one.number === position.segment);
    if (segment === undefined || position.offset >= segment.bytes) return { frames: [], next: position };
    const reading = await readFrames(segment, position.offset, limitBytes).catch((cause: unknown) => {
      throw spoolReadError(this.#options.folder, cause);
    });
    if (reading.kind === "damaged") {
      await this.#tidy(() => this.#setAside(segment, position.offset));
      return { frames: [], next: this.#settle(position) };
    }
    return { frames: reading.frames, next: this.#settle({ segment: segment.number, offset: reading.nextOffset }) };
  }

  /** Resolves when there is something to read behind a position, or when the signal fires. */
  waitBeyond(position: SpoolPosition, signal: AbortSignal): Promise<void> {
    if (this.bytesAfter(position) > 0 || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        this.#waiters.delete(done);
        signal.removeEventListener("abort", done);
        resolve();
      };
      this.#waiters.add(done);
      signal.addEventListener("abort", done, { once: true });
    });
  }

  positionOf(consumer: string): SpoolPosition {
    return this.#settle(this.#consumers.positionOf(consumer));
  }

  /** Tells that a consumer needs nothing before `position` any more; segments nobody needs are removed. */
  async acknowledge(consumer: string, position: SpoolPosition): Promise<void> {
    await this.#tidy(async () => {
      await this.#consumers.advance(consumer, position);
      await this.#removeConsumed(() => this.#bytes() <= this.#options.keepBytes);
    });
  }

  bytesAfter(from: SpoolPosition): number {
    const position = this.#settle(from);
    let bytes = 0;
    for (const segment of this.#segments) {
      if (segment.number === position.segment) bytes += segment.bytes - position.offset;
      else if (segment.number > position.segment) bytes += segment.bytes - SEGMENT_HEADER_BYTES;
    }
    return bytes;
  }

  stats(): SpoolStats {
    return {
      bytes: this.#bytes(),
      backlogBytes: this.bytesAfter(this.#consumers.slowest() ?? { segment: 0, offset: 0 }),
      maxBytes: this.#options.maxBytes,
      segments: this.#segments.length,
      damagedSegments: this.#damagedSegments,
      commits: this.#writer.commits,
      refusedFull: this.#refusedFull,
      failing: this.#failing,
    };
  }

  /** Waits for frames under way; consumers' positions are saved. */
  async close(): Promise<void> {
    await this.#writer.close();
    await this.#tidy(() => this.#consumers.saveAll());
  }

  #bytes(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.bytes, 0);
  }

  #hasRoomFor(frame: Buffer): boolean {
    return this.#bytes() + this.#writer.waitingBytes + frame.length <= this.#options.maxBytes;
  }

  /** What is kept for building a store again gives way to what is new. */
  async #makeRoomFor(frame: Buffer): Promise<void> {
    const isEnough = (): boolean => this.#hasRoomFor(frame);
    await this.#removeConsumed(isEnough);
    const slowest = this.#consumers.slowest();
    const last = this.#segments.at(-1);
    if (isEnough() || slowest === undefined || last === undefined || this.bytesAfter(slowest) > 0) return;
    // All is consumed, but a segment that is being written cannot go.
    if (last.bytes > SEGMENT_HEADER_BYTES) await this.#writer.seal();
    await this.#removeConsumed(isEnough);
  }

  #refuse(retryAfterSeconds: number): AppendOutcome {
    this.#refusedFull++;
    return { kind: "full", retryAfterSeconds };
  }

  #wake(): void {
    for (const done of [...this.#waiters]) done();
  }

  /** The same place, as one that exists: segments come and go, and a position may be older than the oldest. */
  #settle({ segment: number, offset }: SpoolPosition): SpoolPosition {
    const last = this.#segments.at(-1);
    const segment = this.#segments.find((one) => one.number >= number) ?? this.#segments[0];
    if (segment === undefined || last === undefined) throw new Error("a spool has a segment");
    if (segment.number !== number) return startOf(segment);
    if (offset < segment.bytes || segment === last) {
      return { segment: number, offset: Math.max(SEGMENT_HEADER_BYTES, Math.min(offset, segment.bytes)) };
    }
    return this.#settle({ segment: number + 1, offset: SEGMENT_HEADER_BYTES });
  }

  #tidy(work: () => Promise<void>): Promise<void> {
    const done = this.#tidying.then(work).catch((cause: unknown) => {
      throw cause instanceof OperatorError ? cause : spoolError(this.#options.folder, cause);
    });
    this.#tidying = done.catch(() => {});
    return done;
  }

  /** Removes from the front what every consumer has passed, until it is enough. */
  async #removeConsumed(isEnough: () => boolean): Promise<void> {
    const slowest = this.#consumers.slowest();
    const needed = slowest === undefined ? undefined : this.#settle(slowest).segment;
    for (;;) {
      const oldest = this.#segments[0];
      if (oldest === undefined || this.#segments.length === 1 || isEnough()) return;
      if (needed === undefined || oldest.number >= needed) return;
      await this.#options.beforeRemoval?.();
      await unlink(oldest.path);
      this.#segments.shift();
      await syncFolder(this.#options.folder);
    }
  }

  async #setAside(segment: Segment, soundBytes: number): Promise<void> {
    if (!this.#segments.includes(segment) || soundBytes >= segment.bytes) return;
    if (segment === this.#segments.at(-1)) await this.#writer.seal();
    if (segment === this.#segments.at(-1)) throw damagedError(this.#options.folder);
    this.#damagedSegments++;
    segment.bytes = await setAsideSegment(segment, soundBytes, { folder: this.#options.folder, ...this.#parts });
    if (segment.bytes === 0) this.#segments.splice(this.#segments.indexOf(segment), 1);
  }
}

function startOf(segment: Segment): SpoolPosition {
  return { segment: segment.number, offset: SEGMENT_HEADER_BYTES };
}
