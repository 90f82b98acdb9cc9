import type { CloudSize } from "../cloud/size.ts";
import type { ChurnRates } from "../day/churn.ts";
import type { ScheduledScenario } from "../day/day.ts";
import type { MetricSet } from "../metrics/metric-sets.ts";
import type { ReleaseName } from "../openstack/releases.ts";

export interface CollectorAddress {
  readonly url: string;
  readonly token: string | undefined;
}

/** Which cloud, and what happens in it. */
export interface CloudOptions {
  readonly seed: number;
  readonly size: CloudSize;
  /** The name of the only cluster, or what the names of several begin with; undefined: the collector's own. */
  readonly cluster: string | undefined;
  readonly rates: ChurnRates;
  readonly churnForMs: number | undefined;
  readonly metricsIntervalMs: number | undefined;
  readonly metrics: MetricSet;
  readonly scenarios: readonly ScheduledScenario[];
}

/** Where the cloud's own OpenStack is served, and how it behaves. */
export interface OpenStackPlace {
  readonly host: string;
  /** Of the first cluster; each further one has the next. */
  readonly port: number;
  readonly release: ReleaseName;
  /** So many of each kind of disagreement between OpenStack and the hosts. */
  readonly drift: number;
}

export interface RunOptions {
  /** Undefined with `replayFile`. */
  readonly cloud: CloudOptions | undefined;
  readonly replayFile: string | undefined;
  /** Undefined: offline, nothing is sent. */
  readonly collector: CollectorAddress | undefined;
  /** Epoch milliseconds; undefined: now, or a fixed moment when offline. */
  readonly beganAt: number | undefined;
  readonly speed: number;
  /** Of the cloud's time, from the start of the run; undefined: until the lifetime ends. */
  readonly durationMs: number | undefined;
  readonly recordFile: string | undefined;
  readonly truthFile: string | undefined;
  readonly connectsPerSecond: number;
  readonly version: string;
  /** Undefined: it is not served. */
  readonly openstack: OpenStackPlace | undefined;
}
