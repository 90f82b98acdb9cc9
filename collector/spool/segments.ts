import { type FileHandle, open, readdir, rename, stat, unlink } from "node:fs/promises";
import type { Clock } from "../../core/clock.ts";
import type { Log } from "../../core/log.ts";
import { readFully, replaceFile, syncFolder, writeFully } from "./durable-file.ts";
import { decodeFrame, type Frame } from "./frame.ts";
import { isNoSpace } from "./problem.ts";

/** First bytes of every segment file: the format and its version. */
const MAGIC = Buffer.from("NEPHSPL1");
export const SEGMENT_HEADER_BYTES = MAGIC.length;

export interface Segment {
  readonly number: number;
  readonly path: string;
  /** Up to here frames are durable; nothing behind it is ever read. */
  bytes: number;
}

const NAME = /^segment-(\d{16})\.spool$/;

export function segmentPath(folder: string, number: number): string {
  return `${folder}/segment-${String(number).padStart(16, "0")}.spool`;
}

/** The segments of a folder, oldest first. */
export async function listSegments(folder: string): Promise<Segment[]> {
  const numbers = (await readdir(folder)).flatMap((name) => NAME.exec(name)?.[1] ?? []).map(Number);
  const segments: Segment[] = [];
  for (const number of numbers.sort((a, b) => a - b)) {
    const path = segmentPath(folder, number);
    segments.push({ number, path, bytes: (await stat(path)).size });
  }
  return segments;
}

/** Opens a new, empty segment whose name and header are durable. */
export async function createSegment(folder: string, number: number): Promise<{ segment: Segment; handle: FileHandle }> {
  const path = segmentPath(folder, number);
  const handle = await open(path, "w+");
  try {
    await writeFully(handle, MAGIC, 0);
    await handle.datasync();
    await syncFolder(folder);
  } catch (cause) {
    await handle.close();
    // Left behind, it would be taken for the last segment at the next start; empty, it would do no harm.
    await unlink(path).catch(() => {});
    throw cause;
  }
  return { segment: { number, path, bytes: SEGMENT_HEADER_BYTES }, handle };
}

export interface Scan {
  /** Where the last whole frame ends. */
  readonly soundBytes: number;
  readonly frames: number;
}

/** Checks every frame of a segment from its beginning and hands on the sound ones. */
export async function scanSegment(segment: Segment, visit: (frame: Frame) => void): Promise<Scan> {
  const bytes = await readFully(segment.path, 0, segment.bytes);
  if (!bytes.subarray(0, SEGMENT_HEADER_BYTES).equals(MAGIC)) return { soundBytes: 0, frames: 0 };
  let at = SEGMENT_HEADER_BYTES;
  for (let frames = 0; ; frames++) {
    const reading = decodeFrame(bytes, at, segment.number, 0);
    if (reading.kind !== "frame") return { soundBytes: at, frames };
    visit(reading.frame);
    at = reading.next;
  }
}

/**
 * Renames a segment that fails its checksum in the middle, so that somebody can look at it, and puts back what stands
 * before the damage. What stands behind it cannot be found again, since frames have no marks. Returns the bytes kept.
 */
export async function setAsideSegment(
  segment: Segment,
  soundBytes: number,
  { folder, clock, log }: { readonly folder: string; readonly clock: Clock; readonly log: Log },
): Promise<number> {
  const aside = `${segment.path}.damaged-${clock.now()}`;
  await rename(segment.path, aside);
  await syncFolder(folder);
  log.error({ segment: segment.number, sound_bytes: soundBytes, bytes: segment.bytes, aside }, "spool segment damaged");
  if (soundBytes <= SEGMENT_HEADER_BYTES) return 0;
  const sound = await readFully(aside, 0, soundBytes);
  try {
    await replaceFile(folder, segment.path.slice(folder.length + 1), sound);
  } catch (cause) {
    // The file set aside still has all of it.
    if (isNoSpace(cause)) return 0;
    throw cause;
  }
  return soundBytes;
}

/** How many segments were ever set aside in this folder. */
export async function countDamaged(folder: string): Promise<number> {
  return (await readdir(folder)).filter((name) => name.includes(".spool.damaged-")).length;
}
