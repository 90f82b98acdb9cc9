import { type Attributes, isLink } from "../../core/element.ts";
import { type ElementId, hostId, isWithin, parseElementId } from "../../core/element-id.ts";
import { type Change, changedId } from "../../topology/model/change.ts";
import { hostOfId, textIn } from "../../topology/model/comparison/rows.ts";
import { attributesAt, eachOf, type LookUp } from "./agent-sessions.ts";

/** A region, zone or rack: it holds hosts by what they say, not by how their ids begin. */
export function isPlace(id: ElementId): boolean {
  return id.startsWith("region/");
}

/**
 * The changes of what stood in a place at either moment: the place itself, its hosts with all of theirs, VMs and ports
 * on those. Only hosts that changed are asked where they stand.
 */
export async function changesInPlace(
  changes: readonly Change[],
  place: ElementId,
  later: LookUp,
): Promise<readonly Change[]> {
  const told = hostPlacesTold(changes);
  const hosts = new Set<string>();
  for (const change of changes) for (const host of hostsOf(change)) hosts.add(host);
  const inside = new Set<string>();
  await eachOf([...hosts], async (host) => {
    const places = told.get(hostId(host)) ?? [(await attributesAt(later, hostId(host)))?.parent];
    if (places.some((each) => each !== undefined && isWithin(each, place))) inside.add(host);
  });
  return changes.filter((change) => {
    if (isWithin(changedId(change), place)) return true;
    for (const host of hostsOf(change)) if (inside.has(host)) return true;
    return false;
  });
}

/** Where hosts that came, went or moved stood and stand; an update of something else leaves a host where it is. */
function hostPlacesTold(changes: readonly Change[]): ReadonlyMap<ElementId, readonly (ElementId | undefined)[]> {
  const told = new Map<ElementId, readonly (ElementId | undefined)[]>();
  for (const change of changes) {
    if (change.kind !== "update") {
      if (change.element.kind === "host" && !isLink(change.element)) {
        told.set(change.element.id, [...(told.get(change.element.id) ?? []), change.element.parent]);
      }
      continue;
    }
    if (change.subject.kind !== "host") continue;
    const places = [change.before, change.after].map((side) => parseElementId(textIn(side, "@parent") ?? ""));
    if (places.some((place) => place !== undefined)) told.set(change.id, places);
  }
  return told;
}

/** The hosts a change is about: whose agent told it, and where it was bound or ran before and after. */
function* hostsOf(change: Change): Iterable<string> {
  const own = hostOfId(changedId(change));
  if (own !== undefined) return yield own;
  if (change.kind === "update") {
    yield* boundTo(change.before);
    yield* boundTo(change.after);
    return;
  }
  if (isLink(change.element)) return;
  if (change.element.host !== undefined) yield change.element.host;
  yield* boundTo(change.element.attributes);
}

function* boundTo(attributes: Attributes): Iterable<string> {
  for (const name of ["@host", "binding_host"]) {
    const host = textIn(attributes, name);
    if (host !== undefined) yield host;
  }
}
