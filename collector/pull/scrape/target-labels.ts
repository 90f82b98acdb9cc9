import { escapeKey } from "../../../core/line-protocol.ts";
import type { SeriesText } from "../exposition/series-text.ts";

/** Labels of a series: a target's and the page's own, told apart as Prometheus does. */
export function mergedLabels(
  labels: SeriesText["labels"],
  target: Readonly<Record<string, string>>,
  honorLabels: boolean,
): ReadonlyMap<string, string> {
  const own = new Map(labels);
  for (const [name, value] of Object.entries(target)) {
    const exposed = own.get(name);
    if (exposed === undefined) own.set(name, value);
    else if (!honorLabels) {
      own.set(name, value);
      own.set(exportedName(name, own, target), exposed);
    }
  }
  return own;
}

function exportedName(
  name: string,
  taken: ReadonlyMap<string, string>,
  target: Readonly<Record<string, string>>,
): string {
  let exported = `exported_${name}`;
  while (taken.has(exported) || Object.hasOwn(target, exported)) exported = `exported_${exported}`;
  return exported;
}

/**
 * A series as line protocol begins it: `name,label=value`. Line protocol has no control characters, which become a blank, and
 * no backslash at the end of a value, which gets a `_` behind it.
 */
export function lineBeginning(name: string, labels: ReadonlyMap<string, string>): string {
  let text = name;
  for (const [label, value] of [...labels].toSorted(([a], [b]) => (a < b ? -1 : 1)))
    text += `,${label}=${escapeKey(value)}`;
  return text;
}
