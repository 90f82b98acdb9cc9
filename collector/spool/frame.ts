import { crc32 } from "node:zlib";
import { type EpochMs, epochMsOf } from "../../core/clock.ts";
import type { SpoolPosition } from "../../store/metric-store.ts";
import { PRECISIONS, type Precision } from "../line-protocol/precision.ts";

/** One body as it was received, with what is needed to read it again in the same way. */
export interface FrameHeader {
  readonly receivedAt: EpochMs;
  readonly encoding: Encoding;
  readonly precision: Precision;
  /** The tag `cluster` of lines that have none. */
  readonly cluster: string;
  /** Who sent it, when it numbers its bodies. */
  readonly sender?: Sender | undefined;
}

export const ENCODINGS = ["identity", "gzip"] as const;
export type Encoding = (typeof ENCODINGS)[number];

export interface Sender {
  readonly agent: string;
  readonly sequence: number;
  /** CRC-32 of the body as received, which may not be the one kept: an agent that starts again may reuse a number. */
  readonly bodyCrc: number;
}

export interface Frame extends FrameHeader {
  readonly position: SpoolPosition;
  readonly body: Buffer;
}

/**
 * On disk, little endian: length of the payload (u32), its CRC-32 (u32), payload = version (u8), encoding (u8),
 * precision (u8), 0 (u8), received at (f64 epoch ms), sequence (f64, NaN when none), CRC-32 of the received body (u32),
 * lengths of agent and cluster (u16 each), agent, cluster (UTF-8), body.
 */
export const FRAME_PREFIX_BYTES = 8;
const HEADER_BYTES = 28;
const VERSION = 1;
/** In the place of a version: the payload is nothing. */
const HOLE = 0xff;

/** No frame is longer: a length above this is damage. */
export const MAX_FRAME_BYTES = 80 * 1024 * 1024;

export function encodeFrame(header: FrameHeader, body: Buffer): Buffer {
  const agent = Buffer.from(header.sender?.agent ?? "");
  const cluster = Buffer.from(header.cluster);
  const payloadBytes = HEADER_BYTES + agent.length + cluster.length + body.length;
  const frame = Buffer.allocUnsafe(FRAME_PREFIX_BYTES + payloadBytes);
  const payload = frame.subarray(FRAME_PREFIX_BYTES);
  payload.writeUInt8(VERSION, 0);
  payload.writeUInt8(ENCODINGS.indexOf(header.encoding), 1);
  payload.writeUInt8(PRECISIONS.indexOf(header.precision), 2);
  payload.writeUInt8(0, 3);
  payload.writeDoubleLE(header.receivedAt, 4);
  payload.writeDoubleLE(header.sender?.sequence ?? Number.NaN, 12);
  payload.writeUInt32LE(header.sender?.bodyCrc ?? 0, 20);
  payload.writeUInt16LE(agent.length, 24);
  payload.writeUInt16LE(cluster.length, 26);
  agent.copy(payload, HEADER_BYTES);
  cluster.copy(payload, HEADER_BYTES + agent.length);
  body.copy(payload, HEADER_BYTES + agent.length + cluster.length);
  frame.writeUInt32LE(payloadBytes, 0);
  frame.writeUInt32LE(crc32(payload), 4);
  return frame;
}

/** Takes the place of damaged frames, so that all behind them stays where it is. */
export function encodeHole(bytes: number): Buffer {
  const hole = Buffer.alloc(bytes);
  hole.writeUInt8(HOLE, FRAME_PREFIX_BYTES);
  hole.writeUInt32LE(bytes - FRAME_PREFIX_BYTES, 0);
  hole.writeUInt32LE(crc32(hole.subarray(FRAME_PREFIX_BYTES)), 4);
  return hole;
}

/** What stands at an offset: a frame or a hole and where the next begins; `short` when bytes are missing; `damaged`. */
export type FrameReading =
  | { readonly kind: "frame"; readonly frame: Frame; readonly next: number }
  | { readonly kind: "hole"; readonly next: number }
  | { readonly kind: "short"; readonly frameBytes: number }
  | { readonly kind: "damaged" };

/** `bytes` begins at `base` of the segment; `at` is an index of `bytes`. */
export function decodeFrame(bytes: Buffer, at: number, segment: number, base: number): FrameReading {
  if (at + FRAME_PREFIX_BYTES > bytes.length) return { kind: "short", frameBytes: FRAME_PREFIX_BYTES };
  const payloadBytes = bytes.readUInt32LE(at);
  // A tail of zeros would pass for an empty frame, whose checksum is zero too.
  if (payloadBytes < HEADER_BYTES || payloadBytes > MAX_FRAME_BYTES) return { kind: "damaged" };
  const start = at + FRAME_PREFIX_BYTES;
  const end = start + payloadBytes;
  if (end > bytes.length) return { kind: "short", frameBytes: FRAME_PREFIX_BYTES + payloadBytes };
  const payload = bytes.subarray(start, end);
  if (crc32(payload) !== bytes.readUInt32LE(at + 4)) return { kind: "damaged" };
  if (payload[0] === HOLE) return { kind: "hole", next: end };
  const header = decodeHeader(payload);
  if (header === undefined) return { kind: "damaged" };
  const frame = { ...header, position: { segment, offset: base + at } };
  return { kind: "frame", frame, next: end };
}

function decodeHeader(payload: Buffer): (FrameHeader & { readonly body: Buffer }) | undefined {
  const encoding = ENCODINGS[payload.readUInt8(1)];
  const precision = PRECISIONS[payload.readUInt8(2)];
  if (payload.readUInt8(0) !== VERSION || encoding === undefined || precision === undefined) return undefined;
  const sequence = payload.readDoubleLE(12);
  const agentEnd = HEADER_BYTES + payload.readUInt16LE(24);
  const clusterEnd = agentEnd + payload.readUInt16LE(26);
  return {
    receivedAt: epochMsOf(payload.readDoubleLE(4)),
    encoding,
    precision,
    cluster: payload.toString("utf8", agentEnd, clusterEnd),
    sender: Number.isNaN(sequence)
      ? undefined
      : { agent: payload.toString("utf8", HEADER_BYTES, agentEnd), sequence, bodyCrc: payload.readUInt32LE(20) },
    body: payload.subarray(clusterEnd),
  };
}

const LEAST_FRAME_BYTES = FRAME_PREFIX_BYTES + HEADER_BYTES;
/** How many times its size a segment may be read in search of a frame: bodies may look like the beginning of many. */
const MOST_SEARCHED = 8;

/** Where the first sound frame behind a damaged one begins; undefined when there is none. Frames have no marks: every byte may be one. */
export function findFrame(bytes: Buffer, behind: number): number | undefined {
  let left = MOST_SEARCHED * bytes.length;
  for (let at = behind + LEAST_FRAME_BYTES; at + LEAST_FRAME_BYTES <= bytes.length && left > 0; at++) {
    if (!looksLikeFrame(bytes, at)) continue;
    left -= bytes.readUInt32LE(at);
    const { kind } = decodeFrame(bytes, at, 0, 0);
    if (kind === "frame" || kind === "hole") return at;
  }
  return undefined;
}

/** What can be said without reading all of it. */
function looksLikeFrame(bytes: Buffer, at: number): boolean {
  const start = at + FRAME_PREFIX_BYTES;
  const version = bytes[start];
  if ((version !== VERSION && version !== HOLE) || bytes[start + 3] !== 0) return false;
  const payloadBytes = bytes.readUInt32LE(at);
  return payloadBytes >= HEADER_BYTES && start + payloadBytes <= bytes.length;
}
