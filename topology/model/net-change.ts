import type { Attributes, AttributeValue, Element } from "../../core/element.ts";
import { applyToElement, type Change, diffElement, invert, sameValue } from "./change.ts";

type Update = Extract<Change, { kind: "update" }>;

/**
 * What one element's changes, in their order, come to: nothing when it ends as it began, else the changes `diffElement`
 * gives for its first and last state. Needs no other knowledge of the element: before a removal it is whole again.
 * Law: where `changes` can be applied, applying `netOf(changes)` gives the same.
 */
export function netOf(changes: readonly Change[]): readonly Change[] {
  let net: Net = { kind: "same" };
  for (const change of changes) net = step(net, change);
  return changesOf(net);
}

/** What is known of the two states so far. */
type Net =
  | { readonly kind: "same" }
  /** Only updates so far: the rest of the element is not known. */
  | { readonly kind: "updated"; readonly update: Update }
  | {
      readonly kind: "known";
      readonly before: Element | undefined;
      readonly after: Element | undefined;
      readonly renamedFrom: Extract<Change, { kind: "add" }>["renamedFrom"];
    };

function step(net: Net, change: Change): Net {
  if (net.kind === "known") {
    const renamedFrom = change.kind === "add" ? change.renamedFrom : net.renamedFrom;
    return { ...net, after: applyToElement(net.after, change), renamedFrom };
  }
  switch (change.kind) {
    case "update":
      return { kind: "updated", update: net.kind === "same" ? change : joined(net.update, change) };
    case "remove": {
      const before = net.kind === "same" ? change.element : undone(change.element, net.update);
      return { kind: "known", before, after: undefined, renamedFrom: undefined };
    }
    case "add":
      return { kind: "known", before: undefined, after: change.element, renamedFrom: change.renamedFrom };
  }
}

function changesOf(net: Net): readonly Change[] {
  switch (net.kind) {
    case "same":
      return [];
    case "updated":
      return effective(net.update);
    case "known":
      return diffElement(net.before, net.after).map((change) =>
        change.kind === "add" && net.renamedFrom !== undefined ? { ...change, renamedFrom: net.renamedFrom } : change,
      );
  }
}

function undone(element: Element, update: Update): Element | undefined {
  return invert([update]).reduce<Element | undefined>(applyToElement, element);
}

/** A name counts from the first update that touches it to the last. */
function joined(first: Update, second: Update): Update {
  const touched = new Set([...Object.keys(first.before), ...Object.keys(first.after)]);
  const before: Record<string, AttributeValue> = { ...first.before };
  for (const [name, value] of Object.entries(second.before)) if (!touched.has(name)) before[name] = value;
  const after: Record<string, AttributeValue> = { ...first.after };
  for (const name of Object.keys(second.before)) delete after[name];
  Object.assign(after, second.after);
  return { ...second, before, after };
}

function effective(update: Update): readonly Change[] {
  const differs = (name: string) => !sameValue(update.before[name], update.after[name]);
  // As nearly always.
  if (haveOnly(update.before, differs) && haveOnly(update.after, differs)) return isEmpty(update) ? [] : [update];
  const [before, after] = [where(update.before, differs), where(update.after, differs)];
  const left = { ...update, before, after };
  return isEmpty(left) ? [] : [left];
}

function isEmpty({ before, after }: Update): boolean {
  return Object.keys(before).length === 0 && Object.keys(after).length === 0;
}

function haveOnly(attributes: Attributes, keep: (name: string) => boolean): boolean {
  for (const name in attributes) if (!keep(name)) return false;
  return true;
}

function where(attributes: Attributes, keep: (name: string) => boolean): Attributes {
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => keep(name)));
}
