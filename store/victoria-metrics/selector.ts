import { type LabelMatcher, METRIC_NAME } from "../../core/series.ts";
import { type PushedMatcher, pushedMatcher } from "../pushed-matchers.ts";

/**
 * Matchers as VictoriaMetrics' `match[]` takes them, those left out that it might take otherwise. It wants one at least
 * that no absent label satisfies.
 */
export function selectorOf(matchers: readonly LabelMatcher[]): string {
  const filters = matchers
    .flatMap((matcher) => pushedMatcher(matcher) ?? [])
    .filter(canBeSaid)
    .map(filterOf);
  return `{${[...filters, `${METRIC_NAME}!=""`].join(",")}}`;
}

function canBeSaid({ name }: PushedMatcher): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name);
}

function filterOf({ kind, name, text }: PushedMatcher): string {
  return `${name}${kind}"${quoted(text)}"`;
}

/** As Go's strconv reads it. */
function quoted(text: string): string {
  const inQuotes = text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
  return inQuotes.replace(/\p{Cc}/gu, (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
