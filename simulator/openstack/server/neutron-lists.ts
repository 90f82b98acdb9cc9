import type { OpenStackObject } from "../view.ts";
import { type Answer, json, type KnownCall, list, type Site } from "./call.ts";
import { type Collection, hasExtension, OTHER_FILTERS } from "./neutron-collections.ts";
import { neutronError } from "./refusals.ts";

// What all lists of Neutron have in common: filters, `fields`, sorting, pages. Source: `neutron/api/api_common.py`.

/** What a request asks of a list. */
export interface ListRequest {
  /** Undefined: all. */
  readonly limit: number | undefined;
  readonly marker: string | undefined;
  readonly isBackwards: boolean;
  readonly fields: readonly string[];
  readonly filters: ReadonlyMap<string, readonly string[]>;
  readonly sorts: readonly { readonly key: string; readonly isAscending: boolean }[];
}

/** `attributes`: what filters and sort keys may name. An answer when Neutron would refuse. */
export function listRequest(site: Site, call: KnownCall, attributes: readonly string[]): ListRequest | Answer {
  const { query } = call;
  const filters = new Map<string, readonly string[]>();
  const unknown: string[] = [];
  for (const name of new Set(query.keys())) {
    if (OTHER_FILTERS.includes(name)) continue;
    if (!attributes.includes(name)) unknown.push(name);
    const values = query.getAll(name).filter((value) => value !== "");
    if (values.length > 0) filters.set(name, values);
  }
  if (unknown.length > 0) {
    const names = `[${unknown.map((name) => `'${name}'`).join(", ")}]`;
    call.blame(`unknown filter ${names}`);
    if (hasExtension(site, "filter-validation")) return badRequest(`${names} is invalid attribute for filtering`);
    // Before, what no column was of had no effect.
    for (const name of unknown) filters.delete(name);
  }
  const sorts = sortsOf(query, attributes);
  if ("status" in sorts) return sorts;
  const limit = limitOf(site, query);
  if (typeof limit === "object") return limit;
  return {
    limit,
    marker: limit === undefined ? undefined : (query.get("marker") ?? undefined),
    isBackwards: limit !== undefined && query.get("page_reverse")?.toLowerCase() === "true",
    fields: query.getAll("fields"),
    filters,
    sorts: sorts.sorts,
  };
}

/** Neutron asks for as many directions as keys. */
function sortsOf(query: URLSearchParams, attributes: readonly string[]): Answer | Pick<ListRequest, "sorts"> {
  const [keys, directions] = [query.getAll("sort_key"), query.getAll("sort_dir")];
  if (keys.length !== directions.length) return badRequest("The number of sort_keys and sort_dirs must be same");
  const absent = keys.filter((key) => !attributes.includes(key));
  if (absent.length > 0) {
    return badRequest(`[${absent.map((key) => `'${key}'`).join(", ")}] is invalid attribute for sort_keys`);
  }
  const wrong = directions.filter((direction) => direction !== "asc" && direction !== "desc");
  if (wrong.length > 0) {
    const names = `[${wrong.map((each) => `'${each}'`).join(", ")}]`;
    return badRequest(`${names} is invalid value for sort_dirs, valid value is 'asc' and 'desc'`);
  }
  return { sorts: keys.map((key, n) => ({ key, isAscending: directions[n] === "asc" })) };
}

/** Nothing, or 0, is no limit of the client's. */
function limitOf(site: Site, query: URLSearchParams): number | undefined | Answer {
  const { networkPages, mostPerPage } = site.behaviour();
  const text = query.get("limit") ?? "0";
  if (!/^\s*\+?\d+\s*$/.test(text)) {
    const message = `Bad limit request: Limit must be an integer 0 or greater and not '${text}'.`;
    return neutronError(400, "BadRequest", message);
  }
  if (!networkPages) return undefined;
  const limit = Math.min(Number(text) || Number.POSITIVE_INFINITY, mostPerPage.network);
  return Number.isFinite(limit) ? limit : undefined;
}

export function answerCollection(site: Site, call: KnownCall, collection: Collection): Answer {
  const made = collection.all(site, call.now);
  const attributes = Object.keys(made[0] ?? {});
  const all = made
    .flatMap((object) => seenBy(site, call, collection, object))
    .toSorted((a, b) => compare(a[collection.key], b[collection.key]));
  const asked = listRequest(site, call, attributes);
  if ("status" in asked) return asked;
  const sorted = sortedBy(all.filter(matches(asked)), asked);
  const page = slice(sorted, asked, collection);
  return "status" in page ? page : listed(call, collection, page, asked);
}

/** Undefined fields: all of them. The id goes into links, whether it was asked for or not. */
export function listed(
  call: KnownCall,
  collection: Collection,
  page: readonly OpenStackObject[],
  asked: ListRequest,
): Answer {
  const ids = [page[0], page.at(-1)].map((each) => (each === undefined ? undefined : String(each[collection.key])));
  return list(
    collection.name,
    page.values().map((object) => onlyFields(object, asked.fields)),
    linksOf(call, collection.name, { asked, count: page.length, first: ids[0], last: ids[1] }),
  );
}

export interface PageEnds {
  readonly asked: ListRequest;
  readonly count: number;
  readonly first: string | undefined;
  readonly last: string | undefined;
}

/**
 * A full page has a next one, even if nothing comes any more, and every page has one before it, the first included: so
 * does Neutron.
 */
export function linksOf(call: KnownCall, name: string, { asked, count, first, last }: PageEnds): OpenStackObject {
  const { limit, isBackwards } = asked;
  if (limit === undefined) return {};
  const link = (rel: string, marker: string | undefined, reverse: boolean) => {
    const query = new URLSearchParams(call.query);
    query.delete("marker");
    query.delete("page_reverse");
    if (marker !== undefined) query.set("marker", marker);
    if (reverse) query.set("page_reverse", "True");
    return { rel, href: `${call.selfUrl}?${query}` };
  };
  const links = [
    ...(count < limit && !isBackwards ? [] : [link("next", last, false)]),
    ...(count < limit && isBackwards ? [] : [link("previous", first, true)]),
  ];
  return links.length === 0 ? {} : { [`${name}_links`]: links };
}

function slice(
  all: readonly OpenStackObject[],
  { limit, marker, isBackwards }: ListRequest,
  collection: Collection,
): readonly OpenStackObject[] | Answer {
  if (limit === undefined) return all;
  const at = marker === undefined ? -1 : all.findIndex((each) => each[collection.key] === marker);
  if (marker !== undefined && at < 0) return noSuch(collection, marker);
  if (!isBackwards) return all.slice(at + 1, at + 1 + limit);
  const end = marker === undefined ? all.length : at;
  return all.slice(Math.max(0, end - limit), end);
}

export function answerOne(site: Site, call: KnownCall, collection: Collection, id: string): Answer {
  const found = collection
    .all(site, call.now)
    .filter((object) => object[collection.key] === id)
    .flatMap((object) => seenBy(site, call, collection, object))[0];
  if (found === undefined) return noSuch(collection, id);
  return json(200, { [collection.one]: onlyFields(found, call.query.getAll("fields")) });
}

export function noSuch({ notFound, label }: Collection, id: string): Answer {
  return neutronError(404, notFound, `${label} ${id} could not be found.`);
}

/** What a caller may see of it: one, or none. */
export function seenBy(
  site: Site,
  { token }: KnownCall,
  { isAdminOnly, adminAttributes }: Collection,
  object: OpenStackObject,
): readonly OpenStackObject[] {
  const shown = withoutExtensions(site, object);
  if (token.isAdmin) return [shown];
  const isOwn = token.scope.kind === "project" && shown.project_id === token.scope.project;
  const isOpen = shown.shared === true || shown["router:external"] === true || shown.project_id === undefined;
  if (isAdminOnly || !(isOwn || isOpen)) return [];
  return [without(shown, adminAttributes)];
}

const OF_EXTENSION: { readonly [alias: string]: readonly string[] } = {
  "standard-attr-timestamp": ["created_at", "updated_at"],
  "standard-attr-revisions": ["revision_number"],
  "standard-attr-tag": ["tags"],
  "standard-attr-description": ["description"],
  "project-id": ["project_id"],
};

function withoutExtensions(site: Site, object: OpenStackObject): OpenStackObject {
  const { missingExtensions } = site.behaviour();
  return missingExtensions.reduce((left, alias) => without(left, OF_EXTENSION[alias] ?? []), object);
}

function without(object: OpenStackObject, names: readonly string[]): OpenStackObject {
  if (names.length === 0) return object;
  return Object.fromEntries(Object.entries(object).filter(([name]) => !names.includes(name)));
}

/** What an object has not it does not get: unknown fields are passed over. */
export function onlyFields(object: OpenStackObject, fields: readonly string[]): OpenStackObject {
  if (fields.length === 0) return object;
  return Object.fromEntries(Object.entries(object).filter(([name]) => fields.includes(name)));
}

/** Values of one name are alternatives, names are all to be met. */
export function matches({ filters }: Pick<ListRequest, "filters">): (object: OpenStackObject) => boolean {
  const asked = [...filters];
  return (object) =>
    asked.every(([name, values]) => {
      if (name === "fixed_ips") return values.some((value) => hasFixedIp(object, value));
      const text = String(object[name]).toLowerCase();
      return values.some((value) => value.toLowerCase() === text);
    });
}

/** `ip_address=10.0.0.4` or `subnet_id=…`. */
function hasFixedIp(object: OpenStackObject, value: string): boolean {
  const [name = "", wanted] = value.split("=");
  const fixed = Array.isArray(object.fixed_ips) ? object.fixed_ips : [];
  return fixed.some((each: OpenStackObject) => each[name] === wanted);
}

export function sortedBy(all: readonly OpenStackObject[], { sorts }: ListRequest): readonly OpenStackObject[] {
  if (sorts.length === 0) return all;
  return all.toSorted((a, b) => {
    for (const { key, isAscending } of sorts) {
      const order = compare(a[key], b[key]);
      if (order !== 0) return isAscending ? order : -order;
    }
    return 0;
  });
}

function compare(a: unknown, b: unknown): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  const [one, other] = [String(a ?? ""), String(b ?? "")];
  return one < other ? -1 : one > other ? 1 : 0;
}

function badRequest(message: string): Answer {
  return neutronError(400, "HTTPBadRequest", message);
}
