import { type EpochMs, epochMsOf } from "../../../core/clock.ts";
import { HOUR_MS } from "../../../core/forecast/history.ts";
import type { Labels } from "../../../core/series.ts";
import { sortedInTurns } from "../../../core/sort-in-turns.ts";
import type { Asking } from "./asking.ts";
import { capacityTurns, pauseOfCapacity } from "./capacity-turns.ts";
import { cpuOf } from "./host-load.ts";

/** Hosts are ranked by one reading in each of these hours: all readings of 5,000 hosts would be hundreds of millions of samples. */
const RANKED_HOURS = 24;

export interface HostName {
  readonly cluster: string;
  readonly host: string;
}

interface Ranked extends HostName {
  /** The highest of its readings. */
  value: number;
}

/** Hosts that have one of the readings, that with the highest first; of equally busy ones by name. */
export async function busiestHosts(
  asking: Asking,
  {
    cluster,
    host,
    at,
  }: { readonly cluster: string | undefined; readonly host: string | undefined; readonly at: EpochMs },
): Promise<readonly HostName[]> {
  const query = cpuOf({ cluster, host });
  // A host has the same labels in most answers, as the same object: no name needs to be made of each reading.
  const highest = new Map<Labels, number>();
  for (let hour = 0; hour < (host === undefined ? RANKED_HOURS : 1); hour++) {
    const samples = await asking.instant(query, epochMsOf(Math.max(0, at - hour * HOUR_MS)));
    await capacityTurns.map(samples, ({ labels, value }) => {
      const known = highest.get(labels);
      if (known === undefined || value > known) highest.set(labels, Number.isNaN(value) ? 0 : value);
    });
  }
  return sortedInTurns(await byHost(highest), busiestFirst, pauseOfCapacity);
}

async function byHost(highest: ReadonlyMap<Labels, number>): Promise<readonly Ranked[]> {
  const found = new Map<string, Ranked>();
  await capacityTurns.map(highest, ([{ cluster = "", host = "" }, value]) => {
    const key = `${cluster}\u0000${host}`;
    const known = found.get(key);
    if (known === undefined) found.set(key, { cluster, host, value });
    else known.value = Math.max(known.value, value);
  });
  return [...found.values()];
}

function busiestFirst(a: Ranked, b: Ranked): number {
  return b.value - a.value || compared(a.cluster, b.cluster) || compared(a.host, b.host);
}

function compared(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
