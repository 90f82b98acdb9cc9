import type { TopologyResponse } from "../../web/api/topology.ts";
import { countText, fullNameOf, timeText } from "./names.ts";
import type { Pen } from "./terminal.ts";

/** A topology as an indented tree of nodes, then its links. */
export function treeLines({ cluster, at, revision, elements }: TopologyResponse, pen: Pen): readonly string[] {
  const nodes = elements.filter((element) => !("from" in element));
  const ids = new Set(nodes.map(({ id }) => id));
  const children = new Map<string, typeof nodes>();
  for (const node of nodes) {
    const parent = "parent" in node && node.parent !== undefined && ids.has(node.parent) ? node.parent : "";
    const siblings = children.get(parent);
    if (siblings === undefined) children.set(parent, [node]);
    else siblings.push(node);
  }
  const lines: string[] = [];
  const add = (parent: string, depth: number): void => {
    for (const node of (children.get(parent) ?? []).toSorted(byId)) {
      lines.push(pen.line(`${"  ".repeat(depth)}${node.kind} ${pen.paint("plain", node.id)}`));
      add(node.id, depth + 1);
    }
  };
  add("", 0);
  const links = elements.filter((element) => "from" in element).map(fullNameOf);
  const title = `${cluster}@r${revision} ${timeText(at)}: ${countText(nodes.length, "node")}, ${countText(links.length, "link")}`;
  return [pen.line(pen.paint("quiet", title)), ...lines, ...links.toSorted().map((line) => pen.line(line))];
}

function byId(a: { readonly id: string }, b: { readonly id: string }): number {
  return a.id < b.id ? -1 : 1;
}
