import { open, readdir, rename } from "node:fs/promises";
import { basename } from "node:path";
import type { Clock } from "../../core/clock.ts";
import type { Log } from "../../core/log.ts";
import { readFully, replaceFile, syncFolder, writeFully } from "./durable-file.ts";
import { decodeFrame, encodeHole, type Frame, findFrame } from "./frame.ts";
import { isNoSpace } from "./problem.ts";
import { SEGMENT_HEADER, SEGMENT_HEADER_BYTES, type Segment } from "./segments.ts";

export interface Scan {
  readonly bytes: Buffer;
  /** Where the last sound frame ends. */
  readonly soundBytes: number;
  /** Damage with sound frames behind it: no write that was cut short leaves that. */
  readonly gaps: readonly Gap[];
  /** Where frames and holes begin, and where the last one ends. */
  readonly boundaries: readonly number[];
}

interface Gap {
  readonly from: number;
  readonly to: number;
}

/** Checks a whole segment and hands on the sound frames. */
export async function scanSegment(segment: Segment, visit: (frame: Frame) => void): Promise<Scan> {
  const bytes = await readFully(segment.path, 0, segment.bytes);
  const gaps: Gap[] = [];
  const boundaries: number[] = [];
  const isOurs = bytes.subarray(0, SEGMENT_HEADER_BYTES).equals(SEGMENT_HEADER);
  let at = SEGMENT_HEADER_BYTES;
  for (;;) {
    boundaries.push(at);
    const reading = decodeFrame(bytes, at, segment.number, 0);
    if (reading.kind === "frame") visit(reading.frame);
    if (reading.kind === "frame" || reading.kind === "hole") {
      at = reading.next;
      continue;
    }
    const next = findFrame(bytes, at);
    if (next === undefined) break;
    gaps.push({ from: at, to: next });
    at = next;
  }
  if (!isOurs && at === SEGMENT_HEADER_BYTES) return { bytes, soundBytes: 0, gaps, boundaries };
  if (!isOurs) gaps.push({ from: 0, to: SEGMENT_HEADER_BYTES });
  return { bytes, soundBytes: at, gaps, boundaries };
}

export function isDamaged({ gaps, soundBytes }: Scan, segment: Segment): boolean {
  return gaps.length > 0 || soundBytes < segment.bytes;
}

/**
 * Takes the damage out of a segment: what is lost is kept in a file beside it, so that somebody can look at it, and a hole takes its
 * place, so that all else stays where it is and positions go on to hold. Nothing sound is moved, and nothing of it needs room on the
 * disk. Returns the bytes of what is left; a segment of which nothing is left goes as a whole.
 */
export async function setAsideDamage(
  segment: Segment,
  { bytes, soundBytes, gaps }: Scan,
  { folder, clock, log }: { readonly folder: string; readonly clock: Clock; readonly log: Log },
): Promise<number> {
  const aside = `${segment.path}.damaged-${clock.now()}`;
  const lost = [...gaps.map(({ from, to }) => bytes.subarray(from, to)), bytes.subarray(soundBytes)];
  const lostBytes = lost.reduce((sum, { length }) => sum + length, 0);
  log.error({ segment: segment.number, bytes: segment.bytes, lost_bytes: lostBytes, aside }, "spool segment damaged");
  if (soundBytes <= SEGMENT_HEADER_BYTES) {
    await rename(segment.path, aside);
    await syncFolder(folder);
    return 0;
  }
  await replaceFile(folder, basename(aside), Buffer.concat(lost)).catch((cause: unknown) => {
    if (!isNoSpace(cause)) throw cause;
    log.warn({ aside }, "no space to keep the damaged part of a spool segment");
  });
  const file = await open(segment.path, "r+");
  try {
    for (const { from, to } of gaps) await writeFully(file, from === 0 ? SEGMENT_HEADER : encodeHole(to - from), from);
    await file.truncate(soundBytes);
    await file.sync();
  } finally {
    await file.close();
  }
  return soundBytes;
}

/** How many segments were ever set aside in this folder and still lie there. */
export async function countDamaged(folder: string): Promise<number> {
  return (await readdir(folder)).filter((name) => name.includes(".spool.damaged-")).length;
}
