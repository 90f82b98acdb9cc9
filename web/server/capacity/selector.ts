/** Labels to match: a value, or several of which one must be. Undefined ones are left out. */
export type Wanted = { readonly [label: string]: string | readonly string[] | undefined };

/** Prometheus' patterns have a most; ours has, too. */
const MOST_PATTERN_CHARACTERS = 1_900;

/** A selector in PromQL, with every value quoted. */
export function selectorOf(metric: string, wanted: Wanted): string {
  const matchers = Object.entries(wanted).flatMap(([label, value]) => {
    if (value === undefined) return [];
    if (typeof value === "string") return [`${label}=${JSON.stringify(value)}`];
    return [`${label}=~${JSON.stringify(value.map(escaped).join("|"))}`];
  });
  return `${metric}{${matchers.join(",")}}`;
}

/** Names in portions that each fit into one pattern. */
export function portionsOf(names: readonly string[]): readonly (readonly string[])[] {
  const portions: string[][] = [];
  let length = Number.POSITIVE_INFINITY;
  for (const name of names) {
    const added = escaped(name).length + 1;
    if (length + added > MOST_PATTERN_CHARACTERS) {
      portions.push([]);
      length = 0;
    }
    portions.at(-1)?.push(name);
    length += added;
  }
  return portions;
}

function escaped(value: string): string {
  return value.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
}
