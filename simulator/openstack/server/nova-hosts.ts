import {
  aggregates,
  availabilityZones,
  computeService,
  controlServices,
  downCellService,
  hypervisorObject,
  hypervisorUuid,
} from "../nova-hosts.ts";
import { type Answer, json, list, type Site } from "./call.ts";
import { type NovaCall, nextLink } from "./nova.ts";
import { checkQuery } from "./nova-query.ts";
import { isInDownCell } from "./nova-servers.ts";
import { computeFault } from "./refusals.ts";

// GET /os-hypervisors, /os-services, /os-aggregates, /os-availability-zone.

const PAGES_SINCE = 2_033;
const UUIDS_SINCE = 2_053;

export function answerHypervisors(site: Site, call: NovaCall): Answer {
  const { estate } = site;
  const [, one, more] = call.parts;
  if (more !== undefined) return computeFault(404, "The resource could not be found.");
  const known = [
    ...(call.version >= PAGES_SINCE ? ["limit", "marker"] : []),
    ...(call.version >= UUIDS_SINCE ? ["with_servers", "hypervisor_hostname_pattern"] : []),
  ];
  const wrong = checkQuery(call, { known, strictSince: UUIDS_SINCE });
  if (wrong !== undefined) return wrong;
  const idOf = (host: number) => (call.version >= UUIDS_SINCE ? hypervisorUuid(estate.cloud, host) : String(host + 1));
  const hosts = estate.computeNodes().filter((host) => !isInDownCell(site, { host: host.index }));
  const withServers = ["1", "true"].includes((call.query.get("with_servers") ?? "").toLowerCase());
  const look = { version: call.version, withServers, now: call.now, serversOn: estate.serversOn.bind(estate) };
  if (one !== undefined && one !== "detail") {
    const host = hosts.find(({ index }) => idOf(index) === one);
    return host === undefined
      ? computeFault(404, `Compute host ${one} could not be found.`)
      : json(200, { hypervisor: hypervisorObject(estate.view, host, look) });
  }
  const pattern = call.query.get("hypervisor_hostname_pattern");
  if (pattern !== null && (call.query.has("limit") || call.query.has("marker"))) {
    return computeFault(
      400,
      "Paging over hypervisors with the hypervisor_hostname_pattern query parameter is not supported.",
    );
  }
  const matching =
    pattern === null ? hosts : hosts.filter((host) => estate.view.names.hypervisor(host).includes(pattern));
  const pages = call.version >= PAGES_SINCE;
  const marker = pages ? call.query.get("marker") : null;
  const from = marker === null ? 0 : matching.findIndex(({ index }) => idOf(index) === marker) + 1;
  if (marker !== null && from === 0) return computeFault(400, `marker [${marker}] not found`);
  const asked = pages ? call.query.get("limit") : null;
  const limit = Math.min(Number(asked ?? Number.POSITIVE_INFINITY), pages ? site.behaviour().mostPerPage.compute : 1e9);
  const page = matching.slice(from, from + limit);
  const objects = page.values().map((host) => {
    const { id, hypervisor_hostname, state, status, servers, ...detail } = hypervisorObject(estate.view, host, look);
    const brief = { id, hypervisor_hostname, state, status, ...(servers === undefined ? {} : { servers }) };
    return one === "detail" ? { ...brief, ...detail } : brief;
  });
  const links = pages ? nextLink(call, "hypervisors", limit, page.length, idOf(page.at(-1)?.index ?? 0)) : {};
  return list("hypervisors", objects, links);
}

export function answerServices(site: Site, call: NovaCall): Answer {
  const { estate } = site;
  if (call.parts.length > 1) return computeFault(404, "The resource could not be found.");
  const wrong = checkQuery(call, { known: ["host", "binary"], strictSince: 2_075 });
  if (wrong !== undefined) return wrong;
  const { version, now } = call;
  const all = [
    ...controlServices(estate.cloud, estate.cluster, { version, now }),
    ...estate.computeNodes().flatMap((host) => {
      if (!isInDownCell(site, { host: host.index })) return [computeService(estate.view, host, version, now)];
      return version >= 2_069 ? [downCellService(estate.view, host)] : [];
    }),
  ];
  const [host, binary] = [call.query.get("host"), call.query.get("binary")];
  return list(
    "services",
    all.filter((service) => (host === null || service.host === host) && (binary === null || service.binary === binary)),
  );
}

export function answerAggregates(site: Site, call: NovaCall): Answer {
  const wrong = checkQuery(call, { known: [], strictSince: 2_075 });
  if (wrong !== undefined) return wrong;
  const all = aggregates(site.estate.view, site.estate.computeNodes(), call.version);
  const [, one] = call.parts;
  if (one === undefined) return list("aggregates", all);
  const found = all.find(({ id }) => String(id) === one);
  return found === undefined
    ? computeFault(404, `Aggregate ${one} could not be found.`)
    : json(200, { aggregate: found });
}

export function answerZones(site: Site, call: NovaCall): Answer {
  const isDetail = call.parts[1] === "detail";
  if (isDetail && !call.token.isAdmin) {
    return computeFault(403, "Policy doesn't allow os_compute_api:os-availability-zone:detail to be performed.");
  }
  const wrong = checkQuery(call, { known: [], strictSince: 2_075 });
  if (wrong !== undefined) return wrong;
  const { estate } = site;
  return list(
    "availabilityZoneInfo",
    availabilityZones(estate.view, estate.computeNodes(), { detail: isDetail, now: call.now }),
  );
}
