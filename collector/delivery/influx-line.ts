import { escapeKey } from "../../core/line-protocol.ts";
import type { ParsedLine } from "../line-protocol/line.ts";

const BACKSLASH = 0x5c;
const QUOTE = 0x22;
const COMMA = 0x2c;
const EQUALS = 0x3d;
const MAX_INT64 = 9_223_372_036_854_775_807n;

/**
 * A line as every InfluxDB takes it: time in milliseconds, the tag `cluster` unless the line has one, and integers
 * without the suffix `u`, which InfluxDB 1.6 refuses. Everything else stays byte for byte.
 */
export function influxLine(body: Buffer, line: ParsedLine, cluster: string): string {
  const measurementEnd = line.start + line.series.measurementBytes;
  const tag = line.series.tags.some(({ key }) => key === "cluster") ? "" : `,cluster=${escapeKey(cluster)}`;
  const tags = body.toString("utf8", measurementEnd, line.fieldsStart);
  const fields = line.fields.some(({ kind }) => kind === "uint")
    ? signedFields(body, line.fieldsStart, line.fieldsEnd)
    : body.toString("utf8", line.fieldsStart, line.fieldsEnd);
  return `${body.toString("utf8", line.start, measurementEnd)}${tag}${tags}${fields} ${line.at}`;
}

function signedFields(body: Buffer, start: number, end: number): string {
  let text = "";
  for (let at = start; at < end; ) {
    const valueStart = unescaped(body, at, end, EQUALS) + 1;
    const valueEnd = body[valueStart] === QUOTE ? stringEnd(body, valueStart) : unescaped(body, valueStart, end, COMMA);
    text += body.toString("utf8", at, valueStart) + signed(body.toString("utf8", valueStart, valueEnd));
    if (valueEnd < end) text += ",";
    at = valueEnd + 1;
  }
  return text;
}

/** What does not fit into 63 bits becomes a float. */
function signed(value: string): string {
  const digits = /^([0-9]+)u$/.exec(value)?.[1];
  if (digits === undefined) return value;
  return BigInt(digits) <= MAX_INT64 ? `${digits}i` : digits;
}

function unescaped(body: Buffer, start: number, end: number, byte: number): number {
  let at = start;
  while (at < end && (body[at] !== byte || (at > start && body[at - 1] === BACKSLASH))) at++;
  return at;
}

function stringEnd(body: Buffer, start: number): number {
  let at = start + 1;
  while (body[at] !== QUOTE)
    at += body[at] === BACKSLASH && (body[at + 1] === QUOTE || body[at + 1] === BACKSLASH) ? 2 : 1;
  return at + 1;
}
