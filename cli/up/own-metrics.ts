import type { PullWriter } from "../../collector/pull/pull-writer.ts";
import type { Clock, EpochMs } from "../../core/clock.ts";
import type { Lifetime } from "../../core/lifetime.ts";
import { type FieldValue, formatPoint } from "../../core/line-protocol.ts";
import { COLLECTOR_METRICS } from "../../core/metrics/collector-metrics.ts";
import type { FieldSpec, MeasurementSpec } from "../../core/metrics/metric-spec.ts";
import { startLineRounds } from "./line-rounds.ts";
import type { OwnReadings } from "./own-readings.ts";

export interface OwnMetricsOptions {
  readonly host: string;
  readonly cluster: string;
  readonly intervalMs: number;
  readonly clock: Clock;
  readonly writer: PullWriter;
  read(): OwnReadings;
}

/**
 * Writes what the collector tells of itself the way of all other samples, so that it can be asked for and alerted on like these. When the
 * spool takes nothing they are dropped; `/metrics` tells them still.
 */
export function startOwnMetrics(options: OwnMetricsOptions, lifetime: Lifetime): void {
  const lines = () => ownLines(options.read(), options, options.clock.now());
  startLineRounds({ ...options, name: "nephoscope", lines }, lifetime);
}

/** Line protocol of the readings, in the types of the catalogue. */
export function ownLines(
  readings: OwnReadings,
  { host, cluster }: Pick<OwnMetricsOptions, "host" | "cluster">,
  at: EpochMs,
): readonly string[] {
  const catalogue: Readonly<Record<string, MeasurementSpec>> = COLLECTOR_METRICS;
  return Object.entries(readings).flatMap(([measurement, lines]) =>
    lines.flatMap((reading) => {
      const specs = catalogue[measurement]?.fields ?? {};
      const fields = Object.fromEntries(
        Object.entries(reading.fields).map(([field, value]) => [field, fieldValue(specs[field], value)]),
      );
      return formatPoint({ measurement, tags: { ...reading.tags, host, cluster }, fields, at }) ?? [];
    }),
  );
}

function fieldValue(spec: FieldSpec | undefined, value: number): FieldValue {
  return spec?.unit === "seconds" ? value : { int: value };
}
