import { MINUS, NINE, POINT, ZERO } from "../../line-protocol/ascii.ts";
import { POWERS_OF_TEN } from "../../line-protocol/field-value.ts";

const FLOAT = /^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/;
const INFINITY = /^([+-]?)inf(?:inity)?$/i;
const MAX_FAST_DIGITS = 15;

/** A sample's value as Go's ParseFloat reads it, which Prometheus takes; undefined when it is no number of 64 bits. */
export function sampleValue(body: Buffer, start: number, end: number): number | undefined {
  const first = body[start] === MINUS ? start + 1 : start;
  let mantissa = 0;
  let digits = 0;
  let point = -1;
  for (let at = first; at < end; at++) {
    const byte = body[at] ?? 0;
    if (byte === POINT && point < 0) point = at;
    else if (byte >= ZERO && byte <= NINE) {
      mantissa = mantissa * 10 + (byte - ZERO);
      digits++;
    } else return wordOrLong(body.toString("latin1", start, end));
  }
  // Up to 15 digits with a point divide exactly.
  if (digits === 0 || digits > MAX_FAST_DIGITS) return wordOrLong(body.toString("latin1", start, end));
  const value = point < 0 ? mantissa : mantissa / (POWERS_OF_TEN[end - 1 - point] ?? 1);
  return first > start ? -value : value;
}

function wordOrLong(text: string): number | undefined {
  if (FLOAT.test(text)) {
    const value = Number(text);
    return Number.isFinite(value) ? value : undefined;
  }
  if (/^nan$/i.test(text)) return Number.NaN;
  const sign = INFINITY.exec(text)?.[1];
  if (sign === undefined) return undefined;
  return sign === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

/** The last moment a JavaScript date can have. */
const LAST_MS = 8.64e15;

/** Whole milliseconds. */
export function timeInMs(text: string): number | undefined {
  if (!/^-?[0-9]+$/.test(text)) return undefined;
  const ms = Number(text);
  return Math.abs(ms) <= LAST_MS ? ms : undefined;
}

/** OpenMetrics' seconds, whole or not, in milliseconds. */
export function timeInSeconds(text: string): number | undefined {
  if (!FLOAT.test(text)) return undefined;
  const ms = Math.round(Number(text) * 1_000);
  return Math.abs(ms) <= LAST_MS ? ms : undefined;
}
