import { createHmac, timingSafeEqual } from "node:crypto";

/**
 * A packet of the mesh, 44 bytes and as much padding as its size says, big endian:
 * magic "NpM1" (4), 1 asks or 2 answers (1), reserved (3), who asks (8), number (4), size of the whole (4), when it was sent by the
 * asker's own monotonic clock, ms (8), reserved (4), the first 8 bytes of HMAC-SHA256 over all before it (8).
 * An answer has the size of the question, so that nobody can be flooded by way of us, and an answer is never answered.
 */
export interface MeshPacket {
  readonly kind: "ask" | "answer";
  /** 8 bytes in hexadecimal, random for each agent process. */
  readonly asker: string;
  readonly number: number;
  readonly sentMs: number;
  readonly sizeBytes: number;
}

export const LEAST_PACKET_BYTES = 44;
const MAC_AT = 36;
const MAGIC = 0x4e704d31;

export function encodePacket(packet: MeshPacket, key: Uint8Array): Buffer {
  const bytes = Buffer.alloc(Math.max(LEAST_PACKET_BYTES, packet.sizeBytes));
  bytes.writeUInt32BE(MAGIC, 0);
  bytes[4] = packet.kind === "ask" ? 1 : 2;
  bytes.write(packet.asker, 8, 8, "hex");
  bytes.writeUInt32BE(packet.number, 16);
  bytes.writeUInt32BE(bytes.length, 20);
  bytes.writeDoubleBE(packet.sentMs, 24);
  macOf(bytes, key).copy(bytes, MAC_AT);
  return bytes;
}

/** Undefined for whatever is none of ours: another size than it says, another key, another protocol. */
export function decodePacket(bytes: Buffer, key: Uint8Array): MeshPacket | undefined {
  if (bytes.length < LEAST_PACKET_BYTES || bytes.readUInt32BE(0) !== MAGIC) return undefined;
  if (bytes.readUInt32BE(20) !== bytes.length || (bytes[4] !== 1 && bytes[4] !== 2)) return undefined;
  if (!timingSafeEqual(macOf(bytes, key), bytes.subarray(MAC_AT, MAC_AT + 8))) return undefined;
  return {
    kind: bytes[4] === 1 ? "ask" : "answer",
    asker: bytes.toString("hex", 8, 16),
    number: bytes.readUInt32BE(16),
    sentMs: bytes.readDoubleBE(24),
    sizeBytes: bytes.length,
  };
}

function macOf(bytes: Buffer, key: Uint8Array): Buffer {
  return createHmac("sha256", key).update(bytes.subarray(0, MAC_AT)).digest().subarray(0, 8);
}
