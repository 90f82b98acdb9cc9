import { type EpochMs, epochMsOf } from "../../../core/clock.ts";
import type { Labels } from "../../../core/series.ts";
import { sortedInTurns } from "../../../core/sort-in-turns.ts";
import type { InstantSample } from "../../../promql/results.ts";
import type { CapacityClusterSchema, CapacityScope, CapacityThing } from "../../api/capacity.ts";
import type { Asking } from "./asking.ts";
import { capacityTurns, pauseOfCapacity } from "./capacity-turns.ts";
import { type CapacityFilter, keyOfLabels, nameTheSame, selectorsOf, thingOf } from "./things.ts";

/** What is used of one thing, as OpenStack said last. */
export interface Amounts {
  readonly thing: CapacityThing;
  readonly at: EpochMs;
  readonly used: number;
  /** Undefined where there is no limit. */
  readonly total: number | undefined;
}

export interface Amounted {
  /** The fullest. */
  readonly rows: readonly Amounts[];
  /** How many there are of all. */
  readonly found: number;
  readonly clusters: readonly CapacityClusterSchema[];
}

/** A round of the sync reaches all of a cluster within this; what its last round did not tell of is gone. */
const SAME_ROUND_MS = 15 * 60_000;
/** Figures come each minute: so many are missing. */
const STALE_MS = 20 * 60_000;
/** Between two looks at the clock. */
const THINGS_PER_LOOK = 64;

/** What the last round of each cluster told, the fullest first, so many at most. */
export async function amountsAt(
  asking: Asking,
  {
    filter,
    at,
    most = Number.POSITIVE_INFINITY,
  }: { readonly filter: CapacityFilter; readonly at: EpochMs; readonly most?: number },
): Promise<Amounted> {
  const { used, total } = selectorsOf(filter);
  const [usedNow, totalNow, times] = await Promise.all([
    asking.instant(used, at),
    asking.instant(total, at),
    asking.instant(`timestamp(${used})`, at),
  ]);
  const things = await thingsOf(usedNow, filter.scope);
  const totals = await valuesFor(things, totalNow, filter.scope);
  const seen = await valuesFor(things, times, filter.scope);
  const all = await capacityTurns.map(things.entries(), ([i, { key, sample }]): Ranked => {
    const { labels, value } = sample;
    const limit = totals[i];
    const seconds = seen[i] ?? at / 1_000;
    // A quota of -1 is none.
    const total = limit === undefined || limit < 0 ? undefined : limit;
    const share = shareOf({ used: value, total }) ?? -1;
    return { key, labels, used: value, total, share, at: epochMsOf(seconds * 1_000) };
  });
  const last = lastByCluster(all);
  const told = all.filter((row) => (last.get(row.labels.cluster ?? "") ?? 0) - row.at <= SAME_ROUND_MS);
  const fullest = (await sortedInTurns(fullestOf(told, most), fullestFirst, pauseOfCapacity)).slice(0, most);
  const rows = await capacityTurns.map(fullest, ({ labels, used, total, at }): Amounts | undefined => {
    const thing = thingOf(labels, filter.scope);
    return thing && { thing, used, total, at };
  });
  return { rows, found: told.length, clusters: clustersOf(last, at) };
}

/** Those of which so many are the fullest: these, and what is as full as the last of them. */
function fullestOf(rows: readonly Ranked[], most: number): readonly Ranked[] {
  if (rows.length <= most) return rows;
  const least = Float64Array.from(rows, ({ share }) => share).sort()[rows.length - most] ?? Number.NEGATIVE_INFINITY;
  return rows.filter(({ share }) => !(share < least));
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

interface Thing {
  readonly key: string;
  /** Where the answer has it. */
  readonly place: number;
  readonly sample: InstantSample;
}

/** What an answer is about. Of labels that name the same thing the last count. */
async function thingsOf(
  samples: readonly InstantSample[],
  scope: CapacityScope | undefined,
): Promise<readonly Thing[]> {
  const found = new Map<string, Thing>();
  await capacityTurns.map(samples.entries(), ([place, sample]) => {
    const key = keyOfLabels(sample.labels, scope);
    if (key !== undefined) found.set(key, { key, place, sample });
  });
  return [...found.values()];
}

/** Of each of tens of thousands of things; those that are told become `Amounts`. */
interface Ranked extends Omit<Amounts, "thing"> {
  readonly key: string;
  readonly labels: Labels;
  /** -1 without a limit. */
  readonly share: number;
}

function fullestFirst(a: Ranked, b: Ranked): number {
  return b.share - a.share || (a.key < b.key ? -1 : 1);
}

function lastByCluster(rows: readonly Ranked[]): ReadonlyMap<string, EpochMs> {
  const last = new Map<string, EpochMs>();
  for (const {
    labels: { cluster = "" },
    at,
  } of rows) {
    if (at > (last.get(cluster) ?? 0)) last.set(cluster, at);
  }
  return last;
}

function clustersOf(last: ReadonlyMap<string, EpochMs>, at: EpochMs): readonly CapacityClusterSchema[] {
  return [...last]
    .map(([cluster, synced]) => ({ cluster, synced_at: synced, stale: at - synced > STALE_MS }))
    .toSorted((a, b) => (a.cluster < b.cluster ? -1 : 1));
}

/**
 * What another answer has for each of these things, if anything. Answers about the same things mostly have them in the same order: then
 * no keys need to be made of it.
 */
async function valuesFor(
  things: readonly Thing[],
  samples: readonly InstantSample[],
  scope: CapacityScope | undefined,
): Promise<readonly (number | undefined)[]> {
  let places: ReadonlyMap<string, number> | undefined;
  const values: (number | undefined)[] = [];
  for (const { key, place, sample } of things) {
    const beside = samples[place];
    if (beside !== undefined && nameTheSame(beside.labels, sample.labels)) values.push(beside.value);
    else {
      places ??= new Map((await thingsOf(samples, scope)).map((one) => [one.key, one.place]));
      values.push(samples[places.get(key) ?? -1]?.value);
    }
    const pausing = values.length % THINGS_PER_LOOK === 0 ? pauseOfCapacity(1) : undefined;
    if (pausing !== undefined) await pausing;
  }
  return values;
}
