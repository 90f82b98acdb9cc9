import { type Element, isLink, type Node } from "../../core/element.ts";
import { type ElementId, parseElementId } from "../../core/element-id.ts";
import type { GraphSource } from "./graph-source.ts";
import { matchOf } from "./search/match.ts";
import type { SearchQuery } from "./search/search-query.ts";

/** What a text that should name one node names. */
export type Resolved =
  | { readonly kind: "one"; readonly node: Node }
  | { readonly kind: "none" }
  | { readonly kind: "several"; readonly candidates: readonly Node[] };

/** Candidates of an ambiguous name that are told. */
const MOST_CANDIDATES = 20;

/**
 * The node that an id, a name, an address or a UUID means. Of several the one that carries it in its own name or id, if it
 * is the only one: a VM before the interfaces that mention it.
 */
export async function resolveNode(source: GraphSource, typed: string, query: SearchQuery): Promise<Resolved> {
  const id = parseElementId(typed.trim());
  if (id !== undefined) {
    await source.reach([id]);
    const node = nodeAt(source, id);
    if (node !== undefined) return { kind: "one", node };
  }
  if (query.token === undefined) return { kind: "none" };
  const found: Node[] = [];
  for await (const chunk of source.find({ by: "identifier", token: query.token.text })) {
    found.push(...chunk.filter((element) => isAnswer(query, element)).filter(isNode));
  }
  const own = found.filter((node) => ["name", "id"].includes(matchOf(query, node)?.key ?? ""));
  const [only] = own.length === 1 ? own : found;
  if (only === undefined) return { kind: "none" };
  if (own.length === 1 || found.length === 1) return { kind: "one", node: only };
  const candidates = (own.length > 0 ? own : found).toSorted((a, b) => (a.id < b.id ? -1 : 1));
  return { kind: "several", candidates: candidates.slice(0, MOST_CANDIDATES) };
}

/** The whole token, not a name that merely begins so. */
function isAnswer(query: SearchQuery, element: Element): boolean {
  return matchOf({ ...query, prefix: undefined, id: undefined }, element) !== undefined;
}

function isNode(element: Element): element is Node {
  return !isLink(element);
}

function nodeAt({ graph }: GraphSource, id: ElementId): Node | undefined {
  const element = graph.get(id);
  return element === undefined || isLink(element) ? undefined : element;
}
