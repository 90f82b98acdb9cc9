/** A line of what must be true, and where a bench prints what it found. */
export interface PromisedLine {
  readonly line: string;
  readonly bound: string;
  /** What is found, of all that the bench printed; undefined when it did not print it. */
  readonly found: (printed: string) => string | undefined;
}

export interface FoundLine {
  readonly line: string;
  readonly bound: string;
  readonly found: string;
}

/** The first group of a pattern, or all it matches. */
export function matched(pattern: RegExp): PromisedLine["found"] {
  return (printed) => {
    const found = pattern.exec(printed);
    return found === null ? undefined : (found[1] ?? found[0]).trim();
  };
}

/** What stands between a name, of letters and spaces, that begins a line and what is aimed at. */
export function rowOf(name: string): PromisedLine["found"] {
  return matched(new RegExp(`^${name} +(.*?)(?: {3}aim.*)?$`, "m"));
}

export const NOT_PRINTED = "not printed";

export function foundLines(promised: readonly PromisedLine[], printed: string): readonly FoundLine[] {
  return promised.map(({ line, bound, found }) => ({ line, bound, found: found(printed) ?? NOT_PRINTED }));
}

export function closingTable(lines: readonly FoundLine[]): string {
  const rows = [{ line: "what must be true", bound: "bound", found: "found" }, ...lines];
  const width = (of: (row: FoundLine) => string) => Math.max(...rows.map((row) => of(row).length));
  const [lineWidth, boundWidth] = [width(({ line }) => line), width(({ bound }) => bound)];
  return rows
    .map(({ line, bound, found }) => `${line.padEnd(lineWidth)} | ${bound.padEnd(boundWidth)} | ${found}`)
    .join("\n");
}
