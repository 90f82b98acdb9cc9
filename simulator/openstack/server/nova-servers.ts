import type { Vm } from "../../cloud/cloud.ts";
import { hostAt, projectId, serverName, vmUuid } from "../../cloud/identity.ts";
import type { Estate } from "../estate.ts";
import { imageUuid } from "../images.ts";
import { briefServer, downCellServer, flavorUuid, serverObject } from "../nova.ts";
import { type Entry, newestFirst } from "../register.ts";
import type { OpenStackObject } from "../view.ts";
import { hasVolume } from "../volumes.ts";
import { type Answer, json, list, type Site } from "./call.ts";
import { type EntryPage, pageOf } from "./entry-pages.ts";
import { forbidden, type NovaCall, nextLink } from "./nova.ts";
import { checkQuery } from "./nova-query.ts";
import { computeFault } from "./refusals.ts";

// GET /servers, /servers/detail, /servers/{id}.

const SERVED = ["limit", "marker", "all_tenants", "project_id", "tenant_id", "status", "host", "node", "name", "uuid"];
/** Nova knows them; no reader has needed them so far, so they are refused here rather than misunderstood. */
const NOT_SERVED = [
  ...["user_id", "launch_index", "image_ref", "kernel_id", "ramdisk_id", "hostname", "key_name"],
  ...["power_state", "vm_state", "task_state", "reservation_id", "launched_at", "terminated_at", "availability_zone"],
  ...["display_name", "description", "display_description", "locked_by", "root_device_name", "config_drive"],
  ...["access_ip_v4", "access_ip_v6", "auto_disk_config", "progress", "soft_deleted", "deleted", "ip", "ip6"],
  ...["created_at", "tags", "tags-any", "not-tags", "not-tags-any", "locked", "sort_dir", "sort_key"],
];

interface Wanted {
  readonly sinceMs: number | undefined;
  readonly beforeMs: number | undefined;
  readonly limit: number;
  readonly keeps: (vm: Vm, goneMs: number | undefined) => boolean;
}

export function answerServers(site: Site, call: NovaCall): Answer {
  const [, one] = call.parts;
  if (one !== undefined && one !== "detail") return answerServer(site, call, one);
  const wanted = wantedOf(site, call);
  if ("status" in wanted) return wanted;
  const page = wanted.sinceMs === undefined && wanted.beforeMs === undefined ? livePage : changedPage;
  const found = page(site, call, wanted);
  if (found === undefined) return computeFault(400, `marker [${call.query.get("marker") ?? ""}] not found`);
  const last = found.entries.at(-1)?.id ?? "";
  return list(
    "servers",
    serversOf(site, call, found, one === "detail"),
    nextLink(call, "servers", wanted.limit, found.entries.length, last),
  );
}

function answerServer(site: Site, call: NovaCall, id: string): Answer {
  const { estate } = site;
  const entry = estate.servers.get(id);
  const vm = entry === undefined ? undefined : estate.machine(entry.number);
  if (vm === undefined || !isVisible(estate, call, vm)) {
    return computeFault(404, `Instance ${id} could not be found.`);
  }
  const groups = call.version >= 2_071 ? { server_groups: [] } : {};
  return json(200, { server: { ...serverObject(estate.view, vm, call.look), ...groups } });
}

/** Written as they are asked for: a server that goes in the meantime is left out. */
function* serversOf(site: Site, call: NovaCall, page: ServerPage, isDetail: boolean): Generator<OpenStackObject> {
  const { estate } = site;
  for (const { number } of page.entries) {
    const gone = page.gone.get(number);
    const vm = gone?.vm ?? estate.machine(number);
    if (vm === undefined) continue;
    const isLost = gone === undefined && isInDownCell(site, vm);
    if (isLost && call.version < 2_069) continue;
    if (isLost) yield downCellServer(estate.view, vm, call.look);
    else if (isDetail) yield serverObject(estate.view, vm, call.look, gone?.goneMs);
    else yield briefServer(estate.view, vm, call.look);
  }
}

interface ServerPage extends EntryPage {
  readonly gone: ReadonlyMap<number, { readonly vm: Vm; readonly goneMs: number }>;
}

const NONE_GONE: ServerPage["gone"] = new Map();

/** Undefined: there is no such marker. */
function livePage({ estate }: Site, call: NovaCall, { limit, keeps }: Wanted): ServerPage | undefined {
  const asked = call.query.get("marker");
  const marker = asked === null ? undefined : estate.servers.get(asked);
  if (asked !== null && marker === undefined) return undefined;
  const isKept = ({ number }: Entry) => {
    const vm = estate.machine(number);
    return vm !== undefined && keeps(vm, undefined);
  };
  return { ...pageOf(estate.servers, { marker, limit, keeps: isKept }), gone: NONE_GONE };
}

/** With deleted servers, in the order of all: the newest first. */
function changedPage({ estate }: Site, call: NovaCall, wanted: Wanted): ServerPage | undefined {
  const { sinceMs = Number.NEGATIVE_INFINITY, beforeMs = Number.POSITIVE_INFINITY } = wanted;
  const isIn = (ms: number) => {
    // The database keeps whole seconds.
    const at = Math.floor(estate.view.wallOf(ms) / 1_000) * 1_000;
    return at >= sinceMs && at <= beforeMs;
  };
  const gone = new Map(
    estate.chronicle
      .gone(estate.cluster)
      .filter(({ vm, goneMs }) => isIn(goneMs) && wanted.keeps(vm, goneMs))
      .map((each) => [each.vm.index, each] as const),
  );
  const live = [...estate.machines()].filter((vm) => isIn(estate.view.updatedMs(vm)) && wanted.keeps(vm, undefined));
  const entries = [...live, ...[...gone.values()].map(({ vm }) => vm)]
    .map((vm) => estate.serverEntry(vm))
    .sort(newestFirst);
  const asked = call.query.get("marker");
  let from = 0;
  if (asked !== null) {
    from = entries.findIndex(({ id }) => id === asked) + 1;
    if (from === 0) return undefined;
  }
  const page = entries.slice(from, from + wanted.limit);
  return { entries: page, hasMore: from + page.length < entries.length, gone };
}

function wantedOf(site: Site, call: NovaCall): Wanted | Answer {
  const { query, version } = call;
  const known = [
    ...SERVED,
    ...NOT_SERVED,
    "changes-since",
    ...(version >= 2_066 ? ["changes-before"] : []),
    "flavor",
    "image",
  ];
  const wrong = checkQuery(call, { known, strictSince: 2_075 });
  if (wrong !== undefined) return wrong;
  const notServed = [...query.keys()].find((name) => NOT_SERVED.includes(name));
  if (notServed !== undefined) {
    call.blame(`filter ${notServed} is not simulated`);
    return computeFault(501, `The simulated Nova does not follow ${notServed}.`);
  }
  const allTenants = query.get("all_tenants");
  const isAll = allTenants !== null && !["0", "f", "false", "off", "n", "no"].includes(allTenants.toLowerCase());
  if (isAll && !call.token.isAdmin) return forbidden("servers:detail:get_all_tenants");
  const [sinceMs, beforeMs] = [instantOf(query, "changes-since"), instantOf(query, "changes-before")];
  for (const name of ["changes-since", "changes-before"] as const) {
    const value = query.get(name);
    if (value === null || instantOf(query, name) !== undefined) continue;
    const what = `Invalid input for query parameters ${name}. Value: ${value}.`;
    return computeFault(400, `${what} '${value}' is not a 'date-time'`);
  }
  const limit = Math.min(Number(query.get("limit") ?? Number.POSITIVE_INFINITY), site.behaviour().mostPerPage.compute);
  return { sinceMs, beforeMs, limit, keeps: keeperOf(site.estate, call, isAll) };
}

function keeperOf(estate: Estate, call: NovaCall, isAll: boolean): Wanted["keeps"] {
  const { query, token } = call;
  const own = token.scope.kind === "project" ? token.scope.project : undefined;
  const project = isAll ? (query.get("project_id") ?? query.get("tenant_id") ?? undefined) : own;
  const [host, node, status] = [query.get("host"), query.get("node"), query.get("status")];
  const [name, uuid, flavor] = [query.get("name"), query.get("uuid"), query.get("flavor")];
  const image = query.get("image");
  const { cloud, view } = estate;
  return (vm, goneMs) => {
    if (project !== undefined && projectId(cloud, vm.network) !== project) return false;
    if (host !== null && view.names.service(hostAt(cloud, vm.host)) !== host) return false;
    if (node !== null && view.names.hypervisor(hostAt(cloud, vm.host)) !== node) return false;
    if (status !== null && statusOf(vm, goneMs) !== status.toUpperCase()) return false;
    if (name !== null && !serverName(vm).includes(name)) return false;
    if (image !== null && (hasVolume(vm.index) || imageUuid(cloud, vm.index) !== image)) return false;
    if (flavor !== null && flavorUuid(cloud, vm.flavor) !== flavor) return false;
    return uuid === null || vmUuid(cloud, vm.index) === uuid;
  };
}

function statusOf(vm: Vm, goneMs: number | undefined): string {
  if (goneMs !== undefined) return "DELETED";
  // A server that migrates is one that is active to whoever asks by status.
  return vm.state === "building" ? "BUILD" : "ACTIVE";
}

function isVisible({ cloud }: Estate, { token }: NovaCall, vm: Vm): boolean {
  return token.isAdmin || (token.scope.kind === "project" && token.scope.project === projectId(cloud, vm.network));
}

/** The hosts of the last zone are a cell of their own. */
export function isInDownCell(site: Site, { host }: { readonly host: number }): boolean {
  if (!site.behaviour().cellDown) return false;
  const last = site.estate.hosts().at(-1)?.place.zone;
  return hostAt(site.estate.cloud, host).place.zone === last;
}

/** Epoch milliseconds; a time without a zone is UTC. */
function instantOf(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  const iso = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?)(Z|[+-]\d\d:?\d\d)?$/.exec(text);
  const at = iso === null ? Number.NaN : Date.parse(`${iso[1]}${iso[2] ?? "Z"}`);
  return Number.isFinite(at) ? at : undefined;
}
