import type { FileHandle } from "node:fs/promises";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { messageOf } from "../../core/errors.ts";
import type { Lifetime } from "../../core/lifetime.ts";

export interface RotatingFileOptions {
  /** `…/tracing.ndjson`; those before it are `…/tracing.1.ndjson`, `…/tracing.2.ndjson` and so on. */
  readonly path: string;
  /** From which on the next file is begun. */
  readonly maxBytes: number;
  /** The one being written among them. */
  readonly maxFiles: number;
  /** Lines that wait for the disk; beyond, new ones are dropped. */
  readonly maxWaitingBytes?: number;
  readonly flushMs?: number;
  /** Told when lines cannot be written, once until they can be again. */
  readonly onTrouble?: (reason: string) => void;
}

export interface RotatingFile {
  /** A line without its end. Never throws and never waits. */
  write(line: string): void;
  readonly writtenLines: number;
  /** Since the disk was full or too slow. */
  readonly droppedLines: number;
}

const MAX_WAITING_BYTES = 1_000_000;
const FLUSH_MS = 200;
const NEWLINE = 0x0a;

/**
 * Appends lines to a file that is set aside when it is long, and removed when there are enough of them. Written within `flushMs`, and before
 * the lifetime ends; a process that is killed loses what came since. What the disk does not take is dropped and counted: the work goes on.
 */
export function openRotatingFile(options: RotatingFileOptions, lifetime: Lifetime): RotatingFile {
  const file = new LineFile(options);
  lifetime.defer(options.path, () => file.close());
  return file;
}

class LineFile implements RotatingFile {
  readonly #options: RotatingFileOptions;
  #handle: FileHandle | undefined;
  #bytes = 0;
  /** The last write may have ended in the middle of a line. */
  #isTorn = false;
  #isInTrouble = false;
  #waiting: string[] = [];
  #waitingBytes = 0;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();
  #isClosed = false;
  writtenLines = 0;
  droppedLines = 0;

  constructor(options: RotatingFileOptions) {
    this.#options = options;
  }

  write(line: string): void {
    const { maxWaitingBytes = MAX_WAITING_BYTES, flushMs = FLUSH_MS } = this.#options;
    if (this.#isClosed || this.#waitingBytes + line.length > maxWaitingBytes) {
      this.droppedLines++;
      return;
    }
    this.#waiting.push(line);
    this.#waitingBytes += line.length;
    this.#timer ??= setTimeout(() => void this.#flush(), flushMs).unref();
  }

  async close(): Promise<void> {
    await this.#flush();
    this.#isClosed = true;
    await this.#handle?.close().catch(() => undefined);
  }

  #flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#writing = this.#writing.then(() => this.#writeWaiting());
    return this.#writing;
  }

  async #writeWaiting(): Promise<void> {
    const lines = this.#waiting;
    const bytes = this.#waitingBytes;
    if (lines.length === 0) return;
    this.#waiting = [];
    try {
      const handle = await this.#openForMore();
      const text = Buffer.from(`${this.#isTorn ? "\n" : ""}${lines.join("\n")}\n`);
      this.#isTorn = true;
      await handle.appendFile(text);
      this.#isTorn = false;
      this.#bytes += text.length;
      this.writtenLines += lines.length;
      this.#isInTrouble = false;
    } catch (error) {
      this.droppedLines += lines.length;
      await this.#handle?.close().catch(() => undefined);
      this.#handle = undefined;
      if (!this.#isInTrouble) this.#options.onTrouble?.(messageOf(error));
      this.#isInTrouble = true;
    } finally {
      // Until now they took their place: what is being written is in memory, too.
      this.#waitingBytes -= bytes;
    }
  }

  async #openForMore(): Promise<FileHandle> {
    if (this.#handle !== undefined && this.#bytes < this.#options.maxBytes) return this.#handle;
    if (this.#handle === undefined) await this.#openFile();
    if (this.#bytes >= this.#options.maxBytes) await this.#rotate();
    if (this.#handle === undefined) throw new Error("no file is open");
    return this.#handle;
  }

  async #openFile(): Promise<void> {
    const { path } = this.#options;
    await mkdir(dirname(path), { recursive: true, mode: 0o750 });
    this.#handle = await open(path, "a+", 0o640);
    this.#bytes = (await this.#handle.stat()).size;
    const last = Buffer.alloc(1);
    if (this.#bytes > 0) await this.#handle.read(last, 0, 1, this.#bytes - 1);
    this.#isTorn = this.#bytes > 0 && last[0] !== NEWLINE;
  }

  async #rotate(): Promise<void> {
    const { maxFiles } = this.#options;
    await this.#handle?.close();
    this.#handle = undefined;
    await rm(this.#nameOf(maxFiles - 1), { force: true });
    for (let older = maxFiles - 2; older >= 0; older--) {
      await rename(this.#nameOf(older), this.#nameOf(older + 1)).catch(unlessAbsent);
    }
    await this.#openFile();
  }

  #nameOf(age: number): string {
    const { path } = this.#options;
    return age === 0 ? path : path.replace(/\.ndjson$/, `.${age}.ndjson`);
  }
}

function unlessAbsent(error: unknown): void {
  if (error instanceof Error && "code" in error && error.code === "ENOENT") return;
  throw error;
}
