import type { EpochMs } from "../../../core/clock.ts";
import type { CapacityRow, CapacityThing, ForecastSchema } from "../../api/capacity.ts";
import { parseInstant } from "../api/parse.ts";
import { quantityText } from "../details/quantity.ts";
import { dateText, durationText } from "../model/time-text.ts";
import { DAY_MS, HOUR_MS } from "../model/view-clock.ts";
import type { Texts } from "../text/en.ts";

const BYTES: ReadonlySet<string> = new Set(["memory", "disk", "volumes"]);

/** An amount as its resource is counted: `1.25 TiB`, `10 Gbit/s`, `12,480`. */
export function amountText(resource: string, amount: number): string {
  if (BYTES.has(resource)) return quantityText(amount, "bytes");
  if (resource === "bandwidth") return quantityText(amount, "bits_per_second");
  return Math.round(amount).toLocaleString("en-US");
}

export function resourceText(resource: string, { capacity }: Texts): string {
  return Object.entries(capacity.resource).find(([known]) => known === resource)?.[1] ?? resource;
}

/** Where a thing is, the closest name first. */
export function placeText(thing: CapacityThing, { capacity }: Texts): string {
  switch (thing.scope) {
    case "cluster":
      return thing.cluster;
    case "region":
      return `${capacity.scope.region} ${thing.region ?? "–"}`;
    case "zone":
      return `${capacity.scope.zone} ${[thing.zone ?? "–", thing.region].filter(Boolean).join(" · ")}`;
    case "host":
      return thing.host ?? "–";
    case "project":
      return thing.project ?? thing.project_id ?? "–";
    case "subnet":
    case "range":
      return thing.subnet ?? thing.subnet_id ?? "–";
  }
}

export function thingText(thing: CapacityThing, texts: Texts): string {
  return `${resourceText(thing.resource, texts)} · ${placeText(thing, texts)}`;
}

export const keyOfThing = (thing: CapacityThing): string => JSON.stringify(Object.entries(thing).sort());

/** How soon, in a few words. */
export function forecastText(forecast: ForecastSchema | undefined, now: EpochMs, texts: Texts): string {
  const words = texts.capacity.forecast;
  switch (forecast?.kind) {
    case undefined:
      return "–";
    case "full":
      return words.full;
    case "runs_out":
      return forecast.likely - now < HOUR_MS ? words.soon : words.in(roughly(forecast.likely - now, texts));
    case "lasts":
      return words.lasts(roughly(forecast.until - now, texts));
    case "unknown":
      return words[forecast.reason];
  }
}

/** Between which days; undefined when nothing is foretold. */
export function spanText(forecast: ForecastSchema | undefined, { capacity }: Texts): string | undefined {
  if (forecast?.kind !== "runs_out") return undefined;
  const [from, to] = [dateText(parseInstant(forecast.earliest)), dateText(parseInstant(forecast.latest))];
  return from === to ? from : capacity.forecast.between(from, to);
}

/** How urgent: what colour and mark it has. */
export function urgencyOf({ share, forecast }: Pick<CapacityRow, "share" | "forecast">, now: EpochMs): Urgency {
  const left = forecast?.kind === "runs_out" ? forecast.likely - now : Number.POSITIVE_INFINITY;
  if (forecast?.kind === "full" || left < DAY_MS) return "critical";
  return left < 7 * DAY_MS || (share ?? 0) > 0.9 ? "warning" : "none";
}

export type Urgency = "critical" | "warning" | "none";

/** What is used up, then what runs out by when it does, then the rest as it was. */
export function soonestFirst(rows: readonly CapacityRow[]): readonly CapacityRow[] {
  return rows.toSorted((a, b) => {
    const [first, second] = [runOutOf(a), runOutOf(b)];
    return first === second ? 0 : first - second;
  });
}

/** Whether it is used up, or will be as far as is foretold. */
export const runsOut = (row: CapacityRow): boolean => Number.isFinite(runOutOf(row));

function runOutOf({ forecast }: CapacityRow): number {
  if (forecast?.kind === "full") return 0;
  return forecast?.kind === "runs_out" ? forecast.likely : Number.POSITIVE_INFINITY;
}

export function percentText(share: number): string {
  const percent = share * 100;
  // What is not full does not say so.
  return `${percent >= 99.5 && percent < 100 ? 99 : Math.round(percent)} %`;
}

/** `Mon 15:00`; hours of the week, Monday 00:00 is 0. */
export function hourText(hour: number, { weekdays }: Texts["capacity"]): string {
  return `${weekdays[Math.floor(hour / 24)] ?? ""} ${String(hour % 24).padStart(2, "0")}:00`;
}

/** Days are enough from three of them on. */
function roughly(durationMs: number, texts: Texts): string {
  return durationMs < 3 * DAY_MS ? durationText(durationMs, texts) : texts.time.days(Math.round(durationMs / DAY_MS));
}
