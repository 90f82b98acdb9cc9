import { type Element, isLink, type Node, type NodeKind } from "../../core/element.ts";
import { type ElementId, isWithin, ownerHostOf } from "../../core/element-id.ts";
import type { GraphView } from "../../topology/live-graph.ts";
import { isElementKind } from "../../topology/model/parse-element.ts";

const PLACE_KINDS: ReadonlySet<string> = new Set<NodeKind>(["region", "zone", "rack"]);

/** Whether this names a place, whose hosts belong to it without standing below it by their id. */
export function isPlace(root: ElementId): boolean {
  return root.startsWith("region/");
}

/** What a root holds, found by what it holds and not by looking through the cluster. `kinds` may spare looking at others. */
export function* elementsWithin(
  graph: GraphView,
  root: ElementId | undefined,
  kinds: ReadonlySet<string> | undefined,
): Generator<Element> {
  if (root === undefined) {
    if (kinds === undefined) yield* graph.elements();
    else for (const kind of kinds) if (isElementKind(kind)) yield* found(graph, graph.ofKind(kind));
    return;
  }
  if (isPlace(root)) {
    yield* elementsOfPlace(graph, root);
    return;
  }
  const host = ownerHostOf(root);
  if (host !== undefined) {
    const owned = [...found(graph, graph.ownedBy({ kind: "agent", host }))].filter(({ id }) => isWithin(id, root));
    yield* owned;
    yield* joinsFrom(graph, owned);
    return;
  }
  const element = graph.get(root);
  if (element !== undefined && !isLink(element)) yield* elementsBelow(graph, element, root);
}

/** What stands below it both as its child and by its id, with the links that start there. */
function* elementsBelow(graph: GraphView, element: Node, root: ElementId): Generator<Element> {
  yield element;
  for (const link of graph.linksAt(element.id)) {
    if (link.from === element.id && isWithin(link.id, root)) yield link;
  }
  for (const id of [...graph.childrenOf(element.id)]) {
    const child = graph.get(id);
    if (child !== undefined && !isLink(child) && isWithin(id, root)) yield* elementsBelow(graph, child, root);
  }
}

/** What an agent tells of a host, the VMs there, and the links that join both. */
export function* elementsOnHost(graph: GraphView, host: string): Generator<Element> {
  const owned = [...found(graph, graph.ownedBy({ kind: "agent", host }))];
  const ids = new Set(owned.map(({ id }) => id));
  yield* owned;
  for (const element of found(graph, graph.onHost(host))) if (!ids.has(element.id)) yield element;
  yield* joinsFrom(graph, owned);
}

function* elementsOfPlace(graph: GraphView, place: ElementId): Generator<Element> {
  const element = graph.get(place);
  if (element === undefined || isLink(element)) return;
  if (element.kind === "host" && element.host !== undefined) yield* elementsOnHost(graph, element.host);
  if (!PLACE_KINDS.has(element.kind)) return;
  yield element;
  for (const child of [...graph.childrenOf(place)]) yield* elementsOfPlace(graph, child);
}

function* joinsFrom(graph: GraphView, elements: readonly Element[]): Generator<Element> {
  for (const { id, kind } of elements) {
    if (kind !== "tap" && kind !== "ovs-port") continue;
    for (const link of graph.linksAt(id)) if (link.from === id && link.id.startsWith("derived/")) yield link;
  }
}

function* found(graph: GraphView, ids: Iterable<ElementId>): Generator<Element> {
  for (const id of ids) {
    const element = graph.get(id);
    if (element !== undefined) yield element;
  }
}
