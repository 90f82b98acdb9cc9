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

/** An integer field; none where there is no number. */
export function intField(value: number | undefined): { readonly int: number } | undefined {
  return value === undefined ? undefined : { int: value };
}

/** The number in a field; 0 where there is none. */
export function numberIn(value: FieldValue): number {
  if (typeof value === "number") return value;
  return typeof value === "object" ? Number(value.int) : 0;
}

/** Stores cut or refuse longer labels, and who names a process, a mount or a machine may write anything of any length. */
const MAX_TAG_CHARS = 256;

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
    if (value !== undefined && value !== "") head += `,${escapeKey(key)}=${escapeKey(value.slice(0, MAX_TAG_CHARS))}`;
  }
  return `${head} ${fields.join(",")} ${point.at}`;
}

/** An integer of the protocol has 64 bits; from 10^21 on JavaScript would write an exponent. What does not fit is not known. */
const MAX_INT = 2 ** 63;

function formatField(value: FieldValue): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === "boolean") return value ? "true" : "false";
  if (typeof value === "string") return `"${value.replace(/[\\"]/g, "\\$&")}"`;
  if (typeof value === "number") return Number.isFinite(value) ? String(value) : undefined;
  if (typeof value.int === "bigint") return `${value.int}i`;
  return Math.abs(value.int) < MAX_INT ? `${Math.trunc(value.int)}i` : undefined;
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
