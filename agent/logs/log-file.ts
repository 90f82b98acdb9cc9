import { readdirSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { unlessRefused } from "../unless-refused.ts";
import { OpenLog, type Place } from "./open-log.ts";

/** A file that was rotated away is read to its end this many times in vain before it is closed: its writer may have it open for a while. */
const QUIET_READS = 3;

/** What is further behind is left out, but for the last `KEPT_BYTES`. */
export const MAX_LAG_BYTES = 32 * 1024 * 1024;
const KEPT_BYTES = 1024 * 1024;

/** Places of one log: of files that were rotated away and are not read to the end, oldest first, and of the one in place last. */
export type Places = readonly Place[];

/** Where a log that nothing is known of begins: with what is written from now on, or with all there is. */
export type LogStart = "beginning" | "end" | Places;

/**
 * One log by its name, through rotations of all sorts: renamed and made anew, copied and cut, replaced while nobody looked. Reads each
 * whole line once.
 */
export class LogFile {
  readonly path: string;
  #rotated: OpenLog[] = [];
  #current: OpenLog | undefined;
  skippedBytes = 0;

  constructor(path: string, start: LogStart) {
    this.path = path;
    this.#current = opened(path);
    if (start === "end") this.#current?.skip(0);
    else if (start !== "beginning") this.#resume(start);
  }

  get places(): Places {
    return [...this.#rotated, ...(this.#current === undefined ? [] : [this.#current])].map(({ place }) => place);
  }

  /** Bytes that are there and were not read. */
  get lagBytes(): number {
    return [...this.#rotated, ...(this.#current === undefined ? [] : [this.#current])].reduce(
      (sum, log) => sum + Math.max(0, log.lagBytes),
      0,
    );
  }

  /** Whether there is nothing left to read of it, and no file by its name. */
  get isGone(): boolean {
    return this.#current === undefined && this.#rotated.length === 0;
  }

  /** Hands over what was written since, about `maxBytes` of it; gives how many bytes that were. */
  async read(maxBytes: number, take: (text: string) => void): Promise<number> {
    this.#follow();
    let bytes = 0;
    for (const log of [...this.#rotated, ...(this.#current === undefined ? [] : [this.#current])]) {
      if (log.lagBytes > MAX_LAG_BYTES) this.skippedBytes += log.skip(KEPT_BYTES);
      const before = bytes;
      const isLast = log !== this.#current && log.quiet >= QUIET_READS;
      while (bytes < maxBytes) {
        const next = log.next(isLast);
        if (next === undefined) break;
        bytes += next.bytes;
        take(next.text);
        // A turn of the event loop for each piece: nothing is held up while a log is read that has grown by megabytes.
        await new Promise(setImmediate);
      }
      if (isLast && bytes < maxBytes) log.quiet = QUIET_READS + 1;
      else log.quiet = bytes > before || bytes >= maxBytes ? 0 : log.quiet + 1;
    }
    this.#closeRead();
    return bytes;
  }

  close(): void {
    for (const log of this.#rotated) log.close();
    this.#current?.close();
    [this.#rotated, this.#current] = [[], undefined];
  }

  #closeRead(): void {
    for (const log of this.#rotated) if (log.quiet > QUIET_READS) log.close();
    this.#rotated = this.#rotated.filter(({ quiet }) => quiet <= QUIET_READS);
  }

  /** Looks at what has become of the file since it was read. */
  #follow(): void {
    const inode = statOf(this.path)?.ino;
    if (this.#current !== undefined && this.#current.inode !== inode) {
      this.#rotated.push(this.#current);
      this.#current = undefined;
    }
    if (this.#current === undefined) this.#current = inode === undefined ? undefined : opened(this.path);
    else if (!this.#current.isWhole) {
      const copy = this.#find(this.#current.place);
      if (copy !== undefined) this.#rotated.push(copy);
      this.#current.rewind();
    }
  }

  #resume(places: Places): void {
    for (const place of places) {
      if (this.#current?.inode === place.inode && this.#current.resume(place)) continue;
      const moved = this.#find(place);
      if (moved !== undefined) this.#rotated.push(moved);
    }
  }

  /** Opens the file beside this one that has what was read, behind which may be what was not. */
  #find(place: Place): OpenLog | undefined {
    const folder = dirname(this.path);
    const stem = basename(this.path).replace(/\.log$/, "");
    const candidates = (unlessRefused(() => readdirSync(folder)) ?? [])
      .filter((name) => name.startsWith(stem) && join(folder, name) !== this.path)
      .flatMap((name) => {
        const stat = statOf(join(folder, name));
        return stat?.isFile() ? [{ path: join(folder, name), stat }] : [];
      })
      .sort(
        (a, b) =>
          Number(b.stat.ino === place.inode) - Number(a.stat.ino === place.inode) || b.stat.mtimeMs - a.stat.mtimeMs,
      );
    for (const { path, stat } of candidates) {
      // Of a file that nothing was read of, there is only its number to know it by.
      if (place.headBytes === 0 && stat.ino !== place.inode) continue;
      const log = opened(path);
      if (log?.resume(place)) return log;
      log?.close();
    }
    return undefined;
  }
}

/** Undefined when it is gone already, or may not be read. */
function opened(path: string): OpenLog | undefined {
  return unlessRefused(() => new OpenLog(path));
}

function statOf(path: string) {
  return unlessRefused(() => statSync(path));
}
