import { isRecord } from "../../../core/json.ts";
import { ApiError, isApiError } from "./api-error.ts";
import type { Query, Reply, ServiceApi } from "./service-api.ts";
import { type ApiObject, idAt, recordsAt, textAt } from "./words.ts";

export interface ListQuestion {
  readonly path: string;
  readonly query?: Query;
  /** Where the objects are in the answer: `servers`. */
  readonly member: string;
  /** Undefined: the service has no pages, and says so when it is asked for them. */
  readonly pageSize: number | undefined;
  readonly maxObjects: number;
  readonly headers?: Record<string, string>;
}

export interface ListPage {
  readonly objects: readonly ApiObject[];
  readonly serverTimeMs: number;
}

/**
 * All pages of a list, each object once. Of a link to the next page only its marker is taken: its host may be one that is not to
 * have our token. Whoever reads to the end has had everything there was all the time; an error means he has not.
 * Errors: ApiError.
 */
export async function* pagesOf(
  api: Pick<ServiceApi, "get">,
  question: ListQuestion,
  signal: AbortSignal,
): AsyncGenerator<ListPage> {
  const { path, query = [], member, pageSize, maxObjects, headers } = question;
  const seen = new Set<string>();
  let marker: string | undefined;
  for (;;) {
    const asked: Query = [
      ...query,
      ...(pageSize === undefined ? [] : [["limit", pageSize] as const]),
      ...(marker === undefined ? [] : [["marker", marker] as const]),
    ];
    const reply = await pageAfter(marker, path, () => api.get(path, asked, signal, headers));
    const { fresh, lastId } = freshIn(reply, member, seen);
    if (seen.size > maxObjects) throw tooMany(path, maxObjects);
    if (fresh.length > 0 || marker === undefined) yield { objects: fresh, serverTimeMs: reply.serverTimeMs };
    const linked = nextMarker(reply.body, member);
    const next = linked ?? markerOfFullPage(reply.body, { member, pageSize, lastId });
    if (next === undefined) return;
    // A service that ignores limit and marker gives the same page again: there is nothing after it.
    if (fresh.length === 0 && linked === undefined) return;
    if (fresh.length === 0 || next === marker) throw goesRound(path);
    marker = next;
  }
}

/** The object a page is to begin after may have been deleted meanwhile; that is not a list that does not exist. */
async function pageAfter(marker: string | undefined, path: string, ask: () => Promise<Reply>): Promise<Reply> {
  try {
    return await ask();
  } catch (cause) {
    if (marker === undefined || !isApiError(cause, "not_found", "refused")) throw cause;
    throw new ApiError({
      kind: "refused",
      message: `${path}: there is no page after ${marker}: ${cause.message}`,
      hint: "it was deleted while the list was read; the next round reads the list anew",
      cause,
    });
  }
}

function freshIn(reply: Reply, member: string, seen: Set<string>) {
  if (!Array.isArray(reply.body[member])) {
    throw new ApiError({
      kind: "malformed",
      message: `the answer has no list \`${member}\``,
      hint: "does the endpoint of the catalogue lead to that service?",
    });
  }
  const fresh: ApiObject[] = [];
  let lastId: string | undefined;
  for (const object of recordsAt(reply.body, member)) {
    lastId = idAt(object);
    if (lastId === undefined || seen.has(lastId)) continue;
    seen.add(lastId);
    fresh.push(object);
  }
  return { fresh, lastId };
}

/** `servers_links` of Nova, `ports_links` of Neutron, `volumes_links`; `next` of Glance. */
function nextMarker(body: ApiObject, member: string): string | undefined {
  const links = recordsAt(body, `${member}_links`);
  const href = links.find((link) => link.rel === "next")?.href ?? textAt(body, "next");
  if (typeof href !== "string" || href === "") return undefined;
  const url = URL.parse(href, "http://relative.invalid/");
  return url?.searchParams.get("marker") ?? undefined;
}

/** Some services give no links, or none after a page that is exactly full: only asking on tells whether there is more. */
function markerOfFullPage(
  body: ApiObject,
  {
    member,
    pageSize = Number.POSITIVE_INFINITY,
    lastId,
  }: { readonly member: string; readonly pageSize: number | undefined; readonly lastId?: string | undefined },
): string | undefined {
  const list = body[member];
  return Array.isArray(list) && list.filter(isRecord).length >= pageSize ? lastId : undefined;
}

export function tooMany(path: string, most: number): ApiError {
  return new ApiError({
    kind: "too_large",
    message: `${path} has more than ${most} objects`,
    hint: "raise max_objects of the cluster",
  });
}

function goesRound(path: string): ApiError {
  return new ApiError({
    kind: "malformed",
    message: `the pages of ${path} go round`,
    hint: "something before the service answers from a cache, or leaves out `marker`",
  });
}
