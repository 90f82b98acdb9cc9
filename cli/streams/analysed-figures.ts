import { COLLECTOR_METRICS } from "../../core/metrics/collector-metrics.ts";
import type { MeasurementSpec } from "../../core/metrics/metric-spec.ts";
import type { OwnReadings } from "../up/own-readings.ts";
import type { AnalysedFigures } from "./analysis.ts";

/** What the collector counts anyway, flat: `refused.reason=busy.bodies_total` is a field of the measurement `nephoscope_refused`. */
export function analysedFigures(readings: OwnReadings): AnalysedFigures {
  const catalogue: Readonly<Record<string, MeasurementSpec>> = COLLECTOR_METRICS;
  const totals: Record<string, number> = {};
  const now: Record<string, number> = {};
  for (const [measurement, lines] of Object.entries(readings)) {
    for (const { tags, fields } of lines) {
      const place = [
        ...(measurement === "nephoscope" ? [] : [measurement.replace(/^nephoscope_/, "")]),
        ...Object.entries(tags).map(([tag, value]) => `${tag}=${value}`),
      ];
      for (const [field, value] of Object.entries(fields)) {
        if (value === undefined) continue;
        const isCounter = catalogue[measurement]?.fields[field]?.kind === "counter";
        (isCounter ? totals : now)[[...place, field].join(".")] = value;
      }
    }
  }
  return { totals, now };
}
