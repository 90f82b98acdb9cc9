import { type EpochMs, epochMsOf } from "../../../core/clock.ts";
import type { CapacityClusterSchema, CapacityScope, CapacityThing } from "../../api/capacity.ts";
import type { Asking } from "./asking.ts";
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
  const totals = byThing(totalNow, filter.scope);
  const seen = byThing(times, filter.scope);
  const all = [...byThing(usedNow, filter.scope)].map(([key, { thing, value }]): Amounts => {
    const limit = totals.get(key)?.value;
    const seconds = seen.get(key)?.value ?? at / 1_000;
    // A quota of -1 is none.
    return {
      thing,
      used: value,
      total: limit === undefined || limit < 0 ? undefined : limit,
      at: epochMsOf(seconds * 1_000),
    };
  });
  const last = lastByCluster(all);
  const rows = all.filter((row) => (last.get(row.thing.cluster) ?? 0) - row.at <= SAME_ROUND_MS);
  return { rows: rows.toSorted(fullestFirst), clusters: clustersOf(last, at) };
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

function byThing(
  samples: Awaited<ReturnType<Asking["instant"]>>,
  scope: CapacityScope | undefined,
): ReadonlyMap<string, { readonly thing: CapacityThing; readonly value: number }> {
  const things = new Map<string, { thing: CapacityThing; value: number }>();
  for (const { labels, value } of samples) {
    const thing = thingOf(labels, scope);
    if (thing !== undefined) things.set(keyOf(thing), { thing, value });
  }
  return things;
}

function fullestFirst(a: Amounts, b: Amounts): number {
  return (shareOf(b) ?? -1) - (shareOf(a) ?? -1) || (keyOf(a.thing) < keyOf(b.thing) ? -1 : 1);
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
