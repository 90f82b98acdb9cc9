import { type EpochMs, epochMsOf } from "../../../core/clock.ts";
import { sortedInTurns } from "../../../core/sort-in-turns.ts";
import type { CapacityClusterSchema, CapacityScope, CapacityThing } from "../../api/capacity.ts";
import type { Asking } from "./asking.ts";
import { capacityTurns, pauseOfCapacity } from "./capacity-turns.ts";
import { type CapacityFilter, keyOf, selectorsOf, thingOf } from "./things.ts";

/** What is used of one thing, as OpenStack said last. */
export interface Amounts {
  readonly thing: CapacityThing;
  readonly at: EpochMs;
  readonly used: number;
  /** Undefined where there is no limit. */
  readonly total: number | undefined;
}

export interface Amounted {
  readonly rows: readonly Amounts[];
  readonly clusters: readonly CapacityClusterSchema[];
}

/** A round of the sync reaches all of a cluster within this; what its last round did not tell of is gone. */
const SAME_ROUND_MS = 15 * 60_000;
/** Three rounds of five minutes, and some more. */
const STALE_MS = 20 * 60_000;

/** What the last round of each cluster told, the fullest first. */
export async function amountsAt(asking: Asking, filter: CapacityFilter, at: EpochMs): Promise<Amounted> {
  const { used, total } = selectorsOf(filter);
  const [usedNow, totalNow, times] = await Promise.all([
    asking.instant(used, at),
    asking.instant(total, at),
    asking.instant(`timestamp(${used})`, at),
  ]);
  const totals = await byThing(totalNow, filter.scope);
  const seen = await byThing(times, filter.scope);
  const all = await capacityTurns.map(await byThing(usedNow, filter.scope), ([key, { thing, value }]): Ranked => {
    const limit = totals.get(key)?.value;
    const seconds = seen.get(key)?.value ?? at / 1_000;
    // A quota of -1 is none.
    const total = limit === undefined || limit < 0 ? undefined : limit;
    return {
      ...{ thing, used: value, total, at: epochMsOf(seconds * 1_000) },
      ...{ key, share: shareOf({ used: value, total }) ?? -1 },
    };
  });
  const last = lastByCluster(all);
  const rows = all.filter((row) => (last.get(row.thing.cluster) ?? 0) - row.at <= SAME_ROUND_MS);
  return { rows: await sortedInTurns(rows, fullestFirst, pauseOfCapacity), clusters: clustersOf(last, at) };
}

export function shareOf({ used, total }: Pick<Amounts, "used" | "total">): number | undefined {
  return total === undefined || total === 0 ? undefined : used / total;
}

/** What a row says of its amounts. */
export function amountsJson({ used, total }: Pick<Amounts, "used" | "total">) {
  const share = shareOf({ used, total });
  return {
    used,
    ...(total === undefined ? {} : { total, available: Math.max(0, total - used) }),
    ...(share === undefined ? {} : { share }),
  };
}

async function byThing(
  samples: Awaited<ReturnType<Asking["instant"]>>,
  scope: CapacityScope | undefined,
): Promise<ReadonlyMap<string, { readonly thing: CapacityThing; readonly value: number }>> {
  const things = await capacityTurns.map(samples, ({ labels, value }) => {
    const thing = thingOf(labels, scope);
    return thing === undefined ? undefined : ([keyOf(thing), { thing, value }] as const);
  });
  return new Map(things);
}

interface Ranked extends Amounts {
  readonly key: string;
  /** -1 without a limit. */
  readonly share: number;
}

function fullestFirst(a: Ranked, b: Ranked): number {
  return b.share - a.share || (a.key < b.key ? -1 : 1);
}

function lastByCluster(rows: readonly Amounts[]): ReadonlyMap<string, EpochMs> {
  const last = new Map<string, EpochMs>();
  for (const { thing, at } of rows) {
    if (at > (last.get(thing.cluster) ?? 0)) last.set(thing.cluster, at);
  }
  return last;
}

function clustersOf(last: ReadonlyMap<string, EpochMs>, at: EpochMs): readonly CapacityClusterSchema[] {
  return [...last]
    .map(([cluster, synced]) => ({ cluster, synced_at: synced, stale: at - synced > STALE_MS }))
    .toSorted((a, b) => (a.cluster < b.cluster ? -1 : 1));
}
