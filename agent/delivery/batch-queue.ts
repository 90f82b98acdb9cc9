import { messageOf } from "../../core/errors.ts";
import type { Log } from "../../core/log.ts";
import { type Batch, decodeBatch, encodeBatch } from "./batch.ts";
import type { BatchDisk } from "./batch-folder.ts";

/** What is not delivered by then goes to the disk. Delivery takes some milliseconds when the collector is there: then nothing does. */
export const SPILL_AFTER_MS = 2_000;

/** A disk that refused is tried again after this long. */
const DISK_AGAIN_MS = 30_000;

/** A batch that waits: in memory, on disk, or both while it is being sent. */
interface Waiting {
  readonly name: string;
  readonly lines: number;
  readonly bytes: number;
  batch: Batch | undefined;
  /** `writing`: the disk was asked to take it. */
  disk: "no" | "writing" | "yes";
  isSettled: boolean;
}

export interface BatchQueueOptions {
  /** Of all that waits, in memory and on disk together. */
  readonly maxBytes: number;
  /** Undefined: what waits is lost with the agent. */
  readonly disk: BatchDisk | undefined;
  readonly spillAfterMs?: number;
  readonly diskAgainMs?: number;
}

/**
 * Batches that wait to be sent, oldest first, bounded in bytes: at the bound the oldest goes, since what is now matters more to whoever
 * repairs the outage than how it began. One that waited for `SPILL_AFTER_MS` is on disk, and stays there until it is settled: an agent
 * that is killed then sends it again under its number, by which the collector tells what it has.
 */
export class BatchQueue {
  #waiting: Waiting[] = [];
  #held: Waiting | undefined;
  readonly #options: BatchQueueOptions;
  readonly #log: Log;
  #bytes = 0;
  #droppedLines = 0;
  #order = 0;
  /** One thing is done on the disk at a time, in order. */
  #done: Promise<unknown> = Promise.resolve();
  #spilling: NodeJS.Timeout | undefined;
  #diskRefused = false;

  private constructor(options: BatchQueueOptions, log: Log) {
    this.#options = options;
    this.#log = log;
  }

  /** Takes over what an agent before this one left. */
  static async open(options: BatchQueueOptions, log: Log): Promise<BatchQueue> {
    const queue = new BatchQueue(options, log);
    const names = await options.disk?.names().catch((thrown: unknown) => queue.#refused(thrown));
    for (const name of [...(names ?? [])].sort()) {
      const left = parseName(name);
      if (left === undefined) continue;
      queue.#order = Math.max(queue.#order, left.order);
      const { lines, bytes } = left;
      queue.#add({ name, lines, bytes, batch: undefined, disk: "yes", isSettled: false });
    }
    if (queue.#waiting.length > 0)
      log.info({ batches: queue.#waiting.length, bytes: queue.#bytes }, "metrics left by an agent before");
    return queue;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Lines of batches that gave way, or were damaged on disk, since the start. */
  get droppedLines(): number {
    return this.#droppedLines;
  }

  /** Gives how many lines were dropped to make room. */
  push(batch: Batch): number {
    const before = this.#droppedLines;
    const bytes = batch.body.length;
    const name = nameOf(++this.#order, batch.lines, bytes);
    this.#add({ name, lines: batch.lines, bytes, batch, disk: "no", isSettled: false });
    this.#spillSoon(this.#options.spillAfterMs ?? SPILL_AFTER_MS);
    return this.#droppedLines - before;
  }

  /**
   * Gives the oldest, to be held until it is settled: meanwhile it is not dropped. One that cannot be read from the disk is set aside and
   * counted as dropped.
   */
  async take(): Promise<Batch | undefined> {
    for (;;) {
      const oldest = this.#waiting.shift();
      if (oldest === undefined) return undefined;
      this.#bytes -= oldest.bytes;
      this.#held = oldest;
      oldest.batch ??= await this.#read(oldest);
      if (oldest.batch !== undefined) return oldest.batch;
      this.#held = undefined;
      this.#droppedLines += oldest.lines;
    }
  }

  /** The one that was taken was delivered, or never will be. */
  settle(): void {
    if (this.#held !== undefined) this.#forget(this.#held);
    this.#held = undefined;
  }

  /** Puts all that waits on disk, before it returns: the agent ends. */
  end(): void {
    clearTimeout(this.#spilling);
    const { disk } = this.#options;
    if (disk === undefined) return;
    for (const it of this.#unwritten()) {
      try {
        if (it.batch !== undefined) disk.writeNow(it.name, encodeBatch(it.batch));
      } catch (thrown) {
        return void this.#refused(thrown);
      }
    }
  }

  /** Settles when the disk has done what it was asked for so far. */
  get written(): Promise<unknown> {
    return this.#done;
  }

  #add(it: Waiting): void {
    this.#waiting.push(it);
    this.#bytes += it.bytes;
    while (this.#bytes > this.#options.maxBytes) {
      const oldest = this.#waiting.shift();
      if (oldest === undefined) return;
      this.#bytes -= oldest.bytes;
      this.#droppedLines += oldest.lines;
      this.#forget(oldest);
    }
  }

  #unwritten(): readonly Waiting[] {
    return [...(this.#held === undefined ? [] : [this.#held]), ...this.#waiting].filter(({ disk }) => disk !== "yes");
  }

  #spillSoon(afterMs: number): void {
    if (this.#options.disk === undefined) return;
    this.#spilling ??= setTimeout(() => {
      this.#spilling = undefined;
      this.#spill();
    }, afterMs).unref();
  }

  #spill(): void {
    for (const it of this.#unwritten()) {
      if (it.disk === "writing") continue;
      it.disk = "writing";
      this.#done = this.#done.then(() => this.#write(it));
    }
  }

  async #write(it: Waiting): Promise<void> {
    const { disk, diskAgainMs = DISK_AGAIN_MS } = this.#options;
    if (it.isSettled || it.batch === undefined) return;
    try {
      await disk?.write(it.name, encodeBatch(it.batch));
      it.disk = "yes";
      this.#diskRefused = false;
      if (it.isSettled) this.#remove(it);
      // It is read again when its turn comes: the memory is not filled by an outage.
      else if (it !== this.#held) it.batch = undefined;
    } catch (thrown) {
      it.disk = "no";
      this.#refused(thrown);
      this.#spillSoon(diskAgainMs);
    }
  }

  async #read(it: Waiting): Promise<Batch | undefined> {
    const { disk } = this.#options;
    const bytes = await disk?.read(it.name).catch((thrown: unknown) => this.#refused(thrown));
    const batch = bytes === undefined ? undefined : decodeBatch(bytes);
    if (batch !== undefined || disk === undefined) return batch;
    this.#log.warn({ file: it.name, lines: it.lines }, "batch damaged on disk, set aside");
    await disk.setAside(it.name).catch(() => undefined);
    return undefined;
  }

  #forget(it: Waiting): void {
    it.isSettled = true;
    it.batch = undefined;
    if (it.disk === "yes") this.#remove(it);
  }

  #remove(it: Waiting): void {
    this.#done = this.#done.then(() => this.#options.disk?.remove(it.name).catch((thrown) => this.#refused(thrown)));
  }

  #refused(thrown: unknown): undefined {
    if (!this.#diskRefused)
      this.#log.warn({ reason: messageOf(thrown) }, "buffer on disk cannot be used, metrics wait in memory");
    this.#diskRefused = true;
    return undefined;
  }
}

function nameOf(order: number, lines: number, bytes: number): string {
  return `${String(order).padStart(15, "0")}-${lines}-${bytes}.batch`;
}

function parseName(
  name: string,
): { readonly order: number; readonly lines: number; readonly bytes: number } | undefined {
  const [, order, lines, bytes] = /^(\d{15})-(\d{1,9})-(\d{1,9})\.batch$/.exec(name) ?? [];
  return order === undefined ? undefined : { order: Number(order), lines: Number(lines), bytes: Number(bytes) };
}
