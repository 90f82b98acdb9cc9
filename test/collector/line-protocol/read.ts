import type { LineProblem, ParsedLine } from "../../../collector/line-protocol/line.ts";
import { type LineLimits, LineReader } from "../../../collector/line-protocol/parse.ts";
import type { Precision } from "../../../collector/line-protocol/precision.ts";
import { SeriesKeys } from "../../../collector/line-protocol/series-keys.ts";
import { epochMsOf } from "../../../core/clock.ts";

/** Shared by all tests of a file, as the collector shares it between bodies: what one line taught must not mislead another. */
const keys = new SeriesKeys({ series: 500, bytes: 1_000_000 });

export const RECEIVED_AT = epochMsOf(1_790_000_000_000);

export function readAll(
  body: string | Buffer,
  precision: Precision = "ms",
  limits?: LineLimits,
): { lines: ParsedLine[]; problems: LineProblem[] } {
  const bytes = typeof body === "string" ? Buffer.from(body) : body;
  const reader = new LineReader(bytes, {
    precision,
    receivedAt: RECEIVED_AT,
    keys,
    ...(limits === undefined ? {} : { limits }),
  });
  const lines: ParsedLine[] = [];
  const problems: LineProblem[] = [];
  for (let next = reader.next(); next !== undefined; next = reader.next()) {
    if (next.kind === "line") lines.push(next);
    else problems.push(next);
  }
  return { lines, problems };
}
