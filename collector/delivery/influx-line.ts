import { escapeKey } from "../../core/line-protocol.ts";
import type { LineWriter } from "../../store/line-writing/line-writer.ts";
import { BACKSLASH, COMMA, EQUALS, QUOTE } from "../line-protocol/ascii.ts";
import type { LineReader } from "../line-protocol/parse.ts";
import type { LineStore } from "./line-consumer.ts";

/** InfluxDB as a store that lines are delivered to. InfluxData recommends batches of 5,000 to 10,000 lines. */
export function influxLines(writer: LineWriter): LineStore {
  return {
    consumer: "influxdb",
    title: "InfluxDB",
    writer,
    linesPerRequest: 5_000,
    addLine: (lines, body, line, cluster) => lines.push(influxLine(body, line, cluster)),
  };
}

const MAX_INT64 = 9_223_372_036_854_775_807n;

/**
 * A line as every InfluxDB takes it: time in milliseconds, the tag `cluster` unless the line has one, and integers
 * without the suffix `u`, which InfluxDB 1.6 refuses. Everything else stays byte for byte.
 */
export function influxLine(body: Buffer, line: LineReader, cluster: string): string {
  const { start, fieldsStart, fieldsEnd, series, at } = line;
  const measurementEnd = start + series.measurementBytes;
  const tag = series.cluster === undefined ? `,cluster=${escapeKey(cluster)}` : "";
  const tags = body.toString("utf8", measurementEnd, fieldsStart);
  const fields = hasUnsigned(line)
    ? signedFields(body, fieldsStart, fieldsEnd)
    : body.toString("utf8", fieldsStart, fieldsEnd);
  return `${body.toString("utf8", start, measurementEnd)}${tag}${tags}${fields} ${at}`;
}

function hasUnsigned(line: LineReader): boolean {
  for (let place = 0; place < line.fieldCount; place++) if (line.kindAt(place) === "uint") return true;
  return false;
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
