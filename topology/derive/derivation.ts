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

/** What the changes of others do to the derived elements. Looks at what the changes concern and at nothing else. */
export function derivedChanges(view: DerivationView, places: PlaceUse, steps: readonly Step[]): readonly Change[] {
  const touched = new Set(steps.flatMap(([before, after]) => places.move(before, after)));
  const changes = [...touched].flatMap((place) => diffElement(view.get(place), places.nodeOf(place)));
  return [...changes, ...joinChanges(view, steps)];
}

function joinChanges(view: DerivationView, steps: readonly Step[]): readonly Change[] {
  const isPresent = (id: ElementId) => view.get(id) !== undefined;
  const possible = new Map<ElementId, Element | undefined>();
  const consider = (source: Element | undefined) => {
    for (const link of possibleJoinsOf(source)) possible.set(link.id, undefined);
  };
  const sources = new Set<ElementId>();
  for (const [before, after] of steps) {
    if (before !== undefined && after !== undefined && joinAlike(before, after)) continue;
    // What was not there has no joins yet.
    consider(before);
    if (after !== undefined) sources.add(after.id);
    const token = (before === undefined) === (after === undefined) ? undefined : joinTokenOf(after ?? before);
    if (token === undefined) continue;
    for (const source of view.withIdentifier(token)) {
      consider(source);
      sources.add(source.id);
    }
  }
  for (const id of sources) for (const link of joinsOf(view.get(id), isPresent)) possible.set(link.id, link);
  return [...possible].flatMap(([id, wanted]) => diffElement(view.get(id), wanted));
}

/** The slow, obvious oracle: all that is derived from a state. What is derived already may be in it. */
export function derivedFrom(state: Topology, cluster: string): readonly Element[] {
  const places = new PlaceUse(cluster);
  const touched = [...state.values()].flatMap((element) => places.move(undefined, element));
  const nodes = [...new Set(touched)].flatMap((place) => places.nodeOf(place) ?? []);
  return [...nodes, ...[...state.values()].flatMap((element) => joinsOf(element, (id) => state.has(id)))];
}
