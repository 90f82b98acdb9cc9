import { type FullScope, SCOPE_KINDS, type ScopeKind, type SeriesLimits, scopeKey } from "./series-limits.ts";

/** How many of something there are by the kind of scope that had no room for their series. */
export type CountByScope = { readonly [kind in ScopeKind]: number };

export const NONE_BY_SCOPE: CountByScope = { store: 0, cluster: 0, host: 0, measurement: 0 };

/** Samples that were not taken, by why. */
export interface RefusedSamples {
  readonly tooManySeries: CountByScope;
  readonly tooOld: number;
  readonly tooNew: number;
}

export const NONE_REFUSED: RefusedSamples = { tooManySeries: NONE_BY_SCOPE, tooOld: 0, tooNew: 0 };

/** Full scopes of one commit that are told of one by one. */
const MOST_SCOPES = 100;

/** Counts what one commit refuses. */
export class RefusalTally {
  readonly samples = { tooManySeries: { ...NONE_BY_SCOPE }, tooOld: 0, tooNew: 0 };
  readonly #scopes = new Map<string, FullScope & { refusedSamples: number }>();

  get fullScopes(): readonly (FullScope & { readonly refusedSamples: number })[] {
    return [...this.#scopes.values()];
  }

  noRoom(full: FullScope, samples: number): void {
    this.samples.tooManySeries[full.kind] += samples;
    const key = scopeKey(full);
    const known = this.#scopes.get(key);
    if (known !== undefined) known.refusedSamples += samples;
    else if (this.#scopes.size < MOST_SCOPES) this.#scopes.set(key, { ...full, refusedSamples: samples });
  }
}

export function sumOf(left: RefusedSamples, right: RefusedSamples): RefusedSamples {
  return {
    tooManySeries: sumByScope(left.tooManySeries, right.tooManySeries),
    tooOld: left.tooOld + right.tooOld,
    tooNew: left.tooNew + right.tooNew,
  };
}

export function sumByScope(left: CountByScope, right: CountByScope): CountByScope {
  return {
    store: left.store + right.store,
    cluster: left.cluster + right.cluster,
    host: left.host + right.host,
    measurement: left.measurement + right.measurement,
  };
}

export function totalOf(counts: CountByScope): number {
  return SCOPE_KINDS.reduce((sum, kind) => sum + counts[kind], 0);
}

export function countOf({ tooManySeries, tooOld, tooNew }: RefusedSamples): number {
  return totalOf(tooManySeries) + tooOld + tooNew;
}

export function reasonOf(
  { tooManySeries, tooOld, tooNew }: RefusedSamples,
  { series, retentionHours }: { readonly series: SeriesLimits; readonly retentionHours: number },
): string {
  const reasons = [
    ...SCOPE_KINDS.map((kind) => {
      const of = kind === "store" ? "" : ` of a ${kind}`;
      return tooManySeries[kind] > 0 && `${tooManySeries[kind]} of new series above the limit of ${series[kind]}${of}`;
    }),
    tooOld > 0 && `${tooOld} older than ${retentionHours} h`,
    tooNew > 0 && `${tooNew} more than an hour ahead of the clock`,
  ];
  return reasons.filter((reason) => reason !== false).join(", ");
}
