import { type EpochMs, epochMsOf } from "../../../core/clock.ts";
import { DAY_MS, HOUR_MS } from "../../../core/forecast/history.ts";
import { quantileOf } from "../../../core/forecast/quantiles.ts";
import type { Series } from "../../../core/series.ts";
import { type CapacityPeaksResponse, HOURS_PER_WEEK } from "../../api/capacity.ts";
import type { Asking } from "./asking.ts";
import { busiestHosts } from "./busiest-hosts.ts";
import { cpuOf, networkOf } from "./host-load.ts";

export interface PeaksAsked {
  readonly cluster: string | undefined;
  readonly host: string | undefined;
  readonly at: EpochMs;
  readonly weeks: number;
  readonly offsetMinutes: number;
  /** Hosts at most. */
  readonly limit: number;
}

type Peaks = Pick<CapacityPeaksResponse, "hosts" | "found">;
type Profile = CapacityPeaksResponse["hosts"][number]["cpu"];

const READING_MS = 5 * 60_000;
const BUSIEST_HOURS = 5;
const WEEK_MS = 7 * DAY_MS;
/** A query answers at most 11,000 steps. */
const WEEKS_AT_ONCE = 4;

/** The hours of the week when hosts are busiest; without `host`, of the hosts that were busiest in the last day. */
export async function peaksOf(asking: Asking, asked: PeaksAsked): Promise<Peaks> {
  const { found, chosen } = await hostsOf(asking, asked);
  const hosts: Peaks["hosts"] = [];
  for (const named of chosen) {
    const cpu = await profileOf(asking, cpuOf({ ...named }), asked);
    const network = await profileOf(asking, networkOf({ ...named }), asked);
    hosts.push({ ...named, cpu, network });
  }
  return { hosts, found };
}

async function hostsOf(asking: Asking, { cluster, host, at, limit }: PeaksAsked) {
  const ranked = await busiestHosts(asking, { cluster, host, at });
  // A host that is asked for by name may be silent now and still have a past.
  if (host !== undefined && ranked.length === 0 && cluster !== undefined)
    return { found: 1, chosen: [{ cluster, host }] };
  return {
    found: ranked.length,
    chosen: ranked.slice(0, limit).map(({ cluster: own, host: name }) => ({ cluster: own, host: name })),
  };
}

async function profileOf(asking: Asking, query: string, { at, weeks, offsetMinutes }: PeaksAsked): Promise<Profile> {
  const parts: Series[] = [];
  for (let left = weeks; left > 0; left -= WEEKS_AT_ONCE) {
    const from = at - left * WEEK_MS;
    const to = from + Math.min(left, WEEKS_AT_ONCE) * WEEK_MS;
    // The reading at the end of one part is not that of the next, too.
    const begin = left === weeks ? from : from + READING_MS;
    if (to <= 0) continue;
    const range = { from: epochMsOf(Math.max(0, begin)), to: epochMsOf(to), stepMs: READING_MS };
    const [series] = await asking.range(query, range);
    if (series !== undefined) parts.push(series);
  }
  return weekProfile(parts, offsetMinutes);
}

/** A reading belongs to the hour it is of: the five minutes before it. */
export function weekProfile(parts: readonly Series[], offsetMinutes: number): Profile {
  const readings = Array.from({ length: HOURS_PER_WEEK }, (): number[] => []);
  for (const { timesMs, values } of parts) {
    for (const [i, at] of timesMs.entries()) {
      readings[hourOfWeek(at - READING_MS, offsetMinutes)]?.push(values[i] ?? 0);
    }
  }
  const p95 = readings.map((values) => (values.length === 0 ? null : quantileOf(values, 0.95)));
  const busiest = p95
    .flatMap((value, hour) => (value === null ? [] : [{ hour, value }]))
    .toSorted((a, b) => b.value - a.value || a.hour - b.hour)
    .slice(0, BUSIEST_HOURS);
  return { p95, busiest };
}

/** Monday 00:00 is 0. 1970-01-01 was a Thursday. */
export function hourOfWeek(atMs: number, offsetMinutes: number): number {
  const hours = Math.floor((atMs + offsetMinutes * 60_000) / HOUR_MS) + 3 * 24;
  return ((hours % HOURS_PER_WEEK) + HOURS_PER_WEEK) % HOURS_PER_WEEK;
}
