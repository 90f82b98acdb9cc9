import type { ElementId } from "../../core/element-id.ts";
import { recordingTurns } from "../../topology/recording-turns.ts";
import { type ListQuestion, pagesOf } from "./api/pages.ts";
import type { ServiceApi } from "./api/service-api.ts";
import { type ApiObject, recordsAt } from "./api/words.ts";
import type { ToldObject } from "./elements/element-context.ts";
import type { Round } from "./round.ts";
import type { ListedKind, Teller } from "./teller.ts";

export interface Listing {
  readonly question: ListQuestion;
  readonly listed: ListedKind;
  parse(object: ApiObject): ToldObject | undefined;
  /** An object that is there and says nothing new of itself: the element it stands for stays as it is. */
  silentId?(object: ApiObject): ElementId | undefined;
  /** Told of each page, after it is recorded. */
  onPage?(objects: readonly ApiObject[]): void;
}

export interface ListingDeps {
  readonly api: Pick<ServiceApi, "get">;
  readonly teller: Teller;
}

/** What a list came to. */
export interface Listed {
  /** Of the first page, by the server's clock: what changes from here on is in no page for sure. */
  readonly serverTimeMs: number;
  readonly seen: ReadonlySet<ElementId>;
  /** It lacks so much that it is not believed yet: what it lacks stays as it was, wherever it is kept. */
  readonly isDoubted: boolean;
}

/**
 * Reads a list to its end, records each page, and then removes what is not in it. An error in between removes nothing.
 * A list that lacks more than half of what is known is believed only the second time: a role that was taken away empties lists, too.
 */
export async function takeList(
  listing: Listing,
  { api, teller }: ListingDeps,
  doubt: Doubt,
  round: Round,
): Promise<Listed> {
  const known = teller.known(listing.listed);
  const seen = new Set<ElementId>();
  let serverTimeMs: number | undefined;
  for await (const page of pagesOf(api, listing.question, round.signal)) {
    serverTimeMs ??= page.serverTimeMs;
    const told = await recordingTurns.map(page.objects, (object) => listing.parse(object));
    for (const { node } of told) seen.add(node.id);
    for (const object of page.objects) {
      const silent = listing.silentId?.(object);
      if (silent !== undefined) seen.add(silent);
    }
    await teller.put(told);
    listing.onPage?.(page.objects);
    round.count(page.objects.length);
    await round.between();
  }
  const isDoubted = await removeOthers({ list: listing.question.path, known, seen }, teller, doubt, round);
  return { serverTimeMs: serverTimeMs ?? round.clock.now(), seen, isDoubted };
}

interface WholeList {
  readonly list: string;
  /** Before it was asked for. */
  readonly known: ReadonlySet<ElementId>;
  readonly seen: ReadonlySet<ElementId>;
}

/** Whether the list is doubted; then nothing is removed, and the round says so. */
async function removeOthers(
  { list, known, seen }: WholeList,
  teller: Teller,
  doubt: Doubt,
  round: Round,
): Promise<boolean> {
  const gone = teller.goneOf(known, seen);
  const isDoubted = doubt.isDoubtful(list, gone.length, known.size);
  if (isDoubted) {
    round.missing({
      what: list,
      reason: `lacks ${gone.length} of ${known.size} that were there`,
      hint: "if the next round says so as well, they are taken as deleted; was a role of the user taken away?",
    });
  } else await teller.remove(gone);
  return isDoubted;
}

export interface WholeListing {
  readonly path: string;
  readonly member: string;
  readonly headers?: Record<string, string>;
  readonly listed: ListedKind;
  parse(object: ApiObject): ToldObject | undefined;
}

/** A list that comes in one answer, as that of services does. Undefined when it is doubted, as `takeList` says. */
export async function takeWhole(
  { path, member, headers, listed, parse }: WholeListing,
  { api, teller }: ListingDeps,
  doubt: Doubt,
  round: Round,
): Promise<readonly ApiObject[] | undefined> {
  const known = teller.known(listed);
  const { body } = await api.get(path, [], round.signal, headers);
  const objects = recordsAt(body, member);
  const told = await recordingTurns.map(objects, (object) => parse(object));
  await teller.put(told);
  const seen = new Set(told.map(({ node }) => node.id));
  const isDoubted = await removeOthers({ list: path, known, seen }, teller, doubt, round);
  round.count(objects.length);
  await round.between();
  return isDoubted ? undefined : objects;
}

/** Fewer are believed at once. */
const FEW = 50;

/** Remembers which lists were doubted when they were read last. */
export class Doubt {
  readonly #doubted = new Set<string>();

  isDoubtful(list: string, gone: number, known: number): boolean {
    const wasDoubted = this.#doubted.delete(list);
    if (gone <= FEW || gone * 2 <= known || wasDoubted) return false;
    this.#doubted.add(list);
    return true;
  }
}
