import { damaged } from "./cells.ts";

// Whole numbers and texts one after another in bytes. A number takes seven bits a byte, the least first, the eighth bit says
// that more follow; one that may be negative is folded, 0, -1, 1, -2, … to 0, 1, 2, 3, …

const FIRST_CAPACITY = 4_096;

/** Numbers are within ±2⁵². */
export class ByteWriter {
  #bytes = Buffer.allocUnsafe(FIRST_CAPACITY);
  #length = 0;

  whole(value: number): void {
    this.#reserve(10);
    let rest = value;
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) this.#bytes[this.#length++] = (rest % 0x80) | 0x80;
    this.#bytes[this.#length++] = rest;
  }

  signed(value: number): void {
    this.whole(value < 0 ? -2 * value - 1 : 2 * value);
  }

  wholes(values: readonly number[]): void {
    for (const value of values) this.whole(value);
  }

  /** Each as what it is more than the one before. */
  differences(values: readonly number[]): void {
    let before = 0;
    for (const value of values) {
      this.signed(value - before);
      before = value;
    }
  }

  /** Lengths, then texts. */
  texts(values: readonly string[]): void {
    const encoded = values.map((value) => Buffer.from(value));
    this.wholes(encoded.map(({ length }) => length));
    for (const bytes of encoded) this.#append(bytes);
  }

  /** Texts without line breaks, each with one behind it: a tenth smaller than with lengths when they are many. */
  lines(values: readonly string[]): void {
    for (const value of values) this.#append(Buffer.from(`${value}\n`));
  }

  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  #append(bytes: Buffer): void {
    this.#reserve(bytes.length);
    bytes.copy(this.#bytes, this.#length);
    this.#length += bytes.length;
  }

  #reserve(bytes: number): void {
    if (this.#length + bytes <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafe(2 * this.#bytes.length + bytes);
    this.#bytes.copy(grown, 0, 0, this.#length);
    this.#bytes = grown;
  }
}

const LINE_BREAK = 10;

/** Reads what a `ByteWriter` wrote, in its order. Errors: OperatorError `store.damaged` past the end. */
export class ByteReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  whole(): number {
    const bytes = this.#bytes;
    let [value, scale] = [0, 1];
    for (;;) {
      const byte = bytes[this.#at++];
      if (byte === undefined) throw damaged("end of a block", this.#at);
      if (byte < 0x80) return value + byte * scale;
      value += (byte - 0x80) * scale;
      scale *= 0x80;
    }
  }

  signed(): number {
    const folded = this.whole();
    return folded % 2 === 0 ? folded / 2 : -(folded + 1) / 2;
  }

  wholes(count: number): readonly number[] {
    const values: number[] = [];
    for (let position = 0; position < count; position++) values.push(this.whole());
    return values;
  }

  differences(count: number): readonly number[] {
    const values: number[] = [];
    let value = 0;
    for (let position = 0; position < count; position++) {
      value += this.signed();
      values.push(value);
    }
    return values;
  }

  texts(count: number): readonly string[] {
    return Array.from(this.wholes(count), (length) => {
      const begin = this.#at;
      this.#at += length;
      if (this.#at > this.#bytes.length) throw damaged("end of a block", this.#at);
      return this.#bytes.toString("utf8", begin, this.#at);
    });
  }

  lines(count: number): readonly string[] {
    const begin = this.#at;
    this.#skipLines(count);
    return count === 0 ? [] : this.#bytes.toString("utf8", begin, this.#at - 1).split("\n");
  }

  /** Only the lines at these positions, which rise. */
  pickedLines(positions: Iterable<number>): readonly string[] {
    const picked: string[] = [];
    let next = 0;
    for (const position of positions) {
      this.#skipLines(position - next);
      const begin = this.#at;
      this.#skipLines(1);
      picked.push(this.#bytes.toString("utf8", begin, this.#at - 1));
      next = position + 1;
    }
    return picked;
  }

  #skipLines(count: number): void {
    for (let line = 0; line < count; line++) {
      const end = this.#bytes.indexOf(LINE_BREAK, this.#at);
      if (end < 0) throw damaged("end of a block", this.#at);
      this.#at = end + 1;
    }
  }
}
