import { type Attributes, type Element, isLink, type Link, type Node } from "../../core/element.ts";
import type { GraphDataResponse, GraphEdge, GraphNode } from "../api/node-graph.ts";

/** The elements as Grafana's node graph draws them: nodes, links between them, and what stands in what. */
export function nodeGraphOf(elements: readonly Element[]): Pick<GraphDataResponse, "nodes" | "edges"> {
  const nodes = elements.filter((element): element is Node => !isLink(element));
  const ids = new Set<string>(nodes.map(({ id }) => id));
  const links = elements.filter(isLink).filter(({ from, to }) => ids.has(from) && ids.has(to));
  const standing = nodes.flatMap((node) =>
    node.parent !== undefined && ids.has(node.parent) ? edgeToParent(node) : [],
  );
  return { nodes: nodes.map(graphNode), edges: [...links.map(graphEdge), ...standing] };
}

const BAD = new Set(["down", "silent", "ERROR", "0"]);

function graphNode({ id, kind, name, host = "", attributes }: Node): GraphNode {
  const state = stateOf(attributes);
  return {
    id,
    title: name,
    subTitle: kind,
    mainStat: state,
    color: state === "" ? "blue" : BAD.has(state) ? "red" : "green",
    detail__id: id,
    detail__host: host,
    detail__addresses: textOf(attributes.addresses),
  };
}

/** Of an agent its session, of an interface whether it works, of a machine its status. */
function stateOf({ session, operstate, status, state }: Attributes): string {
  return textOf(session ?? operstate ?? status ?? state);
}

function textOf(value: Attributes[string] | undefined): string {
  if (value === undefined) return "";
  return Array.isArray(value) ? value.join(" ") : String(value);
}

function graphEdge({ id, kind, from, to }: Link): GraphEdge {
  return { id, source: from, target: to, mainStat: kind };
}

function edgeToParent({ id, parent }: Node): GraphEdge {
  return { id: `in ${id}`, source: id, target: String(parent), mainStat: "in" };
}
