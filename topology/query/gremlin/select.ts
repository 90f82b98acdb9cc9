import { type Element, isLink, type Link, type Node } from "../../../core/element.ts";
import type { GraphSource, Lookup } from "../graph-source.ts";
import type { Work } from "../work.ts";
import { childrenNamedBy, ownershipOf } from "./edges.ts";
import { planOf, testOf } from "./filter.ts";
import { tooExpensive } from "./problem.ts";
import type { Filter } from "./steps.ts";

/** Elements a query may hold at once. */
export const MAX_HELD = 200_000;

export interface Selection<E extends Element> {
  /** All that pass, or the first `atMost` of them. */
  readonly elements: readonly E[];
  readonly count: number;
}

export interface SelectionOptions {
  /** Every filter has to pass. */
  readonly filters: readonly Filter[];
  /** The search may end after so many. */
  readonly atMost?: number | undefined;
  /** Only their number is asked for. */
  readonly onlyCount?: boolean | undefined;
  readonly work: Work;
}

/** The nodes of a graph that pass filters, through an index where one helps. */
export function selectNodes(source: GraphSource, options: SelectionOptions): Promise<Selection<Node>> {
  const plan = planOf(options.filters);
  return select(plan === undefined ? source.all() : found(source, plan), options, (element) =>
    isLink(element) ? [] : [element],
  );
}

/** The same for edges: the links, and the `owns` edges that stand in the nodes' parents. */
export async function selectEdges(source: GraphSource, options: SelectionOptions): Promise<Selection<Link>> {
  const plan = planOf(options.filters)?.flatMap(withChildren);
  // Only ids and kinds lead to `owns` edges, and identifiers to links only, whose attributes they are.
  const isIndexed = plan?.every(({ by }) => by !== "host") === true;
  const chunks = isIndexed ? found(source, plan ?? []) : source.all();
  return select(withParents(source, chunks), options, (element) => {
    if (isLink(element)) return [element];
    const edge = ownershipOf(source.graph, element);
    return edge === undefined ? [] : [edge.link];
  });
}

function withChildren(lookup: Lookup): readonly Lookup[] {
  if (lookup.by !== "id") return [lookup];
  return [lookup, ...childrenNamedBy(lookup.id).map((id): Lookup => ({ by: "id", id }))];
}

async function* withParents(
  source: GraphSource,
  chunks: AsyncIterable<readonly Element[]>,
): AsyncIterable<readonly Element[]> {
  for await (const chunk of chunks) {
    await source.reach(
      chunk.flatMap((element) => (isLink(element) || element.parent === undefined ? [] : [element.parent])),
    );
    yield chunk;
  }
}

async function select<E extends Element>(
  chunks: AsyncIterable<readonly Element[]>,
  { filters, atMost = Number.POSITIVE_INFINITY, onlyCount = false, work }: SelectionOptions,
  narrow: (element: Element) => readonly E[],
): Promise<Selection<E>> {
  const tests = filters.map(testOf);
  const elements: E[] = [];
  let count = 0;
  for await (const chunk of chunks) {
    work.add(chunk.length);
    for (const candidate of chunk.flatMap(narrow)) {
      if (!tests.every((test) => test(candidate))) continue;
      count++;
      if (!onlyCount) elements.push(candidate);
      if (count >= atMost) return { elements, count };
    }
    if (elements.length > MAX_HELD) throw tooMany();
    await work.breathe();
  }
  return { elements, count };
}

/** What several look-ups find, each element once. */
async function* found(source: GraphSource, lookups: readonly Lookup[]): AsyncIterable<readonly Element[]> {
  const seen = new Set<string>();
  for (const lookup of lookups) {
    for await (const chunk of source.find(lookup)) {
      const fresh = chunk.filter(({ id }) => !seen.has(id));
      if (lookups.length > 1 || lookup.by === "host") for (const { id } of fresh) seen.add(id);
      yield fresh;
    }
  }
}

export function tooMany(): Error {
  return tooExpensive(`the query holds more than ${MAX_HELD} elements at once`);
}
