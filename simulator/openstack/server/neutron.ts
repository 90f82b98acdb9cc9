import { networkUuid, routerUuid } from "../../cloud/identity.ts";
import { duties } from "../../elements/namespace-elements.ts";
import { extensionsOf } from "../extensions.ts";
import { agentsOf, dhcpAgentUuid, l3AgentUuid } from "../neutron-agents.ts";
import { NEUTRON_LIMITS, neutronUsage, ownLimits } from "../neutron-more.ts";
import type { OpenStackObject } from "../view.ts";
import { type Answer, type Call, json, type KnownCall, list, partsOf, type Site } from "./call.ts";
import { COLLECTIONS, hasExtension, PORTS } from "./neutron-collections.ts";
import { answerCollection, answerOne } from "./neutron-lists.ts";
import { answerPorts } from "./neutron-ports.ts";
import { neutronError, unauthenticated } from "./refusals.ts";

// Neutron, as far as a reader needs it. Source: OpenStack Networking API v2.0 reference.

export function answerNeutron(site: Site, call: Call): Answer {
  const [version, path, id, more] = partsOf(call.path);
  if (version === undefined) return json(200, { versions: [versionOf(site)] });
  if (version !== "v2.0") return notFound();
  const given = call.headers["x-auth-token"];
  const token = site.tokens.find(typeof given === "string" ? given : undefined, call.now);
  if (token === undefined || token.scope.kind === "unscoped") {
    if (given === undefined) call.blame("no token was sent");
    return unauthenticated(site.urlOf("identity"));
  }
  if (call.method !== "GET") return refuseWrite(call, path);
  const known: KnownCall = { ...call, token };
  if (path === undefined) return json(200, { resources: resourcesOf(site) });
  site.estate.catchUp(call.now);
  if (path === "extensions") return answerExtensions(site, id);
  if (path === "quotas") return answerQuotas(site, known, id, more);
  if (path === "ports") return answerPorts(site, known, id);
  if (more !== undefined) return answerSchedule(site, known, { path, id: id ?? "", more });
  const collection = Object.hasOwn(COLLECTIONS, path) ? COLLECTIONS[path] : undefined;
  if (collection === undefined || !isThere(site, collection.extension)) return notFound();
  return id === undefined ? answerCollection(site, known, collection) : answerOne(site, known, collection, id);
}

function isThere(site: Site, extension: string | undefined): boolean {
  return extension === undefined || hasExtension(site, extension);
}

function answerExtensions(site: Site, alias: string | undefined): Answer {
  const all = extensionsOf(site.release(), site.behaviour().missingExtensions);
  if (alias === undefined) return list("extensions", all);
  const found = all.find((each) => each.alias === alias);
  return found === undefined
    ? neutronError(404, "HTTPNotFound", `Extension with alias ${alias} does not exist`)
    : json(200, { extension: found });
}

/** `/quotas/{project}`, `…/details.json`, `…/default`, and `/quotas` of projects with limits of their own. */
function answerQuotas(site: Site, call: KnownCall, project: string | undefined, more: string | undefined): Answer {
  if (!isThere(site, "quotas")) return notFound();
  if (project === undefined)
    return call.token.isAdmin ? json(200, { quotas: ownQuotas(site) }) : disallowed("get_quota");
  const id = project.replace(/\.json$/, "");
  const isOwn = call.token.scope.kind === "project" && call.token.scope.project === id;
  if (!call.token.isAdmin && !isOwn) return disallowed("get_quota");
  if (more === "default") return json(200, { quota: NEUTRON_LIMITS });
  const isDetail = more === "details.json" || more === "details";
  if (more !== undefined && (!isDetail || !isThere(site, "quota_details"))) return notFound();
  const usage = Object.entries(neutronUsage(site.estate, id));
  return json(200, {
    quota: Object.fromEntries(
      usage.map(([name, [limit, used]]) => [name, isDetail ? { limit, used, reserved: 0 } : limit]),
    ),
  });
}

/** Whole ones: what a project has no limit of its own for is the usual. */
function ownQuotas({ estate }: Site): readonly OpenStackObject[] {
  return estate.projects().flatMap((project) => {
    const own = ownLimits(estate, project);
    return own === undefined ? [] : [{ ...NEUTRON_LIMITS, ...own, tenant_id: project, project_id: project }];
  });
}

/** Which agent serves what: `/agents/{id}/l3-routers`, `/routers/{id}/l3-agents` and so on; for administrators. */
function answerSchedule(
  site: Site,
  call: KnownCall,
  { path, id, more }: { readonly path: string; readonly id: string; readonly more: string },
): Answer {
  const { cloud, view } = site.estate;
  if (!call.token.isAdmin) return disallowed(`get_${more.replaceAll("-", "_")}`);
  const hosts = site.estate.hosts().filter(({ role }) => role === "network");
  const objectsOf = (name: "routers" | "networks", ids: readonly string[]) =>
    (COLLECTIONS[name]?.all(site, call.now) ?? []).filter((each) => ids.includes(String(each.id)));
  const agentOn = (host: number, type: string) =>
    hosts
      .filter(({ index }) => index === host)
      .flatMap((each) => agentsOf(view, each, call.now))
      .filter((agent) => agent.agent_type === type);
  switch (`${path} ${more}`) {
    case "agents l3-routers": {
      const host = hosts.find(({ index }) => l3AgentUuid(cloud, index) === id);
      if (host === undefined) return noAgent(id);
      const ids = duties(cloud, host).routers.map(({ index }) => routerUuid(cloud, index));
      return list("routers", objectsOf("routers", ids));
    }
    case "agents dhcp-networks": {
      const host = hosts.find(({ index }) => dhcpAgentUuid(cloud, index) === id);
      if (host === undefined) return noAgent(id);
      const ids = duties(cloud, host).networks.map(({ index }) => networkUuid(cloud, index));
      return list("networks", objectsOf("networks", ids));
    }
    case "routers l3-agents": {
      const router = cloud.routers.find(({ index }) => routerUuid(cloud, index) === id);
      if (router === undefined) return neutronError(404, "RouterNotFound", `Router ${id} could not be found`);
      return list(
        "agents",
        agentOn(router.host, "L3 agent").map((agent) => ({ ...agent, ha_state: null })),
      );
    }
    case "networks dhcp-agents": {
      const network = cloud.networks.find(({ index }) => networkUuid(cloud, index) === id);
      if (network === undefined) return neutronError(404, "NetworkNotFound", `Network ${id} could not be found.`);
      return list(
        "agents",
        network.dhcpHosts.flatMap((host) => agentOn(host, "DHCP agent")),
      );
    }
    default:
      return notFound();
  }
}

function noAgent(id: string): Answer {
  return neutronError(404, "AgentNotFound", `Agent ${id} could not be found.`);
}

function resourcesOf(site: Site): readonly OpenStackObject[] {
  const base = `${site.urlOf("network")}/v2.0`;
  return Object.entries({ ...COLLECTIONS, ports: PORTS })
    .filter(([, { extension }]) => isThere(site, extension))
    .map(([path, { name, one }]) => ({
      name: one,
      collection: name,
      links: [{ rel: "self", href: `${base}/${path}` }],
    }));
}

function disallowed(rule: string): Answer {
  return neutronError(403, "PolicyNotAuthorized", `rule:${rule} is disallowed by policy`);
}

function refuseWrite(call: Call, path = ""): Answer {
  call.blame(`${call.method} would change something`);
  const isKnown = ["POST", "PUT", "DELETE"].includes(call.method);
  return isKnown ? disallowed(`${call.method.toLowerCase()}_${path}`) : neutronError(405, "HTTPMethodNotAllowed", "");
}

/** As Pecan writes it. */
function notFound(): Answer {
  const message = "The resource could not be found.<br /><br />\n\n\n";
  return json(404, { message, code: "404 Not Found", title: "Not Found" });
}

function versionOf(site: Site) {
  return { id: "v2.0", status: "CURRENT", links: [{ rel: "self", href: `${site.urlOf("network")}/v2.0/` }] };
}
