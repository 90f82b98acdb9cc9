import type { Element } from "../../core/element.ts";
import type { ElementId } from "../../core/element-id.ts";
import { type Change, diffElement } from "../model/change.ts";
import type { Topology } from "../model/topology.ts";
import { joinAlike, joinsOf, joinTokenOf, possibleJoinsOf } from "./joins.ts";
import { PlaceUse } from "./places.ts";

/** The state after the changes that are derived from. */
export interface DerivationView {
  get(id: ElementId): Element | undefined;
  withIdentifier(token: string): Iterable<Element>;
}

/** What an element was before some changes, and is after them. */
export type Step = readonly [before: Element | undefined, after: Element | undefined];

/** Steps between two pauses. */
const DERIVED_AT_ONCE = 128;

/**
 * What the changes of others do to the derived elements. Looks at what the changes concern and at nothing else. Has pauses, in
 * which the view must not change.
 */
export function* derivingChanges(
  view: DerivationView,
  places: PlaceUse,
  steps: readonly Step[],
): Generator<undefined, readonly Change[]> {
  const touched = new Set(steps.flatMap(([before, after]) => places.move(before, after)));
  const changes = [...touched].flatMap((place) => diffElement(view.get(place), places.nodeOf(place)));
  return [...changes, ...(yield* joinChanges(view, steps))];
}

/** Whether what is derived from the step depends on who else names the element: something to be joined to comes or goes. */
export function asksForIdentifiers([before, after]: Step): boolean {
  return joinTargetOf(before, after) !== undefined;
}

function joinTargetOf(before: Element | undefined, after: Element | undefined): string | undefined {
  return (before === undefined) === (after === undefined) ? undefined : joinTokenOf(after ?? before);
}

function* joinChanges(view: DerivationView, steps: readonly Step[]): Generator<undefined, readonly Change[]> {
  const isPresent = (id: ElementId) => view.get(id) !== undefined;
  const possible = new Map<ElementId, Element | undefined>();
  const consider = (source: Element | undefined) => {
    for (const link of possibleJoinsOf(source)) possible.set(link.id, undefined);
  };
  const sources = new Set<ElementId>();
  for (const [place, [before, after]] of steps.entries()) {
    if (place > 0 && place % DERIVED_AT_ONCE === 0) yield;
    if (before !== undefined && after !== undefined && joinAlike(before, after)) continue;
    // What was not there has no joins yet.
    consider(before);
    if (after !== undefined) sources.add(after.id);
    const token = joinTargetOf(before, after);
    if (token === undefined) continue;
    for (const source of view.withIdentifier(token)) {
      consider(source);
      sources.add(source.id);
    }
  }
  let looked = 0;
  for (const id of sources) {
    for (const link of joinsOf(view.get(id), isPresent)) possible.set(link.id, link);
    if (++looked % DERIVED_AT_ONCE === 0) yield;
  }
  return [...possible].flatMap(([id, wanted]) => diffElement(view.get(id), wanted));
}

/** The slow, obvious oracle: all that is derived from a state. What is derived already may be in it. */
export function derivedFrom(state: Topology, cluster: string): readonly Element[] {
  const places = new PlaceUse(cluster);
  const touched = [...state.values()].flatMap((element) => places.move(undefined, element));
  const nodes = [...new Set(touched)].flatMap((place) => places.nodeOf(place) ?? []);
  return [...nodes, ...[...state.values()].flatMap((element) => joinsOf(element, (id) => state.has(id)))];
}
