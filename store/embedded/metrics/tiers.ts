import { METRIC_CATALOGUE } from "../../../core/metric-catalogue.ts";
import { HOUR_MS } from "./row-buffer.ts";
import { NARROW_TABLE, WIDE_SHAPES } from "./shapes.ts";

/** How finely samples are kept: as they came, or one for each minute or hour. */
export type Tier = "raw" | "1m" | "1h";

/**
 * What a sealed file holds: the samples of an hour, their minutes, and later the minutes and the hours of a day (of UTC). The
 * minutes of an hour are there until those of its day are.
 */
export type Layer = "raw" | RollupLayer;
export type RollupLayer = "hour_1m" | DayLayer;
export type DayLayer = "day_1m" | "day_1h";

export const HOURS_OF_DAY = 24;

const LAYERS: { readonly [layer in Layer]: { readonly tier: Tier; readonly hours: number } } = {
  raw: { tier: "raw", hours: 1 },
  hour_1m: { tier: "1m", hours: 1 },
  day_1m: { tier: "1m", hours: HOURS_OF_DAY },
  day_1h: { tier: "1h", hours: HOURS_OF_DAY },
};

export const BUCKET_MS = { "1m": 60_000, "1h": HOUR_MS } as const;

/** How many hours a file of the layer spans. */
export function hoursOf(layer: Layer): number {
  return LAYERS[layer].hours;
}

export function tierOf(layer: Layer): Tier {
  return LAYERS[layer].tier;
}

/** The layer that is called so. */
export function layerNamed(name: string): Layer | undefined {
  return name === "raw" || name === "hour_1m" || name === "day_1m" || name === "day_1h" ? name : undefined;
}

export function firstHourOfDay(hour: number): number {
  return hour - (hour % HOURS_OF_DAY);
}

/** How long rollups are kept; 0: there are none. */
export interface RollupDays {
  readonly minuteDays: number;
  readonly hourDays: number;
}

/** What is made of the minutes of a day. */
export function dayLayersOf({ minuteDays, hourDays }: RollupDays): readonly DayLayer[] {
  return [...(minuteDays > 0 ? ["day_1m" as const] : []), ...(hourDays > 0 ? ["day_1h" as const] : [])];
}

/** How the samples of a minute or an hour become one: the mean of gauges of the catalogue, the last of everything else. */
export function isMean(table: string, column: string): boolean {
  return table !== NARROW_TABLE && (MEAN_COLUMNS.get(table)?.has(column) ?? false);
}

const MEAN_COLUMNS = new Map(
  Object.entries(METRIC_CATALOGUE).map(([measurement, { fields }]) => {
    const means = Object.entries(fields).flatMap(([field, { kind }]) => (kind === "gauge" ? [field] : []));
    return [WIDE_SHAPES.get(measurement)?.table ?? "", new Set(means)];
  }),
);
