import type { EpochMs } from "./clock.ts";

/** A point to be written as InfluxDB line protocol. Integers are counters and sizes; floats are everything else. */
export interface Point {
  readonly measurement: string;
  readonly tags: { readonly [key: string]: string };
  readonly fields: { readonly [key: string]: FieldValue };
  readonly at: EpochMs;
}

/** `{ int }` is written with the suffix `i`; a plain number is a float. Undefined fields are left out. */
export type FieldValue = number | boolean | string | { readonly int: number | bigint } | undefined;

/**
 * One line with a time in milliseconds, without the newline; undefined when no field has a value.
 * Source: InfluxDB line protocol reference. A tag with an empty value is left out, since the protocol has none.
 */
export function formatPoint(point: Point): string | undefined {
  const fields: string[] = [];
  for (const [key, value] of Object.entries(point.fields)) {
    const text = formatField(value);
    if (text !== undefined) fields.push(`${escapeKey(key)}=${text}`);
  }
  if (fields.length === 0) return undefined;
  let head = escapeMeasurement(point.measurement);
  for (const key of Object.keys(point.tags).sort()) {
    const value = point.tags[key];
    if (value !== undefined && value !== "") head += `,${escapeKey(key)}=${escapeKey(value)}`;
  }
  return `${head} ${fields.join(",")} ${point.at}`;
}

function formatField(value: FieldValue): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === "boolean") return value ? "true" : "false";
  if (typeof value === "string") return `"${value.replace(/[\\"]/g, "\\$&")}"`;
  if (typeof value === "number") return Number.isFinite(value) ? String(value) : undefined;
  if (typeof value.int === "bigint") return `${value.int}i`;
  return Number.isFinite(value.int) ? `${Math.trunc(value.int)}i` : undefined;
}

export function escapeMeasurement(text: string): string {
  return escapeSpecial(text, /[, ]/g);
}

/** For tag keys, tag values and field keys. */
export function escapeKey(text: string): string {
  return escapeSpecial(text, /[,= ]/g);
}

/** Control characters cannot be written at all, and a trailing backslash would escape what follows it. */
function escapeSpecial(text: string, special: RegExp): string {
  const escaped = text.replace(/\p{Cc}+/gu, " ").replace(special, "\\$&");
  return escaped.endsWith("\\") ? `${escaped}_` : escaped;
}
