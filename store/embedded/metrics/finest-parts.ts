import type { Part, Parts } from "./parts.ts";
import { type HourSpan, spanInHours } from "./read-samples.ts";
import type { Rollups } from "./rollups.ts";
import { HOUR_MS } from "./row-buffer.ts";
import { HOURS_OF_DAY } from "./tiers.ts";

export interface PartInSpan {
  readonly part: Part;
  readonly span: HourSpan;
}

/**
 * What to read of a table to answer for a span: each hour from the finest of what there is of it, the samples themselves or a
 * rollup, and from nothing else. In the order of time.
 */
export function finestParts(
  { parts, rollups }: { readonly parts: Parts; readonly rollups: Rollups },
  table: string,
  { from, to }: { readonly from: number; readonly to: number },
): readonly PartInSpan[] {
  const found: { parts: readonly Part[]; begin: number; end: number }[] = [];
  const hours = new Set([
    ...parts.hoursBetween(table, from, to),
    ...rollups.hours("hour_1m", table).filter((hour) => overlaps(hour, 1, from, to)),
  ]);
  for (const hour of hours) {
    const raw = parts.of(table, hour);
    found.push({ parts: raw.length > 0 ? raw : rollups.of("hour_1m", table, hour), begin: hour, end: hour + 1 });
  }
  const days = new Set([...rollups.hours("day_1m", table), ...rollups.hours("day_1h", table)]);
  for (const day of days) {
    if (!overlaps(day, HOURS_OF_DAY, from, to)) continue;
    const minutes = rollups.of("day_1m", table, day);
    const files = minutes.length > 0 ? minutes : rollups.of("day_1h", table, day);
    for (const { begin, end } of runsWithout(day, hours)) found.push({ parts: files, begin, end });
  }
  return found
    .sort((left, right) => left.begin - right.begin)
    .flatMap(({ parts: some, begin, end }) =>
      some.flatMap((part) => {
        const span = spanInHours({ first: part.hour, begin, end }, from, to);
        return span === undefined ? [] : { part, span };
      }),
    );
}

function overlaps(hour: number, hours: number, from: number, to: number): boolean {
  return (hour + hours) * HOUR_MS > from && hour * HOUR_MS <= to;
}

/** The hours of a day that are not among others, as runs. */
function runsWithout(day: number, others: ReadonlySet<number>): readonly { begin: number; end: number }[] {
  const runs: { begin: number; end: number }[] = [];
  for (let hour = day; hour < day + HOURS_OF_DAY; hour++) {
    if (others.has(hour)) continue;
    const last = runs.at(-1);
    if (last?.end === hour) last.end++;
    else runs.push({ begin: hour, end: hour + 1 });
  }
  return runs;
}
