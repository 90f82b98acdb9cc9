import { crc32 } from "node:zlib";

/** Lines that are sent in one request, compressed. */
export interface Batch {
  /** The agent process that made it: with `sequence` it tells the collector what it has seen. */
  readonly agent: string;
  /** Rises by one within an agent process. */
  readonly sequence: number;
  readonly lines: number;
  readonly body: Uint8Array;
}

const VERSION = 1;
const HEADER_BYTES = 18;

/**
 * As in a file, little endian: CRC-32 of all that follows (u32), version (u8), length of `agent` (u8), lines (u32), sequence (f64), agent
 * (UTF-8), body.
 */
export function encodeBatch({ agent, sequence, lines, body }: Batch): Buffer {
  const name = Buffer.from(agent);
  const bytes = Buffer.allocUnsafe(HEADER_BYTES + name.length + body.length);
  bytes.writeUInt8(VERSION, 4);
  bytes.writeUInt8(name.length, 5);
  bytes.writeUInt32LE(lines, 6);
  bytes.writeDoubleLE(sequence, 10);
  bytes.set(name, HEADER_BYTES);
  bytes.set(body, HEADER_BYTES + name.length);
  bytes.writeUInt32LE(crc32(bytes.subarray(4)), 0);
  return bytes;
}

/** Undefined when it is torn or damaged, or of a version this agent does not know. */
export function decodeBatch(bytes: Buffer): Batch | undefined {
  if (bytes.length < HEADER_BYTES || crc32(bytes.subarray(4)) !== bytes.readUInt32LE(0)) return undefined;
  const bodyAt = HEADER_BYTES + bytes.readUInt8(5);
  if (bytes.readUInt8(4) !== VERSION || bytes.length < bodyAt) return undefined;
  return {
    agent: bytes.toString("utf8", HEADER_BYTES, bodyAt),
    sequence: bytes.readDoubleLE(10),
    lines: bytes.readUInt32LE(6),
    body: bytes.subarray(bodyAt),
  };
}
