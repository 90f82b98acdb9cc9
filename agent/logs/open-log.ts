import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { crc32 } from "node:zlib";
import { unlessRefused } from "../unless-refused.ts";

/** What is read at once; a line without an end within it is cut. */
export const CHUNK_BYTES = 128 * 1024;

/** So many first bytes tell a file from another in its place. */
const HEAD_BYTES = 256;

/** How far a file was read, so that it is found again under another name, and another one in its place is told from it. */
export interface Place {
  readonly inode: number;
  readonly offset: number;
  /** Length and CRC-32 of its first bytes, none of them behind `offset`. */
  readonly headBytes: number;
  readonly headCrc: number;
  /** The offset is within a line that was cut; what comes before its end is not looked at. */
  readonly inLine: boolean;
}

const chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
const head = Buffer.allocUnsafeSlow(HEAD_BYTES);

/** A log file that is open, whatever it is called by now. */
export class OpenLog {
  readonly inode: number;
  readonly #descriptor: number;
  #offset = 0;
  #headBytes = 0;
  #headCrc = 0;
  #inLine = false;
  #isClosed = false;
  /** Times in a row that there was nothing new. */
  quiet = 0;

  /** Throws what the kernel refuses with. */
  constructor(path: string) {
    this.#descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    this.inode = fstatSync(this.#descriptor).ino;
  }

  get place(): Place {
    const [offset, headBytes, headCrc] = [this.#offset, this.#headBytes, this.#headCrc];
    return { inode: this.inode, offset, headBytes, headCrc, inLine: this.#inLine };
  }

  /** Bytes that were not read yet; negative when the file was cut. */
  get lagBytes(): number {
    const stat = this.#isClosed ? undefined : unlessRefused(() => fstatSync(this.#descriptor));
    return stat === undefined ? 0 : stat.size - this.#offset;
  }

  /** Goes on where the file was left, when this is the file and it still has what was read of it. */
  resume(place: Place): boolean {
    if (fstatSync(this.#descriptor).size < place.offset || !this.#hasHead(place)) return false;
    [this.#offset, this.#headBytes, this.#headCrc] = [place.offset, place.headBytes, place.headCrc];
    this.#inLine = place.inLine;
    return true;
  }

  /** Whether what was read of it is still what it begins with; not, when it was cut (`copytruncate`) or written anew. */
  get isWhole(): boolean {
    return this.lagBytes >= 0 && this.#hasHead(this.place);
  }

  rewind(): void {
    [this.#offset, this.#headBytes, this.#headCrc, this.#inLine] = [0, 0, 0, false];
  }

  /** Leaves out all but the last `keepBytes`, and the line they begin in; gives how many bytes were left out. */
  skip(keepBytes: number): number {
    const size = fstatSync(this.#descriptor).size;
    const to = Math.max(this.#offset, size - keepBytes);
    const skipped = to - this.#offset;
    if (skipped > 0) {
      this.#inLine = readSync(this.#descriptor, head, 0, 1, to - 1) === 1 && head[0] !== 0x0a;
      this.#advance(skipped);
    }
    return skipped;
  }

  /**
   * Reads the next whole lines, at most 128 KB; undefined when there are none yet. `isLast`: nothing is written to it any more, so that
   * what it ends with is a line, too.
   */
  next(isLast: boolean): { readonly text: string; readonly bytes: number } | undefined {
    // Its number may be another file's by now.
    if (this.#isClosed) return undefined;
    const got = readSync(this.#descriptor, chunk, 0, CHUNK_BYTES, this.#offset);
    if (got === 0) return undefined;
    const newline = chunk.lastIndexOf(0x0a, got - 1);
    const isCut = newline < 0 && got === CHUNK_BYTES;
    if (newline < 0 && !isCut && !isLast) return undefined;
    const bytes = newline < 0 ? got : newline + 1;
    const endOfCut = newline < 0 ? bytes : chunk.indexOf(0x0a) + 1;
    const text = chunk.toString("utf8", this.#inLine ? endOfCut : 0, bytes);
    this.#inLine = isCut;
    this.#advance(bytes);
    return { text, bytes };
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    closeSync(this.#descriptor);
  }

  #advance(bytes: number): void {
    this.#offset += bytes;
    if (this.#headBytes === HEAD_BYTES) return;
    this.#headBytes = Math.min(HEAD_BYTES, this.#offset);
    this.#headCrc = this.#crcOf(this.#headBytes);
  }

  #hasHead({ headBytes, headCrc }: Place): boolean {
    return headBytes === 0 || this.#crcOf(headBytes) === headCrc;
  }

  #crcOf(bytes: number): number {
    const got = readSync(this.#descriptor, head, 0, bytes, 0);
    return crc32(head.subarray(0, got));
  }
}
