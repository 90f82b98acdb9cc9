/** What series are counted by: all there are, those of a cluster, and those of a host or a measurement of that cluster. */
export const SCOPE_KINDS = ["store", "cluster", "host", "measurement"] as const;
export type ScopeKind = (typeof SCOPE_KINDS)[number];

/** Most series of each scope of a kind, as PromQL counts them; Infinity for no limit. */
export type SeriesLimits = { readonly [kind in ScopeKind]: number };

export const NO_LIMITS: SeriesLimits = {
  store: Number.POSITIVE_INFINITY,
  cluster: Number.POSITIVE_INFINITY,
  host: Number.POSITIVE_INFINITY,
  measurement: Number.POSITIVE_INFINITY,
};

export type LimitPerScope = { readonly [kind in Exclude<ScopeKind, "store">]?: number | undefined };

export function seriesLimitsOf(told: {
  readonly series: number;
  readonly seriesPer?: LimitPerScope | undefined;
}): SeriesLimits {
  const { cluster, host, measurement } = told.seriesPer ?? {};
  return {
    store: told.series,
    cluster: cluster ?? NO_LIMITS.cluster,
    host: host ?? NO_LIMITS.host,
    measurement: measurement ?? NO_LIMITS.measurement,
  };
}

/** What the limits are called in the section `metrics` of the configuration. */
export const LIMIT_SETTINGS: { readonly [kind in ScopeKind]: string } = {
  store: "max_series",
  cluster: "max_series_per_cluster",
  host: "max_series_per_host",
  measurement: "max_series_per_measurement",
};

/** Whose a series is. */
export interface SeriesOrigin {
  readonly cluster: string;
  /** Undefined of a series without that label: it is no host's. */
  readonly host: string | undefined;
  readonly measurement: string;
}

export interface SeriesScope {
  readonly kind: ScopeKind;
  /** Empty of the store. */
  readonly cluster: string;
  /** Which host or measurement; empty of the others. */
  readonly name: string;
}

export interface CountedScope extends SeriesScope {
  readonly series: number;
}

/** A scope that has no room for a series. */
export interface FullScope extends CountedScope {
  readonly limit: number;
}

/** The scopes of a series, the smallest first: what is refused is laid to whoever is nearest to it. */
export function scopesOf({ cluster, host, measurement }: SeriesOrigin): readonly SeriesScope[] {
  return [
    ...(host === undefined ? [] : [{ kind: "host", cluster, name: host } as const]),
    { kind: "measurement", cluster, name: measurement },
    { kind: "cluster", cluster, name: "" },
    STORE,
  ];
}

export const STORE: SeriesScope = { kind: "store", cluster: "", name: "" };

/** Equal for the same scope. */
export function scopeKey({ kind, cluster, name }: SeriesScope): string {
  return `${kind}\n${cluster}\n${name}`;
}

/** As in: host "a" of cluster "c" has 20000 series. */
export function scopeText({ kind, cluster, name }: SeriesScope): string {
  if (kind === "store") return "the store";
  return kind === "cluster" ? `cluster "${cluster}"` : `${kind} "${name}" of cluster "${cluster}"`;
}
