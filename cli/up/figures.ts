import type { Clock } from "../../core/clock.ts";
import { COLLECTOR_METRICS } from "../../core/metrics/collector-metrics.ts";
import type { MeasurementSpec } from "../../core/metrics/metric-spec.ts";
import { promqlName } from "../../core/series.ts";
import type { Figure } from "../../web/server/operation-routes.ts";
import type { OwnReadings } from "./own-readings.ts";

/** What `/metrics` tells of this process besides what every Node process tells: all of the collector's catalogue. */
export function figuresOf(readNow: () => OwnReadings, clock: Clock): readonly Figure[] {
  const read = readAtOnce(readNow, clock);
  return Object.entries<MeasurementSpec>(COLLECTOR_METRICS).flatMap(([measurement, { tags, fields }]) =>
    Object.entries(fields).map(([field, { kind, en }]) => ({
      kind,
      name: promqlName(measurement, field),
      help: en,
      labels: tags,
      values: () => valuesOf(read(), measurement, field),
    })),
  );
}

/** One answer of `/metrics` asks for each metric on its own. */
const ONE_ANSWER_MS = 100;

/** All of an answer is of one moment, and read once: there may be ten thousand targets to count. */
function readAtOnce(read: () => OwnReadings, clock: Clock): () => OwnReadings {
  let last: { readonly atMs: number; readonly readings: OwnReadings } | undefined;
  return () => {
    const atMs = clock.monotonicMs();
    if (last === undefined || atMs - last.atMs > ONE_ANSWER_MS) last = { atMs, readings: read() };
    return last.readings;
  };
}

function valuesOf(readings: OwnReadings, measurement: string, field: string): ReturnType<Figure["values"]> {
  return Object.entries(readings)
    .filter(([name]) => name === measurement)
    .flatMap(([, lines]) => [...lines])
    .flatMap(({ tags, fields }) =>
      Object.entries(fields)
        .filter(([name]) => name === field)
        .map(([, value]) => ({ labels: tags, value })),
    );
}
