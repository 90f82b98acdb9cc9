import { operatorProject } from "../neutron.ts";
import { type Answer, type Call, json, partsOf, type Site } from "./call.ts";
import { catalogOf, regionsOf } from "./catalog.ts";
import { DEFAULT_DOMAIN, projectName } from "./credentials.ts";
import { keystoneError } from "./refusals.ts";
import { signIn, tokenBody } from "./sign-in.ts";

// Keystone, as far as a reader needs it. Source: OpenStack Identity API v3 reference.

/** Lists are never paged. */
export function answerKeystone(site: Site, call: Call): Answer {
  const parts = partsOf(call.path);
  if (parts.length === 0) return { ...versionsOf(site), status: 300 };
  if (parts[0] !== "v3") return notFound();
  if (parts.length === 1) return json(200, { version: versionOf(site) });
  if (call.path === "/v3/auth/tokens" && call.method === "POST") return signIn(site, call);
  const id = call.headers["x-auth-token"];
  const token = site.tokens.find(typeof id === "string" ? id : undefined, call.now);
  if (token === undefined) {
    if (id === undefined) call.blame("no token was sent");
    return keystoneError(401, "The request you have made requires authentication.", {
      "www-authenticate": `Keystone uri="${site.urlOf("identity")}"`,
    });
  }
  if (call.path === "/v3/auth/tokens") return subjectToken(site, call);
  if (call.method !== "GET" && call.method !== "HEAD") return refuseWrite(call);
  if (call.path === "/v3/auth/catalog") {
    return json(200, { catalog: catalogOf(site, token.scope), links: linksOf(site, "auth/catalog") });
  }
  const [, collection = "", one] = parts;
  if (collection === "regions") return answerList(site, collection, one, regionsOfSite(site));
  if (!token.isAdmin) {
    return keystoneError(403, `You are not authorized to perform the requested action: identity:list_${collection}.`);
  }
  if (collection === "projects") return answerList(site, collection, one, filtered(projectsOf(site), call));
  if (collection === "domains") return answerList(site, collection, one, filtered([domainOf(site)], call));
  return notFound();
}

/** A client may look at a token, and give its own back. */
function subjectToken(site: Site, call: Call): Answer {
  const id = call.headers["x-subject-token"];
  const token = site.tokens.find(typeof id === "string" ? id : undefined, call.now);
  if (token === undefined) return keystoneError(404, "Could not find token.");
  if (call.method === "DELETE") {
    site.tokens.revoke(token.id);
    return { status: 204, headers: {}, body: { kind: "none" } };
  }
  return json(200, { token: tokenBody(site, token) }, { "x-subject-token": token.id });
}

function refuseWrite(call: Call): Answer {
  call.blame(`${call.method} would change something`);
  if (call.method === "PATCH" || call.method === "POST" || call.method === "DELETE" || call.method === "PUT") {
    return keystoneError(403, "You are not authorized to perform the requested action.");
  }
  return keystoneError(405, "The method is not allowed for the requested URL.");
}

function answerList(site: Site, collection: string, one: string | undefined, all: readonly { id: string }[]): Answer {
  if (one === undefined) return json(200, { [collection]: all, links: linksOf(site, collection) });
  const found = all.find(({ id }) => id === one);
  const singular = collection.slice(0, -1);
  return found === undefined
    ? keystoneError(404, `Could not find ${singular}: ${one}.`)
    : json(200, { [singular]: found });
}

/** Keystone's filters; what it does not know it ignores. */
const FILTERS = ["name", "domain_id", "enabled", "parent_id", "is_domain"];

function filtered<T extends { id: string }>(all: readonly T[], call: Call): readonly T[] {
  return all.filter((object) =>
    [...call.query].every(([name, value]) => {
      if (!FILTERS.includes(name)) {
        call.blame(`query parameter ${name} is ignored`);
        return true;
      }
      return String(Reflect.get(object, name)).toLowerCase() === value.toLowerCase();
    }),
  );
}

function projectsOf(site: Site) {
  const { estate } = site;
  const project = (id: string, name: string) => ({
    id,
    name,
    domain_id: DEFAULT_DOMAIN.id,
    description: "",
    enabled: true,
    parent_id: DEFAULT_DOMAIN.id,
    is_domain: false,
    tags: [],
    options: {},
    links: { self: `${site.urlOf("identity")}/v3/projects/${id}` },
  });
  return [
    project(operatorProject(estate.cloud), "admin"),
    ...estate.projects().map((id) => project(id, projectName(id))),
  ];
}

function domainOf(site: Site) {
  const { id, name } = DEFAULT_DOMAIN;
  const links = { self: `${site.urlOf("identity")}/v3/domains/${id}` };
  return { id, name, description: "The default domain", enabled: true, tags: [], options: {}, links };
}

function regionsOfSite(site: Site) {
  return regionsOf(site).map((id) => ({
    id,
    description: "",
    parent_region_id: null,
    links: { self: `${site.urlOf("identity")}/v3/regions/${id}` },
  }));
}

function linksOf(site: Site, collection: string) {
  return { next: null, self: `${site.urlOf("identity")}/v3/${collection}`, previous: null };
}

function versionsOf(site: Site): Answer {
  return json(300, { versions: { values: [versionOf(site)] } });
}

function versionOf(site: Site) {
  return {
    id: site.release().identity,
    status: "stable",
    updated: "2020-04-07T00:00:00Z",
    links: [{ rel: "self", href: `${site.urlOf("identity")}/v3/` }],
    "media-types": [{ base: "application/json", type: "application/vnd.openstack.identity-v3+json" }],
  };
}

function notFound(): Answer {
  return keystoneError(404, "Could not find: resource.");
}
