/** What Prometheus 2 called a function that has another name in 3. */
const FORMER_NAMES: ReadonlyMap<string, string> = new Map([["holt_winters", "double_exponential_smoothing"]]);

/** Strings, which are left as they are, and names that are called. */
const STRING_OR_CALL = /"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`|[a-zA-Z_:][\w:]*(?=\s*\()/g;

/** A query with the names of Prometheus 3, since the grammar knows no others: dashboards and rules of Prometheus 2 go on. */
export function withPresentNames(text: string): string {
  if (![...FORMER_NAMES.keys()].some((name) => text.includes(name))) return text;
  return text.replaceAll(STRING_OR_CALL, (found) => FORMER_NAMES.get(found) ?? found);
}
