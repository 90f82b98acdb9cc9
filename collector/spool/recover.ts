import { open, readdir, unlink } from "node:fs/promises";
import type { Clock } from "../../core/clock.ts";
import type { Log } from "../../core/log.ts";
import { isDamaged, scanSegment, setAsideDamage } from "./damage.ts";
import { makeFolder, syncFolder, TEMPORARY } from "./durable-file.ts";
import type { Frame } from "./frame.ts";
import { createSegment, listSegments, SEGMENT_HEADER_BYTES, type Segment } from "./segments.ts";

export interface RecoveryOptions {
  readonly folder: string;
  /** Called for each frame of the last two segments, oldest first. */
  readonly onRecovered?: ((frame: Frame) => void) | undefined;
}

/**
 * Brings a spool's folder into order after whatever ended the last process. Returns its segments, oldest first, at least
 * one. Only the last segment can be torn: a segment begins when all of the one before is durable.
 */
export async function recoverSegments(
  { folder, onRecovered = () => {} }: RecoveryOptions,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): Promise<readonly [Segment, ...Segment[]]> {
  makeFolder(folder);
  await dropTemporary(folder);
  const segments = await dropUnbegun(folder, await listSegments(folder));
  const last = segments.at(-1);
  for (const segment of segments.slice(-2)) {
    const scan = await scanSegment(segment, onRecovered);
    // A tail that was torn off is nothing's damage, but only the last segment can have one.
    const isTorn = segment === last && scan.gaps.length === 0 && scan.soundBytes >= SEGMENT_HEADER_BYTES;
    if (isTorn) await cutTail(segment, scan.soundBytes, log);
    else if (isDamaged(scan, segment)) segment.bytes = await setAsideDamage(segment, scan, { folder, clock, log });
  }
  // The process that made the last one may have been killed before its name was durable.
  await syncFolder(folder);
  const [oldest, ...others] = segments.filter((segment) => segment.bytes > 0);
  if (oldest !== undefined && (others.at(-1) ?? oldest) === last) return [oldest, ...others];
  // Numbers of a new spool begin at the clock, so that positions in a spool somebody deleted lie before it, not inside.
  const begun = await beginSegment(folder, (last?.number ?? clock.now()) + 1);
  return oldest === undefined ? [begun] : [oldest, ...others, begun];
}

/** A crash while a file was replaced leaves the new one beside it. */
async function dropTemporary(folder: string): Promise<void> {
  for (const name of await readdir(folder)) if (name.endsWith(TEMPORARY)) await unlink(`${folder}/${name}`);
}

/** A crash while a segment was created leaves a file without a whole header, and nothing in it. */
async function dropUnbegun(folder: string, segments: Segment[]): Promise<Segment[]> {
  const last = segments.at(-1);
  if (last === undefined || last.bytes >= SEGMENT_HEADER_BYTES) return segments;
  await unlink(last.path);
  await syncFolder(folder);
  return segments.slice(0, -1);
}

/** Also makes durable what the last process wrote without a sync: from now on it counts. */
async function cutTail(segment: Segment, soundBytes: number, log: Log): Promise<void> {
  const handle = await open(segment.path, "r+");
  try {
    if (soundBytes < segment.bytes) {
      log.warn({ segment: segment.number, cut_bytes: segment.bytes - soundBytes }, "spool tail cut");
      await handle.truncate(soundBytes);
      segment.bytes = soundBytes;
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function beginSegment(folder: string, number: number): Promise<Segment> {
  const { segment, handle } = await createSegment(folder, number);
  await handle.close();
  return segment;
}
