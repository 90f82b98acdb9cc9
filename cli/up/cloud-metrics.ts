import type { PullWriter } from "../../collector/pull/pull-writer.ts";
import type { Clock } from "../../core/clock.ts";
import type { Lifetime } from "../../core/lifetime.ts";
import { formatPoint } from "../../core/line-protocol.ts";
import type { Recorder } from "../../topology/recorder.ts";
import type { Recorders } from "../../topology/recorders.ts";
import {
  AlertCounts,
  ChangeCounts,
  type CloudReading,
  type CountedAlert,
  hostReadings,
  pointOf,
  zoneReadings,
} from "./cloud-readings.ts";
import { startLineRounds } from "./line-rounds.ts";

export interface CloudMetricsOptions {
  /** The collector's own name. */
  readonly host: string;
  readonly recorders: Recorders;
  readonly alerts: () => readonly CountedAlert[];
  readonly clock: Clock;
  readonly writer: PullWriter;
}

export interface CloudMetrics {
  /** Alerts that are told without their host, since there are too many. */
  mergedAlerts(): number;
}

const EVERY_MS = 10_000;
/** Where hosts stand seldom changes, and there may be ten thousand. */
export const HOSTS_EVERY_MS = 60_000;

/**
 * Writes `CLOUD_METRICS`: what is in each zone, where each host stands, which alerts there are and on which hosts something changed.
 * When the spool takes nothing they are dropped, counted by the writer.
 */
export function startCloudMetrics(options: CloudMetricsOptions, lifetime: Lifetime): CloudMetrics {
  const { recorders, clock, host } = options;
  const changes = new ChangeCounts();
  const alerts = new AlertCounts();
  for (const recorder of recorders.values()) {
    lifetime.defer(
      "change counts",
      recorder.onRevision((revision) => changes.note(revision)),
    );
  }
  const all = (read: (recorder: Recorder) => Iterable<CloudReading>): readonly CloudReading[] =>
    [...recorders.values()].flatMap((recorder) => [...read(recorder)]);
  const textOf = (readings: readonly CloudReading[]): readonly string[] =>
    readings.flatMap((reading) => formatPoint(pointOf(reading, clock.now())) ?? []);
  startLineRounds(
    {
      ...options,
      name: "cloud metrics",
      intervalMs: EVERY_MS,
      lines: () =>
        textOf([
          ...all((recorder) => zoneReadings(recorder, host)),
          ...alerts.read(options.alerts(), clock.now()),
          ...changes.take(),
        ]),
    },
    lifetime,
  );
  startLineRounds(
    { ...options, name: "cloud hosts", intervalMs: HOSTS_EVERY_MS, lines: () => textOf(all(hostReadings)) },
    lifetime,
  );
  return { mergedAlerts: () => alerts.merged };
}
