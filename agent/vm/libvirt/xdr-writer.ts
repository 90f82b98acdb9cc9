import { padding } from "./xdr-reader.ts";

/** Collects XDR (RFC 4506); every method gives the writer back. */
export class XdrWriter {
  readonly #parts: Buffer[] = [];

  unsigned(value: number): this {
    const part = Buffer.alloc(4);
    part.writeUInt32BE(value);
    this.#parts.push(part);
    return this;
  }

  int(value: number): this {
    const part = Buffer.alloc(4);
    part.writeInt32BE(value);
    this.#parts.push(part);
    return this;
  }

  /** Bytes of a length that both sides know. */
  opaque(bytes: Uint8Array): this {
    this.#parts.push(Buffer.from(bytes), Buffer.alloc(padding(bytes.length)));
    return this;
  }

  string(text: string): this {
    const bytes = Buffer.from(text, "utf8");
    return this.unsigned(bytes.length).opaque(bytes);
  }

  bytes(): Buffer {
    return Buffer.concat(this.#parts);
  }
}
