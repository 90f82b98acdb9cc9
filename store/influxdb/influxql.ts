import type { LabelMatcher } from "../../core/series.ts";
import { matchesEmpty, type PushedMatcher, pushedMatcher } from "../pushed-matchers.ts";

/** A column that holds samples: one field of one measurement. */
export interface FieldColumn {
  readonly measurement: string;
  readonly field: string;
}

export interface SpanMs {
  readonly from: number;
  readonly to: number;
}

/** Where statements read; of a policy that is undefined, the database's default. */
export interface ReadFrom {
  readonly retentionPolicy: string | undefined;
  /**
   * InfluxDB 1.x and 2.x say of a series without a tag that the tag is not `a`, as PromQL does; of 3 we do not know, and
   * leave such conditions out.
   */
  readonly knowsAbsentTags: boolean;
}

/** All samples of a field, series by series. */
export function selectField(column: FieldColumn, condition: string, { retentionPolicy }: ReadFrom): string {
  return `SELECT ${fieldOf(column)} FROM ${tableOf(column.measurement, retentionPolicy)} WHERE ${condition} GROUP BY *`;
}

/** One sample of each series that has any. */
export function selectPresence(column: FieldColumn, condition: string, { retentionPolicy }: ReadFrom): string {
  return `SELECT last(${fieldOf(column)}) FROM ${tableOf(column.measurement, retentionPolicy)} WHERE ${condition} GROUP BY *`;
}

/** Names and types of fields, of these measurements or of all. */
export function showFieldKeys(measurements: readonly string[] | undefined): string {
  if (measurements === undefined) return "SHOW FIELD KEYS";
  return `SHOW FIELD KEYS FROM ${measurements.map(identifier).join(", ")}`;
}

/** Both ends included; instants are whole milliseconds, those of the store may be finer. */
export function conditionOf(matchers: readonly LabelMatcher[], { from, to }: SpanMs, where: ReadFrom): string {
  const times = `time >= ${instant(Math.ceil(from))}ms AND time < ${instant(Math.floor(to) + 1)}ms`;
  const tags = matchers
    .filter((matcher) => !matchesEmpty(matcher) || (where.knowsAbsentTags && matcher.kind.startsWith("!")))
    .flatMap((matcher) => pushedMatcher(matcher) ?? [])
    .map(tagCondition);
  return [times, ...tags].join(" AND ");
}

function tagCondition({ kind, name, text }: PushedMatcher): string {
  const tag = `${identifier(name)}::tag`;
  if (kind === "=" || kind === "!=") return `${tag} ${kind} ${stringLiteral(text)}`;
  // A slash ends the pattern unless there is a backslash before it.
  const pattern = `^(?:${text})$`.replace(/\\.|\//g, (found) => (found === "/" ? "\\/" : found));
  return `${tag} ${kind} /${pattern}/`;
}

/** What a tag and a field may both be called. */
function fieldOf({ field }: FieldColumn): string {
  return `${identifier(field)}::field`;
}

function tableOf(measurement: string, retentionPolicy: string | undefined): string {
  const name = identifier(measurement);
  return retentionPolicy === undefined ? name : `${identifier(retentionPolicy)}.${name}`;
}

/** Source: influxql.QuoteIdent. */
export function identifier(text: string): string {
  return `"${quoted(text, '"')}"`;
}

/** Source: influxql.QuoteString. */
function stringLiteral(text: string): string {
  return `'${quoted(text, "'")}'`;
}

function quoted(text: string, quote: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll(quote, `\\${quote}`);
}

/** What InfluxDB can count to in nanoseconds, with room for a step. */
const FARTHEST_MS = 9_223_372_036_853;

function instant(ms: number): number {
  return Math.max(-FARTHEST_MS, Math.min(FARTHEST_MS, ms));
}
