import type { FieldKind, LineProblem, SeriesKey } from "../../../collector/line-protocol/line.ts";
import { type LineLimits, LineReader } from "../../../collector/line-protocol/parse.ts";
import type { Precision } from "../../../collector/line-protocol/precision.ts";
import { SeriesKeys } from "../../../collector/line-protocol/series-keys.ts";
import { type EpochMs, epochMsOf } from "../../../core/clock.ts";

/** What the reader says of a line, written down. */
export interface ReadLine {
  readonly start: number;
  readonly end: number;
  readonly fieldsStart: number;
  readonly fieldsEnd: number;
  readonly series: SeriesKey;
  readonly fields: readonly Field[];
  readonly at: EpochMs;
}

export interface Field {
  readonly key: string;
  readonly kind: FieldKind;
  readonly value: number | boolean | string;
}

/** Shared by all tests of a file, as the collector shares it between bodies: what one line taught must not mislead another. */
const keys = new SeriesKeys({ series: 500, bytes: 1_000_000 });

export const RECEIVED_AT = epochMsOf(1_790_000_000_000);

export function readAll(
  body: string | Buffer,
  precision: Precision = "ms",
  limits?: LineLimits,
): { lines: ReadLine[]; problems: LineProblem[] } {
  const reader = readerOf(body, precision, limits);
  const lines: ReadLine[] = [];
  const problems: LineProblem[] = [];
  for (let next = reader.next(); next !== undefined; next = reader.next()) {
    if (next === "line") lines.push(lineOf(reader));
    else problems.push(next);
  }
  return { lines, problems };
}

export function readerOf(body: string | Buffer, precision: Precision = "ms", limits?: LineLimits): LineReader {
  const bytes = typeof body === "string" ? Buffer.from(body) : body;
  const options = { precision, receivedAt: RECEIVED_AT, keys };
  return new LineReader(bytes, limits === undefined ? options : { ...options, limits });
}

function lineOf(reader: LineReader): ReadLine {
  const { start, end, fieldsStart, fieldsEnd, at, fieldCount } = reader;
  const fields = Array.from({ length: fieldCount }, (_, place) => fieldOf(reader, place));
  return { start, end, fieldsStart, fieldsEnd, at, fields, series: reader.series.key };
}

function fieldOf(reader: LineReader, place: number): Field {
  const { name: key } = reader.fieldKeyAt(place);
  const [kind, value] = [reader.kindAt(place), reader.valueAt(place)];
  if (kind === "string") return { key, kind, value: reader.textAt(place) };
  return { key, kind, value: kind === "boolean" ? value === 1 : value };
}
