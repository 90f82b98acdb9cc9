import type { EpochMs } from "../../../core/clock.ts";
import type { Texts } from "../text/en.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "./view-clock.ts";

/** `14:02:10` in the reader's time zone; 24 hours in every language. */
export function clockText(at: EpochMs): string {
  const date = new Date(at);
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map(twoDigits).join(":");
}

/** `2026-03-09`. */
export function dateText(at: EpochMs): string {
  const date = new Date(at);
  return `${date.getFullYear()}-${twoDigits(date.getMonth() + 1)}-${twoDigits(date.getDate())}`;
}

/** The time of day, with its date unless it is the day of `now`. */
export function momentText(at: EpochMs, now: EpochMs): string {
  return dateText(at) === dateText(now) ? clockText(at) : `${dateText(at)} ${clockText(at)}`;
}

/** `3 min ago`, `in 5 s`; within a second of now: `just now`. */
export function agoText(at: EpochMs, now: EpochMs, texts: Texts): string {
  const distanceMs = now - at;
  if (Math.abs(distanceMs) < 1_000) return texts.time.justNow;
  const duration = durationText(Math.abs(distanceMs), texts);
  return distanceMs > 0 ? texts.time.ago(duration) : texts.time.ahead(duration);
}

/** The largest unit that fits, rounded down; two units from an hour up: `1 h 20 min`. */
export function durationText(durationMs: number, texts: Texts): string {
  const { seconds, minutes, hours, days } = texts.time;
  const count = (unitMs: number): number => Math.floor(durationMs / unitMs);
  if (durationMs < MINUTE_MS) return seconds(count(1_000));
  if (durationMs < HOUR_MS) return minutes(count(MINUTE_MS));
  if (durationMs < DAY_MS) {
    const rest = Math.floor((durationMs % HOUR_MS) / MINUTE_MS);
    return rest === 0 ? hours(count(HOUR_MS)) : `${hours(count(HOUR_MS))} ${minutes(rest)}`;
  }
  const rest = Math.floor((durationMs % DAY_MS) / HOUR_MS);
  return rest === 0 ? days(count(DAY_MS)) : `${days(count(DAY_MS))} ${hours(rest)}`;
}

/** Value of an `<input type="datetime-local" step="1">` in the reader's time zone. */
export function toInputValue(at: EpochMs): string {
  return `${dateText(at)}T${clockText(at)}`;
}

/** Undefined when the field is not filled in. */
export function fromInputValue(text: string): EpochMs | undefined {
  const at = new Date(text).getTime();
  return Number.isFinite(at) ? (at as EpochMs) : undefined;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}
