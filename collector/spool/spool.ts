import { type FileHandle, open, unlink } from "node:fs/promises";
import type { Clock } from "../../core/clock.ts";
import { OperatorError } from "../../core/errors.ts";
import type { Lifetime } from "../../core/lifetime.ts";
import type { Log } from "../../core/log.ts";
import type { SpoolPosition } from "../../store/metric-store.ts";
import { Consumers } from "./consumers.ts";
import { countDamaged, isDamaged, scanSegment, setAsideDamage } from "./damage.ts";
import { syncFolder } from "./durable-file.ts";
import { encodeFrame, type Frame, type FrameHeader } from "./frame.ts";
import { bodyTooLargeError, damagedError, spoolError, spoolReadError } from "./problem.ts";
import { readFrames } from "./read-frames.ts";
import { recoverSegments } from "./recover.ts";
import { SegmentList, startOf } from "./segment-list.ts";
import { grownBy, SegmentWriter } from "./segment-writer.ts";
import { SEGMENT_HEADER_BYTES, type Segment } from "./segments.ts";
import type { SpoolOptions } from "./spool-options.ts";

export type AppendOutcome =
  | { readonly kind: "durable"; readonly position: SpoolPosition }
  /** Not taken, to be sent again. `full`: a consumer is behind; `slow`: the disk is, too much waits for it. */
  | { readonly kind: "full" | "slow"; readonly retryAfterSeconds: number };

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
  readonly refusedSlow: number;
  /** Why the last append failed; undefined when it did not. */
  readonly failing: OperatorError | undefined;
}

/** Frames that wait for the disk or are being written; above it `append` refuses, which bounds memory. */
const MAX_WAITING_BYTES = 64 * 1024 * 1024;
const RETRY_SECONDS = { full: 10, slow: 1 } as const;

interface SpoolParts {
  readonly clock: Clock;
  readonly log: Log;
}

interface SpoolStart {
  readonly segments: SegmentList;
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
    const segments = new SegmentList(await recoverSegments(options, parts));
    const consumers = new Consumers(options.folder, parts.clock);
    await consumers.load(options.consumers, startOf(segments.oldest));
    const damaged = await countDamaged(options.folder);
    const handle = await open(segments.last.path, "r+");
    const spool = new Spool(options, parts, { segments, handle, consumers, damaged });
    lifetime.defer("spool", () => spool.close());
    return spool;
  } catch (cause) {
    throw spoolError(options.folder, cause);
  }
}

export class Spool {
  readonly #options: SpoolOptions;
  readonly #parts: SpoolParts;
  readonly #segments: SegmentList;
  readonly #writer: SegmentWriter;
  readonly #consumers: Consumers;
  readonly #waiters = new Set<() => void>();
  #damagedSegments: number;
  readonly #refused = { full: 0, slow: 0 };
  #failing: OperatorError | undefined;
  /** Removing and setting aside, one after the other. */
  #tidying: Promise<void> = Promise.resolve();

  constructor(options: SpoolOptions, parts: SpoolParts, start: SpoolStart) {
    this.#options = options;
    this.#parts = parts;
    this.#segments = start.segments;
    this.#consumers = start.consumers;
    this.#damagedSegments = start.damaged;
    this.#writer = new SegmentWriter(start.segments.last, start.handle, {
      folder: options.folder,
      segmentBytes: options.segmentBytes,
      wrap: options.wrapFile,
      onSegment: (segment) => this.#segments.add(segment),
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
      if (!this.#hasRoomFor(frame)) return this.#refuse(this.#whatTakesTheRoom());
    }
    const { pendingBytes } = this.#writer;
    if (pendingBytes > 0 && pendingBytes + frame.length > MAX_WAITING_BYTES) return this.#refuse("slow");
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
    const position = this.#segments.settle(from);
    const reading = await this.#readAt(position, limitBytes);
    if (reading.kind === "frames") return reading;
    let offset = position.offset;
    await this.#tidy(async () => {
      offset = await this.#mend(reading.segment, position.offset);
    });
    const again = await this.#readAt(this.#segments.settle({ ...position, offset }), limitBytes);
    if (again.kind === "damaged") throw damagedError(this.#options.folder);
    return again;
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
    return this.#segments.settle(this.#consumers.positionOf(consumer));
  }

  /** Tells that a consumer needs nothing before `position` any more; segments nobody needs are removed. */
  async acknowledge(consumer: string, position: SpoolPosition): Promise<void> {
    await this.#tidy(async () => {
      await this.#consumers.advance(consumer, position);
      await this.#removeConsumed(() => this.#segments.bytes <= this.#options.keepBytes);
    });
  }

  bytesAfter(from: SpoolPosition): number {
    return this.#segments.bytesAfter(from);
  }

  stats(): SpoolStats {
    return {
      bytes: this.#segments.bytes,
      backlogBytes: this.#backlogBytes(),
      maxBytes: this.#options.maxBytes,
      segments: this.#segments.count,
      damagedSegments: this.#damagedSegments,
      commits: this.#writer.commits,
      refusedFull: this.#refused.full,
      refusedSlow: this.#refused.slow,
      failing: this.#failing,
    };
  }

  /** Waits for frames under way; consumers' positions are saved. */
  async close(): Promise<void> {
    await this.#writer.close();
    await this.#tidy(() => this.#consumers.saveAll());
  }

  async #readAt(
    position: SpoolPosition,
    limitBytes: number,
  ): Promise<({ readonly kind: "frames" } & SpoolReading) | { readonly kind: "damaged"; readonly segment: Segment }> {
    const segment = this.#segments.numbered(position.segment);
    if (segment === undefined || position.offset >= segment.bytes)
      return { kind: "frames", frames: [], next: position };
    const reading = await readFrames(segment, position.offset, limitBytes).catch((cause: unknown) => {
      throw spoolReadError(this.#options.folder, cause);
    });
    if (reading.kind === "damaged") return { kind: "damaged", segment };
    const next = this.#segments.settle({ segment: segment.number, offset: reading.nextOffset });
    return { kind: "frames", frames: reading.frames, next };
  }

  #hasRoomFor(frame: Buffer): boolean {
    return this.#segments.bytes + this.#writer.pendingBytes + grownBy(frame) <= this.#options.maxBytes;
  }

  #backlogBytes(): number {
    return this.bytesAfter(this.#consumers.slowest() ?? { segment: 0, offset: 0 });
  }

  /** What could be removed is removed by then: the rest is what a consumer has before it, and what waits for the disk. */
  #whatTakesTheRoom(): "full" | "slow" {
    return this.#writer.pendingBytes > this.#backlogBytes() ? "slow" : "full";
  }

  /** What is kept for building a store again gives way to what is new. */
  async #makeRoomFor(frame: Buffer): Promise<void> {
    const isEnough = (): boolean => this.#hasRoomFor(frame);
    await this.#removeConsumed(isEnough);
    const slowest = this.#consumers.slowest();
    if (isEnough() || slowest === undefined || this.bytesAfter(slowest) > 0) return;
    // All is consumed, but a segment that is being written cannot go.
    if (this.#segments.last.bytes > SEGMENT_HEADER_BYTES) await this.#writer.seal();
    await this.#removeConsumed(isEnough);
  }

  #refuse(kind: "full" | "slow"): AppendOutcome {
    this.#refused[kind]++;
    return { kind, retryAfterSeconds: RETRY_SECONDS[kind] };
  }

  #wake(): void {
    for (const done of [...this.#waiters]) done();
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
    const needed = slowest === undefined ? undefined : this.#segments.settle(slowest).segment;
    for (;;) {
      const { oldest } = this.#segments;
      if (this.#segments.count === 1 || isEnough()) return;
      if (needed === undefined || oldest.number >= needed) return;
      await this.#options.beforeRemoval?.();
      await unlink(oldest.path);
      this.#segments.remove(oldest);
      await syncFolder(this.#options.folder);
    }
  }

  /** Resolves with where to read on: at `offset`, or where the frame begins that it lies in. */
  async #mend(segment: Segment, offset: number): Promise<number> {
    if (this.#segments.numbered(segment.number) === undefined) return offset;
    if (segment === this.#segments.last) await this.#writer.seal();
    if (segment === this.#segments.last) throw damagedError(this.#options.folder);
    const scan = await scanSegment(segment, () => {});
    if (isDamaged(scan, segment)) {
      segment.bytes = await setAsideDamage(segment, scan, { folder: this.#options.folder, ...this.#parts });
      this.#damagedSegments++;
      if (segment.bytes === 0) this.#segments.remove(segment);
    }
    return scan.boundaries.findLast((boundary) => boundary <= offset) ?? SEGMENT_HEADER_BYTES;
  }
}
