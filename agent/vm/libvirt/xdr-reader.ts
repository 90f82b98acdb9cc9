const TWO_TO_32 = 2 ** 32;

/** What came cannot be what it should be: too short, or a length or a kind that nobody would send. */
export class XdrError extends Error {
  override readonly name = "XdrError";
}

/**
 * Reads XDR (RFC 4506) from the front: big-endian, everything padded to four bytes. Never reads past the end: whatever
 * the other side claims, it throws an XdrError.
 */
export class XdrReader {
  readonly #bytes: Buffer;
  #offset = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get remaining(): number {
    return this.#bytes.length - this.#offset;
  }

  int(): number {
    return this.#bytes.readInt32BE(this.#advance(4));
  }

  unsigned(): number {
    return this.#bytes.readUInt32BE(this.#advance(4));
  }

  /** As a number: what is above 2^53 loses its last digits, which for nanoseconds and bytes means nothing. */
  hyper(): number {
    const offset = this.#advance(8);
    return this.#bytes.readInt32BE(offset) * TWO_TO_32 + this.#bytes.readUInt32BE(offset + 4);
  }

  unsignedHyper(): number {
    const offset = this.#advance(8);
    return this.#bytes.readUInt32BE(offset) * TWO_TO_32 + this.#bytes.readUInt32BE(offset + 4);
  }

  double(): number {
    return this.#bytes.readDoubleBE(this.#advance(8));
  }

  /** Bytes of a fixed length, which the sender does not repeat. */
  opaque(length: number): Buffer {
    const offset = this.#advance(length + padding(length));
    return this.#bytes.subarray(offset, offset + length);
  }

  string(): string {
    return this.opaque(this.unsigned()).toString("utf8");
  }

  /** XDR's `*`: a flag, then perhaps the value. */
  optional<T>(read: () => T): T | undefined {
    return this.unsigned() === 0 ? undefined : read();
  }

  /** A list whose items take at least `leastBytes` each; a longer one cannot be in what is left. */
  list<T>(leastBytes: number, read: () => T): readonly T[] {
    const count = this.unsigned();
    if (count * leastBytes > this.remaining) throw new XdrError(`${count} items in ${this.remaining} bytes`);
    const items: T[] = [];
    for (let index = 0; index < count; index++) items.push(read());
    return items;
  }

  #advance(length: number): number {
    const offset = this.#offset;
    if (length > this.remaining) throw new XdrError(`${length} bytes wanted, ${this.remaining} left`);
    this.#offset += length;
    return offset;
  }
}

export function padding(length: number): number {
  return (4 - (length % 4)) % 4;
}
