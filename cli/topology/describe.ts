import type { Static } from "typebox";
import type {
  AttributesSchema,
  ChangesResponse,
  DiffResponse,
  ElementSchema,
  TopologyResponse,
} from "../../web/api/topology.ts";

type Element = Static<typeof ElementSchema>;
type Attributes = Static<typeof AttributesSchema>;

/** A topology as an indented tree of nodes, then its links. */
export function treeLines({ elements }: TopologyResponse): readonly string[] {
  const nodes = elements.filter((element) => !("from" in element));
  const ids = new Set(nodes.map(({ id }) => id));
  const children = Map.groupBy(nodes, (node) => {
    const parent = "parent" in node ? node.parent : undefined;
    return parent !== undefined && ids.has(parent) ? parent : "";
  });
  const below = (parent: string, depth: number): string[] =>
    (children.get(parent) ?? [])
      .toSorted((a, b) => a.id.localeCompare(b.id))
      .flatMap((node) => [`${"  ".repeat(depth)}${nameOf(node)}`, ...below(node.id, depth + 1)]);
  const links = elements.filter((element) => "from" in element).map(nameOf);
  return [...below("", 0), ...(links.length > 0 ? ["", `${links.length} links:`, ...links.toSorted()] : [])];
}

/** A difference as a change gate or a person reads it: one line an element, one line an attribute. */
export function diffLines(diff: DiffResponse): readonly string[] {
  const lines = [
    ...diff.added.map(({ element, renamed_from }) =>
      renamed_from === undefined ? `+ ${nameOf(element)}` : `> ${nameOf(element)} (was ${renamed_from})`,
    ),
    ...diff.removed.map((element) => `- ${nameOf(element)}`),
    ...diff.moved.flatMap((moved) => [`> ${nameOf(moved.element)} moved`, ...attributeLines(moved)]),
    ...diff.updated.flatMap((updated) => [`~ ${nameOf(updated.element)}`, ...attributeLines(updated)]),
  ];
  const unknown = diff.unknown_hosts.map((host) => `? ${host}: its agent was silent, what is missing there is unknown`);
  const { added, removed, updated, moved } = diff;
  const counts = `${added.length} added, ${removed.length} removed, ${updated.length} changed, ${moved.length} moved`;
  return [...lines, ...unknown, counts];
}

export function hasDifferences(diff: DiffResponse): boolean {
  return diff.added.length + diff.removed.length + diff.updated.length + diff.moved.length > 0;
}

/** The change log, one line a change. */
export function logLines({ changes }: ChangesResponse): readonly string[] {
  return changes.flatMap(({ at, cluster, revision, change }) => {
    const head = `${new Date(at).toISOString()} ${cluster}@r${revision}`;
    switch (change.kind) {
      case "add":
        return [`${head} + ${nameOf(change.element)}`];
      case "remove":
        return [`${head} - ${nameOf(change.element)}`];
      case "update":
        return [`${head} ~ ${change.id}`, ...attributeLines(change)];
    }
  });
}

function nameOf(element: Element): string {
  return "from" in element ? `${element.kind} ${element.from} -- ${element.to}` : `${element.kind} ${element.id}`;
}

function attributeLines({ before, after }: { before: Attributes; after: Attributes }): readonly string[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].toSorted();
  return names.map((name) => `    ${name}: ${valueText(before[name])} -> ${valueText(after[name])}`);
}

function valueText(value: Attributes[string] | undefined): string {
  return value === undefined ? "(none)" : JSON.stringify(value);
}
