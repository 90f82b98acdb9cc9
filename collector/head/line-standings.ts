import type { EpochMs } from "../../core/clock.ts";
import type { EmbeddedMetrics } from "../../store/embedded/metrics/head.ts";
import { type FullScope, scopeKey } from "../../store/embedded/metrics/series-limits.ts";
import { LineReader } from "../line-protocol/parse.ts";
import type { Precision } from "../line-protocol/precision.ts";
import type { SeriesKeys } from "../line-protocol/series-keys.ts";

/** Lines, all of them good, of which is asked what would come of them. */
export interface AskedLines {
  readonly lines: Uint8Array;
  readonly precision: Precision;
  readonly receivedAt: EpochMs;
  /** The label of lines that have none. */
  readonly cluster: string;
}

/** For each line in its order: `KNOWN`, `FITS`, or where in `full` it says which scope has no room for it. */
export interface LineStandings {
  readonly places: Int32Array;
  readonly full: readonly FullScope[];
}

/** All series of the line are there. */
export const KNOWN = -1;
/** The head would take at least a part of the line. */
export const FITS = -2;

export function standingsOf(
  head: Pick<EmbeddedMetrics, "standingOf">,
  { lines, precision, receivedAt, cluster }: AskedLines,
  keys: SeriesKeys,
): LineStandings {
  const body = Buffer.from(lines.buffer, lines.byteOffset, lines.byteLength);
  const reader = new LineReader(body, { precision, receivedAt, keys });
  const places: number[] = [];
  const full: FullScope[] = [];
  const placeOf = new Map<string, number>();
  while (reader.nextGood()) {
    const standing = head.standingOf(reader, cluster);
    if (standing.kind !== "refused") {
      places.push(standing.kind === "known" ? KNOWN : FITS);
      continue;
    }
    const key = scopeKey(standing.full);
    const place = placeOf.get(key) ?? full.push(standing.full) - 1;
    placeOf.set(key, place);
    places.push(place);
  }
  return { places: Int32Array.from(places), full };
}
