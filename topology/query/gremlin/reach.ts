import { isLink, type Link, type Node } from "../../../core/element.ts";
import type { ElementId } from "../../../core/element-id.ts";
import type { GraphSource } from "../graph-source.ts";
import type { Work } from "../work.ts";
import { edgesAt } from "./edges.ts";

export interface Journey {
  readonly isGoal: (node: Node) => boolean;
  readonly mayUse: (link: Link) => boolean;
  readonly work: Work;
}

/** Nodes whose surroundings are brought in at once. */
const STRIDE = 500;

/** The nodes of a path with the fewest edges, in whatever direction, start and goal included; undefined when there is none. */
export async function fewestEdges(
  source: GraphSource,
  start: Node,
  { isGoal, mayUse, work }: Journey,
): Promise<readonly Node[] | undefined> {
  const cameFrom = new Map<ElementId, Node | undefined>([[start.id, undefined]]);
  let frontier: readonly Node[] = [start];
  while (frontier.length > 0) {
    const goal = frontier.find(isGoal);
    if (goal !== undefined) return pathTo(goal, cameFrom);
    const next: Node[] = [];
    for (let at = 0; at < frontier.length; at += STRIDE) {
      const stride = frontier.slice(at, at + STRIDE);
      await source.surround(stride.map(({ id }) => id));
      for (const node of stride) {
        for (const { link, parent, child } of edgesAt(source.graph, node.id, "both")) {
          work.add(1);
          const other = source.graph.get(parent === node.id ? child : parent);
          if (other === undefined || isLink(other) || cameFrom.has(other.id) || !mayUse(link)) continue;
          cameFrom.set(other.id, node);
          next.push(other);
        }
      }
      await work.breathe();
    }
    frontier = next;
  }
  return undefined;
}

function pathTo(goal: Node, cameFrom: ReadonlyMap<ElementId, Node | undefined>): readonly Node[] {
  const path: Node[] = [];
  for (let node: Node | undefined = goal; node !== undefined; node = cameFrom.get(node.id)) path.push(node);
  return path.reverse();
}
