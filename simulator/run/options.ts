import type { CloudSize } from "../cloud/size.ts";
import type { ChurnRates } from "../day/churn.ts";
import type { ScheduledScenario } from "../day/day.ts";
import type { MetricSet } from "../metrics/metric-sets.ts";

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
}
