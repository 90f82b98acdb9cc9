// Which microversions and habits a release of OpenStack has. Source: the "REST API version history" of Nova, Placement
// and Cinder, and the release notes of Keystone, Neutron and Glance.

export interface Release {
  readonly compute: string;
  readonly placement: string;
  readonly volume: string;
  readonly identity: string;
  readonly image: string;
  /** Endpoints of Nova in the catalogue end with the project. */
  readonly projectInComputeUrl: boolean;
  /** A token of the whole system is refused where a project's is asked for. */
  readonly refusesSystemTokens: boolean;
  /** Extensions of Neutron that came later. */
  readonly lacks: readonly string[];
}

const LATE_EXTENSIONS = ["filter-validation", "network-ip-availability-details", "security-groups-shared-filtering"];

export const RELEASES = {
  queens: {
    ...{ compute: "2.60", placement: "1.17", volume: "3.50", identity: "v3.10", image: "v2.6" },
    ...{ projectInComputeUrl: true, refusesSystemTokens: false, lacks: LATE_EXTENSIONS },
  },
  train: {
    ...{ compute: "2.79", placement: "1.36", volume: "3.59", identity: "v3.13", image: "v2.9" },
    ...{ projectInComputeUrl: false, refusesSystemTokens: false, lacks: LATE_EXTENSIONS.slice(1) },
  },
  wallaby: {
    ...{ compute: "2.88", placement: "1.36", volume: "3.64", identity: "v3.14", image: "v2.13" },
    ...{ projectInComputeUrl: false, refusesSystemTokens: false, lacks: LATE_EXTENSIONS.slice(1) },
  },
  "2024.1": {
    ...{ compute: "2.96", placement: "1.39", volume: "3.71", identity: "v3.14", image: "v2.17" },
    ...{ projectInComputeUrl: false, refusesSystemTokens: true, lacks: ["network-ip-availability-details"] },
  },
  "2025.1": {
    ...{ compute: "2.100", placement: "1.39", volume: "3.71", identity: "v3.14", image: "v2.17" },
    ...{ projectInComputeUrl: false, refusesSystemTokens: true, lacks: [] },
  },
} as const satisfies { readonly [name: string]: Release };

export type ReleaseName = keyof typeof RELEASES;
export const RELEASE_NAMES = Object.keys(RELEASES) as readonly ReleaseName[];

/** Not older than: what the first version of each service is. */
export const OLDEST = { compute: "2.1", placement: "1.0", volume: "3.0" } as const;
