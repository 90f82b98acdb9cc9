import { loadBalancers } from "../neutron-more.ts";
import { type Answer, type Call, json, type KnownCall, partsOf, type Site } from "./call.ts";
import type { Collection } from "./neutron-collections.ts";
import { linksOf, onlyFields } from "./neutron-lists.ts";
import { octaviaError, unauthenticated } from "./refusals.ts";

// Octavia's load balancers. Source: OpenStack Load Balancer API v2 reference.

const NAME = "loadbalancers" satisfies Collection["name"];
const PAGING = ["limit", "marker", "page_reverse", "fields", "sort_key", "sort_dir", "sort"];

export function answerOctavia(site: Site, call: Call): Answer {
  const [version, lbaas, kind, one] = partsOf(call.path);
  if (version === undefined) {
    const links = [{ href: `${site.urlOf("load-balancer")}/v2`, rel: "self" }];
    return json(200, { versions: [{ id: "v2.27", status: "CURRENT", updated: "2023-05-05T00:00:00Z", links }] });
  }
  const given = call.headers["x-auth-token"];
  const token = site.tokens.find(typeof given === "string" ? given : undefined, call.now);
  if (token === undefined || token.scope.kind === "unscoped") {
    if (given === undefined) call.blame("no token was sent");
    return unauthenticated(site.urlOf("identity"));
  }
  if (!["v2", "v2.0"].includes(version) || lbaas !== "lbaas" || kind !== NAME) {
    return octaviaError("Client", 404, "Not Found");
  }
  if (call.method !== "GET") {
    call.blame(`${call.method} would change something`);
    return octaviaError("Client", 403, "Policy does not allow this request to be performed.");
  }
  return answerBalancers(site, { ...call, token }, one);
}

/** Whoever is no administrator sees what is its project's. */
function answerBalancers(site: Site, call: KnownCall, one: string | undefined): Answer {
  const { token, query } = call;
  const all = loadBalancers(site.estate)
    .filter(({ project_id }) => token.isAdmin || (token.scope.kind === "project" && token.scope.project === project_id))
    .toSorted((a, b) => (String(a.id) < String(b.id) ? -1 : 1));
  const fields = query.getAll("fields");
  if (one !== undefined) {
    const found = all.find(({ id }) => id === one);
    return found === undefined
      ? octaviaError("Client", 404, `Load Balancer ${one} not found.`)
      : json(200, { loadbalancer: onlyFields(found, fields) });
  }
  const filters = [...query].filter(([name]) => !PAGING.includes(name));
  for (const [name] of filters) if (!(name in (all[0] ?? {}))) call.blame(`unknown filter ${name}`);
  const matching = all.filter((each) =>
    filters.every(([name, value]) => !(name in each) || String(each[name]) === value),
  );
  const limitText = query.get("limit");
  if (limitText !== null && !/^\d+$/.test(limitText)) {
    return octaviaError("Client", 400, `The value passed in for limit is not a valid integer: ${limitText}`);
  }
  const limit = limitText === null ? undefined : Number(limitText);
  const marker = query.get("marker");
  const from = marker === null ? 0 : matching.findIndex(({ id }) => id === marker) + 1;
  if (marker !== null && from === 0) return octaviaError("Client", 400, `Invalid marker: ${marker}`);
  const page = matching.slice(from, limit === undefined ? undefined : from + limit);
  const asked = { limit, marker: undefined, isBackwards: false, fields, filters: new Map(), sorts: [] };
  const ends = { asked, count: page.length, first: String(page[0]?.id ?? ""), last: String(page.at(-1)?.id ?? "") };
  return json(200, { [NAME]: page.map((each) => onlyFields(each, fields)), ...linksOf(call, NAME, ends) });
}
