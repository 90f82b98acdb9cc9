import type { PlacementShape } from "../placement.ts";
import { OLDEST, type ReleaseName } from "../releases.ts";

export const SERVICES = ["identity", "compute", "network", "placement", "volume", "image", "load-balancer"] as const;
export type ServiceName = (typeof SERVICES)[number];

/** What goes wrong with a request that reaches a service. */
export type Fault = {
  /** Left out: all of them. */
  readonly services?: readonly ServiceName[] | undefined;
  /** Only requests whose path begins so, below the service's own place: `/v2.0/ports`. */
  readonly path?: string | undefined;
  /** So many requests, and no more; left out: all of them. */
  readonly times?: number | undefined;
} & (
  | { readonly kind: "slow"; readonly ms: number }
  /** The connection is taken, the request read, and nothing ever answered. */
  | { readonly kind: "hang" }
  | { readonly kind: "error"; readonly status: 500 | 502 | 503 | 504 }
  /** 429 or 503 with `Retry-After`. */
  | { readonly kind: "busy"; readonly status: 429 | 503; readonly retryAfterSeconds: number }
  /** 401, as Keystone says to a user who is locked, or whose password has expired. */
  | { readonly kind: "unauthorized" }
  /** The body ends in its middle, and the connection with it. */
  | { readonly kind: "truncated" }
  | { readonly kind: "invalid-json" }
  | { readonly kind: "reset" }
  /** A page's marker is not there any more. */
  | { readonly kind: "marker-gone" }
);

export interface Behaviour {
  readonly release: ReleaseName;
  /** Nova has given up what is older: `2.88` and up, say. */
  readonly oldestCompute: string;
  readonly placement: PlacementShape;
  /** Not in the catalogue, and not there. */
  readonly missingServices: readonly ServiceName[];
  /** Aliases of Neutron's extensions. */
  readonly missingExtensions: readonly string[];
  /** Whether Neutron follows `limit` and `marker`; where it does not, a list is always whole. */
  readonly networkPages: boolean;
  /** The most items of a page that each service gives, whatever is asked for. */
  readonly mostPerPage: { readonly [service in "compute" | "network" | "volume" | "image"]: number };
  /** The cell of the hosts of the last zone does not answer. */
  readonly cellDown: boolean;
  readonly faults: readonly Fault[];
}

export const USUAL_BEHAVIOUR: Behaviour = {
  release: "2024.1",
  oldestCompute: OLDEST.compute,
  placement: { nested: false, sharedDisk: false },
  missingServices: [],
  missingExtensions: [],
  networkPages: true,
  mostPerPage: { compute: 1_000, network: Number.POSITIVE_INFINITY, volume: 1_000, image: 1_000 },
  cellDown: false,
  faults: [],
};

/** Behaviour that can be changed while it is served. */
export class BehaviourSwitch {
  #now: Behaviour;
  #met: number[] = [];

  constructor(first: Behaviour) {
    this.#now = first;
  }

  get now(): Behaviour {
    return this.#now;
  }

  /** What is not named stays. Faults are counted anew when they are given. */
  set(change: Partial<Behaviour>): void {
    this.#now = { ...this.#now, ...change };
    if (change.faults !== undefined) this.#met = change.faults.map(() => 0);
  }

  /** The faults that a request meets; it counts for those that come only so many times. */
  meet(service: ServiceName, path: string): readonly Fault[] {
    return this.#now.faults.filter((fault, n) => {
      if (fault.services !== undefined && !fault.services.includes(service)) return false;
      if (fault.path !== undefined && !path.startsWith(fault.path)) return false;
      const met = this.#met[n] ?? 0;
      if (fault.times !== undefined && met >= fault.times) return false;
      this.#met[n] = met + 1;
      return true;
    });
  }
}
