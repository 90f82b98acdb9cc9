import { LargestScopes } from "./largest-scopes.ts";
import {
  type CountedScope,
  type FullScope,
  NO_LIMITS,
  type ScopeKind,
  type SeriesLimits,
  type SeriesOrigin,
  type SeriesScope,
  scopeKey,
  scopesOf,
} from "./series-limits.ts";
import { WIDEST_COLUMNS } from "./shapes.ts";

/** What changed of the scopes that are tight. */
export interface TightChanges {
  /** How many times series were forgotten: who remembers that a series is there remembers it of one of these times. */
  readonly forgettings: number;
  readonly scopes: readonly { readonly scope: SeriesScope; readonly isTight: boolean }[];
}

/**
 * How many series there are of each scope. Counted when a series comes or goes, never for a sample. A scope is tight when it may have
 * no room for what comes next: a row of the widest measurement is as many series as it has columns.
 */
export class SeriesCounts {
  readonly #limits: SeriesLimits;
  #store = 0;
  readonly #clusters = new Map<string, ClusterCounts>();
  readonly #tight = new Map<string, SeriesScope>();
  /** Scopes that may have become tight, or not, since the last changes were taken. */
  readonly #changed = new Map<string, { readonly scope: SeriesScope; readonly wasTight: boolean }>();
  #forgettings = 0;
  #toldForgettings = 0;
  readonly #largest = { host: new LargestScopes("host"), measurement: new LargestScopes("measurement") };

  constructor(limits: SeriesLimits = NO_LIMITS) {
    this.#limits = limits;
  }

  /** All there are. */
  get total(): number {
    return this.#store;
  }

  add(origin: SeriesOrigin, series: number): void {
    const counts = this.#change(origin, series);
    for (const kind of ["host", "measurement"] as const) {
      const name = origin[kind];
      if (name !== undefined) this.#largest[kind].saw(origin.cluster, name, counts[kind].get(name) ?? 0);
    }
    const limits = this.#limits;
    if (this.#store + WIDEST_COLUMNS > limits.store) this.#tighten(origin, "store");
    if (counts.cluster + WIDEST_COLUMNS > limits.cluster) this.#tighten(origin, "cluster");
    if ((counts.measurement.get(origin.measurement) ?? 0) + WIDEST_COLUMNS > limits.measurement)
      this.#tighten(origin, "measurement");
    if (origin.host !== undefined && (counts.host.get(origin.host) ?? 0) + WIDEST_COLUMNS > limits.host)
      this.#tighten(origin, "host");
  }

  /** To be followed by `forgot` when all that go have gone. */
  remove(origin: SeriesOrigin, series: number): void {
    this.#change(origin, -series);
  }

  forgot(): void {
    this.#forgettings++;
    for (const [key, scope] of this.#tight) {
      const count = this.countOf(scope);
      // What is gone altogether is not remembered, however low the limit.
      if (count > 0 && count + WIDEST_COLUMNS > this.#limits[scope.kind]) continue;
      this.#tight.delete(key);
      this.#note(key, scope, true);
    }
    for (const kind of ["host", "measurement"] as const) {
      this.#largest[kind].clear();
      for (const [cluster, counts] of this.#clusters) {
        for (const [name, series] of counts[kind]) this.#largest[kind].saw(cluster, name, series);
      }
    }
  }

  /** The first of a series' scopes that has no room for it; undefined when all have. */
  fullFor(origin: SeriesOrigin, series: number): FullScope | undefined {
    for (const scope of scopesOf(origin)) {
      const [count, limit] = [this.countOf(scope), this.#limits[scope.kind]];
      if (count + series > limit) return { ...scope, series: count, limit };
    }
    return undefined;
  }

  countOf({ kind, cluster, name }: SeriesScope): number {
    if (kind === "store") return this.#store;
    const counts = this.#clusters.get(cluster);
    if (counts === undefined) return 0;
    return kind === "cluster" ? counts.cluster : (counts[kind].get(name) ?? 0);
  }

  /** The few with the most series, the largest first. */
  largest(kind: "host" | "measurement"): readonly CountedScope[] {
    return this.#largest[kind].scopes;
  }

  /** Since they were taken the last time; undefined when nothing changed. */
  takeTightChanges(): TightChanges | undefined {
    const scopes = [...this.#changed].flatMap(([key, { scope, wasTight }]) => {
      const isTight = this.#tight.has(key);
      return isTight === wasTight ? [] : [{ scope, isTight }];
    });
    this.#changed.clear();
    if (scopes.length === 0 && this.#toldForgettings === this.#forgettings) return undefined;
    this.#toldForgettings = this.#forgettings;
    return { forgettings: this.#forgettings, scopes };
  }

  #change({ cluster, host, measurement }: SeriesOrigin, by: number): ClusterCounts {
    this.#store += by;
    let counts = this.#clusters.get(cluster);
    if (counts === undefined) {
      counts = { cluster: 0, host: new Map(), measurement: new Map() };
      this.#clusters.set(cluster, counts);
    }
    counts.cluster += by;
    changeIn(counts.measurement, measurement, by);
    if (host !== undefined) changeIn(counts.host, host, by);
    if (counts.cluster === 0) this.#clusters.delete(cluster);
    return counts;
  }

  #tighten(origin: SeriesOrigin, kind: ScopeKind): void {
    const scope = scopesOf(origin).find((one) => one.kind === kind);
    if (scope === undefined) return;
    const key = scopeKey(scope);
    if (this.#tight.has(key)) return;
    this.#tight.set(key, scope);
    this.#note(key, scope, false);
  }

  #note(key: string, scope: SeriesScope, wasTight: boolean): void {
    if (!this.#changed.has(key)) this.#changed.set(key, { scope, wasTight });
  }
}

interface ClusterCounts {
  cluster: number;
  readonly host: Map<string, number>;
  readonly measurement: Map<string, number>;
}

function changeIn(counts: Map<string, number>, name: string, by: number): void {
  const count = (counts.get(name) ?? 0) + by;
  if (count === 0) counts.delete(name);
  else counts.set(name, count);
}
