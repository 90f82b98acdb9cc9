import type { EpochMs } from "../../../core/clock.ts";
import { type Element, isLink } from "../../../core/element.ts";
import type { ElementId } from "../../../core/element-id.ts";
import type { GraphView } from "../../live-graph.ts";
import type { GraphSource } from "../graph-source.ts";
import type { Work } from "../work.ts";
import { type Match, matchOf, RANK, rankOf } from "./match.ts";
import type { SearchQuery } from "./search-query.ts";

/** An answer to a search. */
export interface Hit {
  readonly id: ElementId;
  readonly kind: string;
  readonly name: string | undefined;
  readonly host: string | undefined;
  readonly match: Match;
  /** When it lost what was searched for: it was deleted, or has another address now. Undefined for what is there. */
  readonly until: EpochMs | undefined;
}

/** An identifier that an element no longer has; the store keeps them. */
export interface LostIdentifier {
  readonly token: string;
  readonly id: ElementId;
  readonly kind: string;
  readonly name?: string | undefined;
  readonly until: EpochMs;
}

/** Where to search in one cluster. */
export interface SearchPlace {
  /** The graph at the moment asked for. */
  readonly source: GraphSource;
  /** The graph as it is now. */
  readonly live: Pick<GraphView, "get" | "withName">;
  /** Elements that have lost one of these tokens; undefined when only a moment is asked for. */
  readonly lost: ((tokens: readonly string[], limit: number) => Promise<readonly LostIdentifier[]>) | undefined;
}

export interface SearchOptions {
  readonly limit: number;
  readonly work: Work;
}

/** Names that begin so which are looked at, at most: somebody who types one letter is not done typing. */
const MOST_NAMES = 1_000;

/** The best answers, at most `limit` and one more that tells there are others. */
export async function search(place: SearchPlace, query: SearchQuery, options: SearchOptions): Promise<readonly Hit[]> {
  const hits = new Map<ElementId, Hit>();
  for await (const element of candidates(place, query, options)) {
    const match = hits.has(element.id) ? undefined : matchOf(query, element);
    if (match !== undefined) hits.set(element.id, hitOf(element, match));
  }
  const tokens = query.network?.exactTokens ?? tokensOf(query);
  const lost = tokens.length === 0 ? [] : ((await place.lost?.(tokens, options.limit + 1)) ?? []);
  for (const identifier of lost) {
    if (!hits.has(identifier.id)) hits.set(identifier.id, lostHit(query, identifier));
  }
  return [...hits.values()].sort(compareHits).slice(0, options.limit + 1);
}

/** By rank, what is there before what is not, then by id. */
export function compareHits(a: Hit, b: Hit): number {
  const byLife = Number(a.until !== undefined) - Number(b.until !== undefined);
  return a.match.rank - b.match.rank || byLife || (b.until ?? 0) - (a.until ?? 0) || (a.id < b.id ? -1 : 1);
}

async function* candidates(
  { source, live }: SearchPlace,
  query: SearchQuery,
  { limit, work }: SearchOptions,
): AsyncIterable<Element> {
  if (query.id !== undefined) {
    await source.reach([query.id]);
    yield* present(source, [query.id]);
  }
  for (const token of tokensOf(query)) {
    for await (const chunk of source.find({ by: "identifier", token })) {
      work.add(chunk.length);
      yield* chunk;
      await work.breathe();
    }
  }
  if (query.prefix === undefined) return;
  const named = firstOf(live.withName(query.prefix), Math.min(MOST_NAMES, limit + 1), MOST_NAMES);
  work.add(named.length);
  await source.reach(named);
  yield* present(source, named);
}

function* present({ graph }: GraphSource, ids: readonly ElementId[]): Iterable<Element> {
  for (const id of ids) {
    const element = graph.get(id);
    if (element !== undefined) yield element;
  }
}

/** Of many names the shortest: they are nearest to what was typed. */
function firstOf(elements: Iterable<Element>, count: number, mostLookedAt: number): readonly ElementId[] {
  const looked: { readonly id: ElementId; readonly length: number }[] = [];
  for (const element of elements) {
    looked.push({ id: element.id, length: isLink(element) ? 0 : element.name.length });
    if (looked.length >= mostLookedAt) break;
  }
  looked.sort((a, b) => a.length - b.length || (a.id < b.id ? -1 : 1));
  return looked.slice(0, count).map(({ id }) => id);
}

function tokensOf({ token, network }: SearchQuery): readonly string[] {
  return [...(token === undefined ? [] : [token.text]), ...(network?.tokens ?? [])];
}

function hitOf(element: Element, match: Match): Hit {
  const { id, kind } = element;
  if (isLink(element)) return { id, kind, name: undefined, host: undefined, match, until: undefined };
  return { id, kind, name: element.name, host: element.host, match, until: undefined };
}

function lostHit({ token }: SearchQuery, { id, kind, name, until, token: text }: LostIdentifier): Hit {
  const isName = name?.toLowerCase() === text;
  const what = isName ? "name" : (token?.what ?? "network");
  const rank = what === "network" ? RANK.network : rankOf(what, isName);
  return { id, kind, name, host: undefined, match: { rank, what, key: undefined, value: text }, until };
}
