import type { SqlReader } from "../sql-database.ts";
import { sql } from "../sql-text.ts";
import { blobCell, numberCell } from "./cells.ts";
import { type Keyframe, newestKeyframes } from "./keyframes.ts";
import { unpackPartCounts } from "./segment-format.ts";

/** How far a part has come since its newest keyframe. */
export interface PartProgress {
  keyframe: Keyframe;
  /** Sealed changes since. */
  changes: number;
  /** Segments since, each of which must be looked into for the state of the part. */
  segments: number;
}

/** The parts that are to get a keyframe: `changed` have a new state, `unchanged` have the one they had. */
export interface DueKeyframes {
  readonly changed: readonly string[];
  readonly unchanged: readonly string[];
}

/** How often parts get keyframes. */
export interface KeyframePace {
  /** A part is taken to have at least this many elements, so that few changes are not made into a keyframe. */
  readonly leastElements: number;
  /** A keyframe comes after this many segments in any case, or up to two thirds more. */
  readonly segments: number;
}

/** Below about 200 changes a keyframe is not worth its bytes. */
export const KEYFRAME_PACE: KeyframePace = { leastElements: 85, segments: 48 };

/** Neighbours lie in the same blocks: when one is due, those that soon will be come along. */
const NEIGHBOURS = 64;
const SOON = 0.7;

/**
 * A part is due when it has seen about two and a half times as many changes as it has elements, or when about 64 segments have
 * come since. Groups of neighbours have different thresholds, so that a whole cloud is not due at once.
 */
export function dueKeyframes(parts: ReadonlyMap<string, PartProgress>, pace: KeyframePace): DueKeyframes {
  const names = [...parts.keys()].sort();
  const changed: string[] = [];
  const unchanged: string[] = [];
  for (let start = 0; start < names.length; start += NEIGHBOURS) {
    const spread = ((start / NEIGHBOURS) * 37) % 64;
    const group = names.slice(start, start + NEIGHBOURS).flatMap((part) => {
      const progress = parts.get(part);
      return progress === undefined ? [] : [{ part, progress, ripeness: ripeness(progress, pace, spread / 64) }];
    });
    if (!group.some(({ ripeness }) => ripeness >= 1)) continue;
    for (const { part, progress, ripeness } of group) {
      if (ripeness < SOON) continue;
      if (progress.changes > 0) changed.push(part);
      else unchanged.push(part);
    }
  }
  return { changed, unchanged };
}

/** From 0, just after a keyframe, to 1, when the next one is due. `spread` lies in 0 … 1. */
function ripeness({ keyframe, changes, segments }: PartProgress, pace: KeyframePace, spread: number): number {
  const enough = (1.7 + 1.2 * spread) * Math.max(pace.leastElements, keyframe.elements);
  return Math.max(changes / enough, segments / (pace.segments * (1 + (2 / 3) * spread)));
}

/** What is stored of it, for when it is not in memory. */
export async function readProgress(reader: SqlReader, cluster: string): Promise<Map<string, PartProgress>> {
  const progress = new Map<string, PartProgress>();
  const keyframes = await newestKeyframes(reader, { cluster, upToRevision: Number.MAX_SAFE_INTEGER });
  let oldest = Number.MAX_SAFE_INTEGER;
  for (const [part, keyframe] of keyframes) {
    progress.set(part, { keyframe, changes: 0, segments: 0 });
    oldest = Math.min(oldest, keyframe.revision);
  }
  const query = sql`SELECT last_revision, part_data FROM segments
    WHERE cluster = ${cluster} AND last_revision > ${oldest} ORDER BY last_revision`;
  for await (const rows of reader.stream(query)) {
    for (const [last, data] of rows) {
      addSegment(progress, numberCell(last), unpackPartCounts(blobCell(data)));
    }
  }
  return progress;
}

export function addSegment(
  progress: ReadonlyMap<string, PartProgress>,
  lastRevision: number,
  counts: ReadonlyMap<string, number>,
): void {
  for (const [part, count] of counts) {
    const one = progress.get(part);
    if (one !== undefined && lastRevision > one.keyframe.revision) one.changes += count;
  }
  for (const one of progress.values()) if (lastRevision > one.keyframe.revision) one.segments++;
}
