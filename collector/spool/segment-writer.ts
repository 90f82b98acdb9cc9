import { type FileHandle, open } from "node:fs/promises";
import { basename } from "node:path";
import type { SpoolPosition } from "../../store/metric-store.ts";
import { readFully, replaceFile, writeFully } from "./durable-file.ts";
import { spoolError } from "./problem.ts";
import { createSegment, SEGMENT_HEADER_BYTES, type Segment } from "./segments.ts";

/** The part of a file handle that writing needs; a test stands in with a disk that fails. */
export type WritableFile = Pick<FileHandle, "write" | "datasync" | "truncate" | "close">;

export interface SegmentWriterOptions {
  readonly folder: string;
  readonly segmentBytes: number;
  readonly wrap?: ((handle: FileHandle) => WritableFile) | undefined;
  readonly onSegment: (segment: Segment) => void;
  readonly onDurable: () => void;
}

/**
 * `torn`: a write failed, and what it left must be cut off. `distrusted`: a sync failed. Linux tells of that once and then holds the
 * pages for written, so that the next sync would succeed without having written them.
 */
type Fault = "torn" | "distrusted";

interface Waiting {
  readonly frame: Buffer;
  readonly resolve: (position: SpoolPosition) => void;
  readonly reject: (error: Error) => void;
}

/** One write and one fdatasync take at most this many bytes, so that a long queue does not make all wait for all. */
const MAX_COMMIT_BYTES = 8 * 1024 * 1024;

/** Appends frames to the last segment. All that wait while the disk is busy share the next fdatasync. */
export class SegmentWriter {
  readonly #options: SegmentWriterOptions;
  #segment: Segment;
  #file: WritableFile;
  #waiting: Waiting[] = [];
  #pendingBytes = 0;
  #running: Promise<void> = Promise.resolve();
  #busy = false;
  /** What must be mended before anything is written. */
  #fault: Fault | undefined;
  #sealed = false;
  #commits = 0;

  constructor(segment: Segment, handle: FileHandle, options: SegmentWriterOptions) {
    this.#segment = segment;
    this.#options = options;
    this.#file = options.wrap?.(handle) ?? handle;
  }

  /** What the segments may yet grow by: frames that wait or are being written, as if each began a new segment. */
  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  /** How many fdatasync calls made frames durable. */
  get commits(): number {
    return this.#commits;
  }

  get currentNumber(): number {
    return this.#segment.number;
  }

  /** Resolves with where the frame stands once it is durable. Errors: `spool.disk_full`, `spool.unwritable`. */
  append(frame: Buffer): Promise<SpoolPosition> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ frame, resolve, reject });
      this.#pendingBytes += grownBy(frame);
      this.#start();
    });
  }

  /** No frame is appended to the present segment any more. */
  async seal(): Promise<void> {
    this.#sealed = true;
    this.#start();
    await this.#running;
  }

  async close(): Promise<void> {
    await this.#running;
    await this.#file.close();
  }

  #start(): void {
    if (this.#busy) return;
    this.#busy = true;
    this.#running = this.#run();
  }

  async #run(): Promise<void> {
    do {
      const batch = this.#take();
      try {
        await this.#commit(batch);
      } catch (cause) {
        const error = spoolError(this.#options.folder, cause);
        this.#endPending(batch);
        for (const { reject } of batch) reject(error);
      }
    } while (this.#waiting.length > 0);
    this.#busy = false;
  }

  #take(): Waiting[] {
    let bytes = 0;
    let count = 0;
    for (const { frame } of this.#waiting) {
      if (count > 0 && bytes + frame.length > MAX_COMMIT_BYTES) break;
      bytes += frame.length;
      count++;
    }
    return this.#waiting.splice(0, count);
  }

  async #commit(batch: readonly Waiting[]): Promise<void> {
    if (this.#fault !== undefined) await this.#mend(this.#fault);
    if (this.#sealed || this.#segment.bytes >= this.#options.segmentBytes) await this.#roll();
    if (batch.length === 0) return;
    const start = this.#segment.bytes;
    const bytes =
      batch.length === 1 ? (batch[0]?.frame ?? Buffer.alloc(0)) : Buffer.concat(batch.map((one) => one.frame));
    let fault: Fault = "torn";
    try {
      await writeFully(this.#file, bytes, start);
      fault = "distrusted";
      await this.#file.datasync();
    } catch (cause) {
      this.#fault = fault;
      // At once when the disk allows; else before the next write.
      await this.#mend(fault).catch(() => {});
      throw cause;
    }
    this.#commits++;
    this.#segment.bytes = start + bytes.length;
    this.#endPending(batch);
    let offset = start;
    for (const { frame, resolve } of batch) {
      resolve({ segment: this.#segment.number, offset });
      offset += frame.length;
    }
    this.#options.onDurable();
  }

  /** Not before the segment has grown by them, or for that while they would be counted nowhere. */
  #endPending(batch: readonly Waiting[]): void {
    for (const { frame } of batch) this.#pendingBytes -= grownBy(frame);
  }

  /** Refused frames must not come back after a crash: their senders send them again. */
  async #mend(fault: Fault): Promise<void> {
    if (fault === "distrusted") return this.#writeAnew();
    await this.#file.truncate(this.#segment.bytes);
    this.#fault = "distrusted";
    await this.#file.datasync();
    this.#fault = undefined;
  }

  /** In another file, so that nothing stands on what a failed sync has left. */
  async #writeAnew(): Promise<void> {
    const { path, bytes } = this.#segment;
    await replaceFile(this.#options.folder, basename(path), await readFully(path, 0, bytes));
    await this.#replaceFile(await open(path, "r+"));
    this.#fault = undefined;
  }

  async #roll(): Promise<void> {
    const { segment, handle } = await createSegment(this.#options.folder, this.#segment.number + 1);
    await this.#replaceFile(handle);
    this.#segment = segment;
    this.#sealed = false;
    this.#options.onSegment(segment);
  }

  /** All that counts of the one before is durable: it does not matter how closing it ends. */
  async #replaceFile(handle: FileHandle): Promise<void> {
    const before = this.#file;
    this.#file = this.#options.wrap?.(handle) ?? handle;
    await before.close().catch(() => {});
  }
}

/** What a frame may add to a spool. */
export function grownBy(frame: Buffer): number {
  return SEGMENT_HEADER_BYTES + frame.length;
}
