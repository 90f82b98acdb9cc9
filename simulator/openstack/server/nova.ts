import { flavors, type NovaLook } from "../nova.ts";
import { type Answer, type Call, json, type KnownCall, list, partsOf, type Site, withHeaders } from "./call.ts";
import { negotiate } from "./negotiate.ts";
import { answerAggregates, answerHypervisors, answerServices, answerZones } from "./nova-hosts.ts";
import { checkQuery } from "./nova-query.ts";
import { answerLimits, answerQuotas } from "./nova-quotas.ts";
import { answerServers } from "./nova-servers.ts";
import { computeFault, refusedVersion, unauthenticated } from "./refusals.ts";

// Nova, as far as a reader needs it. Source: OpenStack Compute API reference and microversion history.

export interface NovaCall extends KnownCall {
  readonly version: number;
  readonly look: NovaLook;
  /** Below `/v2.1` and the project. */
  readonly parts: readonly string[];
}

const LEGACY_HEADER = "x-openstack-nova-api-version";

export function answerNova(site: Site, call: Call): Answer {
  const all = partsOf(call.path);
  if (all.length === 0) return json(200, { versions: [versionOf(site, "v2.0"), versionOf(site, "v2.1")] });
  if (all[0] !== "v2.1") return computeFault(404, "The resource could not be found.");
  if (all.length === 1) return json(200, { version: { ...versionOf(site, "v2.1"), "media-types": MEDIA_TYPES } });
  const { compute: newest } = site.release();
  const range = { oldest: site.behaviour().oldestCompute, newest };
  const agreed = negotiate(call, range, { service: "compute", legacyHeader: LEGACY_HEADER });
  if (agreed.kind !== "agreed") return refusedVersion(agreed, range);
  return withHeaders(answerVersioned(site, call, { version: agreed.version, all }), {
    "openstack-api-version": `compute ${agreed.text}`,
    "x-openstack-nova-api-version": agreed.text,
    vary: "OpenStack-API-Version, X-OpenStack-Nova-API-Version",
  });
}

function answerVersioned(
  site: Site,
  call: Call,
  { version, all }: { readonly version: number; readonly all: readonly string[] },
): Answer {
  const id = call.headers["x-auth-token"];
  const token = site.tokens.find(typeof id === "string" ? id : undefined, call.now);
  if (token === undefined) {
    if (id === undefined) call.blame("no token was sent");
    return unauthenticated(site.urlOf("identity"));
  }
  // A project in the path is the token's, or the request is refused.
  const isProject = /^[0-9a-f]{32}$/.test(all[1] ?? "");
  if (isProject && (token.scope.kind !== "project" || token.scope.project !== all[1])) {
    return computeFault(400, "Malformed request url");
  }
  const parts = all.slice(isProject ? 2 : 1);
  if (call.method !== "GET") return refuseWrite(call, parts);
  if (token.scope.kind === "unscoped") return unauthenticated(site.urlOf("identity"));
  if (token.scope.kind === "system" && site.release().refusesSystemTokens) {
    return forbidden(`${parts[0] ?? ""}:index`);
  }
  const base = site.urlOf("compute");
  const project = isProject ? `/${all[1]}` : "";
  const look = { version, isAdmin: token.isAdmin, url: `${base}/v2.1${project}`, bookmark: `${base}${project}` };
  return answerResource(site, { ...call, token, version, look, parts });
}

function answerResource(site: Site, call: NovaCall): Answer {
  switch (call.parts[0]) {
    case "servers":
      return answerServers(site, call);
    case "flavors":
      return answerFlavors(site, call);
    case "os-hypervisors":
      return call.token.isAdmin ? answerHypervisors(site, call) : forbidden("os-hypervisors:list-detail");
    case "os-services":
      return call.token.isAdmin ? answerServices(site, call) : forbidden("os-services:list");
    case "os-aggregates":
      return call.token.isAdmin ? answerAggregates(site, call) : forbidden("os-aggregates:index");
    case "os-availability-zone":
      return answerZones(site, call);
    case "os-quota-sets":
      return answerQuotas(site, call);
    case "limits":
      return answerLimits(site, call);
    default:
      return computeFault(404, "The resource could not be found.");
  }
}

function answerFlavors(site: Site, call: NovaCall): Answer {
  const [, one] = call.parts;
  const all = flavors(site.estate.cloud, call.look);
  if (one !== undefined && one !== "detail") {
    const found = all.find(({ id }) => id === one);
    return found === undefined ? computeFault(404, `Flavor ${one} could not be found.`) : json(200, { flavor: found });
  }
  const wrong = checkQuery(call, {
    known: ["limit", "marker", "is_public", "minRam", "minDisk", "sort_key", "sort_dir"],
    strictSince: 2_075,
  });
  if (wrong !== undefined) return wrong;
  const marker = call.query.get("marker");
  const from = marker === null ? 0 : all.findIndex(({ id }) => id === marker) + 1;
  if (marker !== null && from === 0) return computeFault(400, `marker [${marker}] not found`);
  const limit = Math.min(Number(call.query.get("limit") ?? 1_000), site.behaviour().mostPerPage.compute);
  const page = all.slice(from, from + limit);
  const shown = one === "detail" ? page : page.map(({ id, name, links }) => ({ id, name, links }));
  return list("flavors", shown, nextLink(call, "flavors", limit, page.length, String(page.at(-1)?.id ?? "")));
}

/** A page that is full has a next one, even if nothing comes any more: so does Nova. */
export function nextLink(
  call: NovaCall,
  name: string,
  limit: number,
  count: number,
  last: string,
): object & {
  readonly [member: string]: unknown;
} {
  if (limit === 0 || count < limit) return {};
  const query = new URLSearchParams(call.query);
  query.set("marker", last);
  return { [`${name}_links`]: [{ rel: "next", href: `${call.selfUrl}?${query}` }] };
}

export function forbidden(rule: string): Answer {
  return computeFault(403, `Policy doesn't allow os_compute_api:${rule} to be performed.`);
}

function refuseWrite(call: Call, parts: readonly string[]): Answer {
  call.blame(`${call.method} would change something`);
  const isKnown = ["POST", "PUT", "DELETE"].includes(call.method);
  return isKnown
    ? forbidden(`${parts[0] ?? "servers"}:${call.method.toLowerCase()}`)
    : computeFault(405, "The method specified is not allowed for this resource.");
}

const MEDIA_TYPES = [{ base: "application/json", type: "application/vnd.openstack.compute+json;version=2.1" }];

function versionOf(site: Site, id: "v2.0" | "v2.1") {
  const isCurrent = id === "v2.1";
  return {
    id,
    status: isCurrent ? "CURRENT" : "SUPPORTED",
    version: isCurrent ? site.release().compute : "",
    min_version: isCurrent ? site.behaviour().oldestCompute : "",
    updated: isCurrent ? "2013-07-23T11:33:21Z" : "2011-01-21T11:33:21Z",
    links: [
      { rel: "self", href: `${site.urlOf("compute")}/${isCurrent ? "v2.1" : "v2"}/` },
      ...(isCurrent ? [{ rel: "describedby", href: "http://docs.openstack.org/", type: "text/html" }] : []),
    ],
  };
}
