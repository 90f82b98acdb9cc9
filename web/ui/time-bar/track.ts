import type { EpochMs } from "../../../core/clock.ts";
import { apply, invert } from "../../../topology/model/change.ts";
import type { RecordedChange } from "../../../topology/model/revision.ts";
import type { Topology } from "../../../topology/model/topology.ts";

/**
 * A state of the topology together with the changes around it: from it the state at any moment of its span follows
 * without asking the server. Volatile attributes are not part of changes and stay as they were at the state given.
 */
export interface Track {
  readonly topology: Topology;
  /** The moment `topology` is the state of. */
  readonly at: EpochMs;
  /** All changes with `from < at <= to`, oldest first. */
  readonly changes: readonly RecordedChange[];
  readonly from: EpochMs;
  readonly to: EpochMs;
}

export function covers(track: Track, at: EpochMs): boolean {
  return track.from <= at && at <= track.to && track.from <= track.at && track.at <= track.to;
}

/** The state at a moment of the track's span. */
export function topologyAt(track: Track, at: EpochMs): Topology {
  return topologyAfter(track, countUntil(track.changes, at));
}

/** The state after the first `count` changes of the track. The very same topology when that is where it stands. */
export function topologyAfter(track: Track, count: number): Topology {
  const here = countUntil(track.changes, track.at);
  if (here === count) return track.topology;
  const between = track.changes.slice(Math.min(here, count), Math.max(here, count)).map(({ change }) => change);
  return apply(track.topology, count > here ? between : invert(between));
}

/** How many changes happened at or before a moment. */
export function countUntil(changes: readonly RecordedChange[], at: EpochMs): number {
  let [low, high] = [0, changes.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const change = changes[middle];
    if (change !== undefined && change.at <= at) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The moment of the first change after `at`. */
export function changeAfter(changes: readonly RecordedChange[], at: EpochMs): EpochMs | undefined {
  return changes[countUntil(changes, at)]?.at;
}
