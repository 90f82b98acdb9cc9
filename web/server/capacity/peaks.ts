import { type EpochMs, epochMsOf } from "../../../core/clock.ts";
import { DAY_MS, HOUR_MS } from "../../../core/forecast/history.ts";
import { quantileOf } from "../../../core/forecast/quantiles.ts";
import type { Series } from "../../../core/series.ts";
import { type CapacityPeaksResponse, HOURS_PER_WEEK } from "../../api/capacity.ts";
import type { Asking } from "./asking.ts";
import { selectorOf, type Wanted } from "./selector.ts";

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
const READING = "5m";
const BUSIEST_HOURS = 5;
/** Hosts are ranked by one reading in each of these hours: all readings of 5,000 hosts would be hundreds of millions of samples. */
const RANKED_HOURS = 24;

interface Named {
  readonly cluster: string;
  readonly host: string;
}

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
  const highest = new Map<string, Named & { value: number }>();
  const hours = host === undefined ? RANKED_HOURS : 1;
  for (let hour = 0; hour < hours; hour++) {
    const moment = epochMsOf(Math.max(0, at - hour * HOUR_MS));
    for (const { labels, value } of await asking.instant(cpuOf({ cluster, host }), moment)) {
      const named = { cluster: labels.cluster ?? "", host: labels.host ?? "" };
      const key = `${named.cluster}\u0000${named.host}`;
      if (!(value <= (highest.get(key)?.value ?? Number.NEGATIVE_INFINITY))) highest.set(key, { ...named, value });
    }
  }
  // A host that is asked for by name may be silent now and still have a past.
  if (host !== undefined && highest.size === 0 && cluster !== undefined)
    return { found: 1, chosen: [{ cluster, host }] };
  const ranked = [...highest.values()].toSorted((a, b) => b.value - a.value);
  return {
    found: ranked.length,
    chosen: ranked.slice(0, limit).map(({ cluster: own, host: name }) => ({ cluster: own, host: name })),
  };
}

/** Share of all processors that were busy. `all` is the sum over processors. */
function cpuOf(wanted: Wanted): string {
  const idle = selectorOf("cpu_idle_s", { ...wanted, cpu: "all" });
  const processors = `last_over_time(${selectorOf("system_cpus", wanted)}[${READING}])`;
  return `clamp(1 - rate(${idle}[${READING}]) / ignoring(cpu) ${processors}, 0, 1)`;
}

/** Bits per second of the network cards, which carry what bonds and tunnels above them count again. */
function networkOf(wanted: Wanted): string {
  const rate = (direction: string) =>
    `rate(${selectorOf(`net_if_${direction}_bytes`, { ...wanted, kind: "nic" })}[${READING}])`;
  return `8 * (sum by (cluster, host) (${rate("rx")}) + sum by (cluster, host) (${rate("tx")}))`;
}

async function profileOf(asking: Asking, query: string, { at, weeks, offsetMinutes }: PeaksAsked): Promise<Profile> {
  const range = { from: epochMsOf(Math.max(0, at - weeks * 7 * DAY_MS)), to: at, stepMs: READING_MS };
  const [series] = await asking.range(query, range);
  return weekProfile(series, offsetMinutes);
}

/** A reading belongs to the hour it is of: the five minutes before it. */
export function weekProfile(series: Series | undefined, offsetMinutes: number): Profile {
  const readings = Array.from({ length: HOURS_PER_WEEK }, (): number[] => []);
  for (const [i, at] of series?.timesMs.entries() ?? []) {
    readings[hourOfWeek(at - READING_MS, offsetMinutes)]?.push(series?.values[i] ?? 0);
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
