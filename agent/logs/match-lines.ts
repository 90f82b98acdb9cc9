import type { LogPattern } from "./log-pattern.ts";

/** What of a line is looked at; the rest of a longer one is read over. */
export const MAX_LINE_CHARS = 4_096;

/** Lines that fit, of which at most so many are kept in a sitting. */
const MAX_KEPT = 20;

/** What was found of one pattern. */
export interface Matches {
  readonly pattern: LogPattern;
  readonly count: number;
  /** The first ones, cut to `MAX_LINE_CHARS`. */
  readonly lines: readonly string[];
}

/** Counts the lines of a text that fit each pattern; a line that fits two is counted for both. */
export function matchLines(text: string, patterns: readonly LogPattern[]): readonly Matches[] {
  const found: Matches[] = [];
  for (const pattern of patterns) {
    const { needles } = pattern;
    const matches = needles === undefined ? matchEach(text, pattern) : matchNear(text, pattern, needles);
    if (matches.count > 0) found.push(matches);
  }
  return found;
}

function matchNear(text: string, pattern: LogPattern, needles: readonly string[]): Matches {
  const lines: string[] = [];
  let count = 0;
  const search = createSearch(text, needles);
  for (let next = search(0); next >= 0; ) {
    const start = text.lastIndexOf("\n", next) + 1;
    const end = endOf(text, next);
    const line = text.slice(start, Math.min(end, start + MAX_LINE_CHARS));
    // A needle behind the cut is not looked at: the line may be cut elsewhere next time.
    const fits = needles.some((needle) => line.includes(needle)) && (pattern.expression?.test(line) ?? true);
    if (fits && count++ < MAX_KEPT) lines.push(line);
    next = search(end + 1);
  }
  return { pattern, count, lines };
}

function matchEach(text: string, pattern: LogPattern): Matches {
  const lines: string[] = [];
  let count = 0;
  for (let start = 0; start < text.length; ) {
    const end = endOf(text, start);
    const line = text.slice(start, Math.min(end, start + MAX_LINE_CHARS));
    if ((pattern.expression?.test(line) ?? true) && count++ < MAX_KEPT) lines.push(line);
    start = end + 1;
  }
  return { pattern, count, lines };
}

function endOf(text: string, from: number): number {
  const end = text.indexOf("\n", from);
  return end < 0 ? text.length : end;
}

/**
 * Gives where the first of the needles is from a place on, which only rises; -1 when none of them is. Each remembers where it was
 * found, so that a rare one is not looked for again to the end of the text for each of a frequent one.
 */
function createSearch(text: string, needles: readonly string[]): (from: number) => number {
  const found = needles.map((needle) => ({ needle, at: text.indexOf(needle) }));
  return (from) => {
    let first = -1;
    for (const it of found) {
      if (it.at >= 0 && it.at < from) it.at = text.indexOf(it.needle, from);
      if (it.at >= 0 && (first < 0 || it.at < first)) first = it.at;
    }
    return first;
  };
}
