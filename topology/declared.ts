import { type Element, isLink } from "../core/element.ts";
import type { ElementId } from "../core/element-id.ts";
import type { GraphView } from "./live-graph.ts";
import { type Owner, ownsId } from "./ownership.ts";

export const declaredOwner = (cluster: string): Owner => ({ kind: "declared", cluster });

/**
 * What goes when a declared element is withdrawn: itself, what was declared below it, and declared links that start or
 * end there; a cable does not outlast its switch. "tooMany" past the limit.
 */
export function withdrawnWith(
  graph: Pick<GraphView, "get" | "childrenOf" | "linksAt">,
  root: Element,
  { owner, limit }: { readonly owner: Owner; readonly limit: number },
): ReadonlySet<ElementId> | "tooMany" {
  const gone = new Set<ElementId>([root.id]);
  for (const id of gone) {
    const element = graph.get(id);
    if (element === undefined || isLink(element)) continue;
    for (const child of graph.childrenOf(id)) if (ownsId(owner, child)) gone.add(child);
    for (const link of graph.linksAt(id)) if (ownsId(owner, link.id)) gone.add(link.id);
    if (gone.size > limit) return "tooMany";
  }
  return gone;
}
