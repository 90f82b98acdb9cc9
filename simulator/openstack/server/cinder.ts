import { hostAt, projectId } from "../../cloud/identity.ts";
import { OLDEST } from "../releases.ts";
import { usageOfProject } from "../usages.ts";
import {
  hasVolume,
  pools,
  VOLUME_TYPES,
  volumeChangedAt,
  volumeObject,
  volumeServices,
  volumeUuid,
} from "../volumes.ts";
import { type Answer, type Call, json, list, partsOf, type Site, withHeaders } from "./call.ts";
import { pageOf } from "./entry-pages.ts";
import { negotiate } from "./negotiate.ts";
import { computeFault, refusedVersion, unauthenticated } from "./refusals.ts";
import type { Token } from "./tokens.ts";

// Cinder, as far as a reader needs it. Source: OpenStack Block Storage API v3 reference.

interface CinderCall extends Call {
  readonly version: number;
  readonly token: Token;
  readonly project: string;
  readonly parts: readonly string[];
}

/** From here on the project may be left out of the path. */
const NO_PROJECT_SINCE = 3_067;

export function answerCinder(site: Site, call: Call): Answer {
  const all = partsOf(call.path);
  const { volume: newest } = site.release();
  if (all.length === 0) return { ...json(300, { versions: [versionOf(site)] }) };
  if (all[0] !== "v3") return computeFault(404, "The resource could not be found.");
  if (all.length === 1) return json(200, { versions: [versionOf(site)] });
  const range = { oldest: OLDEST.volume, newest };
  const agreed = negotiate(call, range, { service: "volume" });
  if (agreed.kind !== "agreed") return refusedVersion(agreed, range);
  return withHeaders(answerVersioned(site, call, { version: agreed.version, all }), {
    "openstack-api-version": `volume ${agreed.text}`,
    vary: "OpenStack-API-Version",
  });
}

function answerVersioned(
  site: Site,
  call: Call,
  { version, all }: { readonly version: number; readonly all: readonly string[] },
): Answer {
  const given = call.headers["x-auth-token"];
  const token = site.tokens.find(typeof given === "string" ? given : undefined, call.now);
  if (token === undefined || token.scope.kind === "unscoped") {
    if (given === undefined) call.blame("no token was sent");
    return unauthenticated(site.urlOf("identity"));
  }
  const isProject = /^[0-9a-f]{32}$/.test(all[1] ?? "");
  if (!isProject && version < NO_PROJECT_SINCE) return computeFault(404, "The resource could not be found.");
  const own = token.scope.kind === "project" ? token.scope.project : "";
  if (isProject && own !== all[1]) return computeFault(400, "Malformed request url");
  if (call.method !== "GET") {
    call.blame(`${call.method} would change something`);
    const isKnown = ["POST", "PUT", "DELETE"].includes(call.method);
    return isKnown
      ? forbidden("volume:write")
      : computeFault(405, "The method specified is not allowed for this resource.");
  }
  return answerResource(site, { ...call, version, token, project: own, parts: all.slice(isProject ? 2 : 1) });
}

function answerResource(site: Site, call: CinderCall): Answer {
  const [kind, more] = call.parts;
  const { isAdmin } = call.token;
  if (kind === "volumes") return answerVolumes(site, call, more);
  if (kind === "scheduler-stats" && more === "get_pools") {
    if (!isAdmin) return forbidden("scheduler_extension:scheduler_stats:get_pools");
    const { estate } = site;
    const all = pools(estate.machines(), estate.computeNodes().length, call.now);
    const isDetail = call.query.get("detail")?.toLowerCase() === "true";
    return list("pools", isDetail ? all : all.map(({ name }) => ({ name })));
  }
  if (kind === "os-services")
    return isAdmin ? list("services", volumeServices(call.now)) : forbidden("volume_extension:services:index");
  if (kind === "limits") return answerLimits(site, call);
  if (kind === "os-quota-sets" && more !== undefined) return answerQuotas(site, call, more);
  return computeFault(404, "The resource could not be found.");
}

const KNOWN = ["limit", "marker", "all_tenants", "project_id", "status"];
const NOT_SERVED = ["sort", "sort_key", "sort_dir", "offset", "name", "metadata", "with_count", "created_at"];
/** `updated_at=gte:<time>` and its like; source: cinder/api/v3/volumes.py. */
const TIMES_SINCE = 3_060;

/** The newest first. Whoever is no administrator asks in vain for all tenants: it is passed over. */
function answerVolumes(site: Site, call: CinderCall, one: string | undefined): Answer {
  const { estate } = site;
  const { query } = call;
  if (one !== undefined && one !== "detail") return answerVolume(site, call, one);
  const known = call.version >= TIMES_SINCE ? [...KNOWN, "updated_at"] : KNOWN;
  const unknown = [...query.keys()].find((name) => !known.includes(name));
  if (unknown !== undefined) {
    call.blame(`query parameter ${unknown} is unknown or not simulated`);
    if (NOT_SERVED.includes(unknown)) return computeFault(501, `The simulated Cinder does not follow ${unknown}.`);
    return computeFault(400, `Invalid filters ${unknown} are found in query options.`);
  }
  const isAll = call.token.isAdmin && ["1", "true"].includes((query.get("all_tenants") ?? "").toLowerCase());
  const project = isAll ? query.get("project_id") : call.project;
  const limitText = query.get("limit");
  if (limitText !== null && !/^\d+$/.test(limitText)) {
    return computeFault(400, `limit param must be an integer, but was given '${limitText}'`);
  }
  const limit = Math.min(Number(limitText ?? Number.POSITIVE_INFINITY), site.behaviour().mostPerPage.volume);
  const asked = query.get("marker");
  const marker = asked === null ? undefined : volumeEntry(site, asked);
  if (asked !== null && marker === undefined) return computeFault(404, `Volume ${asked} could not be found.`);
  const since = timeOf(query.get("updated_at"));
  if (since === "malformed")
    return computeFault(400, "Invalid filter for updated_at: gt, gte, lt, lte, eq, neq and a time.");
  const keeps = ({ number }: { readonly number: number }) => {
    const vm = hasVolume(number) ? estate.machine(number) : undefined;
    if (vm === undefined || (project !== null && projectId(estate.cloud, vm.network) !== project)) return false;
    return since === undefined || volumeChangedAt(estate.view, vm) >= since;
  };
  const { entries } = pageOf(estate.servers, { marker, limit, keeps });
  const last = entries.at(-1);
  const next = new URLSearchParams(query);
  if (last !== undefined) next.set("marker", volumeUuid(estate.cloud, last.number));
  const links =
    last !== undefined && entries.length === limit
      ? { volumes_links: [{ rel: "next", href: `${call.selfUrl}?${next}` }] }
      : {};
  const objects = entries.values().flatMap(({ number }) => {
    const volume = volumeOf(site, call, number);
    return volume === undefined
      ? []
      : [one === "detail" ? volume : { id: volume.id, name: volume.name, links: volume.links }];
  });
  return list("volumes", objects, links);
}

/** Of `gte:<time>`, in epoch milliseconds; other comparisons are not simulated. */
function timeOf(text: string | null): number | "malformed" | undefined {
  if (text === null) return undefined;
  const ms = text.startsWith("gte:")
    ? Date.parse(/(Z|[+-]\d\d:?\d\d)$/.test(text) ? text.slice(4) : `${text.slice(4)}Z`)
    : Number.NaN;
  return Number.isFinite(ms) ? ms : "malformed";
}

/** Volumes go with their machines: a volume's place in the list is its machine's. */
function volumeEntry(site: Site, volume: string) {
  const { estate } = site;
  for (const entry of estate.servers.after(undefined)) {
    if (hasVolume(entry.number) && volumeUuid(estate.cloud, entry.number) === volume) return entry;
  }
  return undefined;
}

function volumeOf(site: Site, call: CinderCall, number: number) {
  const { estate } = site;
  const vm = estate.machine(number);
  if (vm === undefined) return undefined;
  const base = site.urlOf("volume");
  const look = {
    ...{ version: call.version, isAdmin: call.token.isAdmin },
    ...{ url: `${base}/v3/${call.project}`, bookmark: `${base}/${call.project}` },
  };
  return volumeObject(estate.view, vm, estate.view.names.service(hostAt(estate.cloud, vm.host)), look);
}

function answerVolume(site: Site, call: CinderCall, id: string): Answer {
  const entry = volumeEntry(site, id);
  const volume = entry === undefined ? undefined : volumeOf(site, call, entry.number);
  const isOwn = volume?.["os-vol-tenant-attr:tenant_id"] === call.project;
  if (volume === undefined || !(call.token.isAdmin || isOwn))
    return computeFault(404, `Volume ${id} could not be found.`);
  return json(200, { volume });
}

const QUOTA = {
  volumes: 1_000,
  gigabytes: 200_000,
  snapshots: 100,
  backups: 100,
  backup_gigabytes: 1_000,
  groups: 10,
} as const;

function answerQuotas(site: Site, call: CinderCall, project: string): Answer {
  if (!call.token.isAdmin && project !== call.project) return forbidden("volume_extension:quotas:show");
  const used = usageOfProject(site.estate, project);
  const inUse: { readonly [name: string]: number } = { volumes: used.volumes, gigabytes: used.volumeGib };
  const names = {
    ...QUOTA,
    per_volume_gigabytes: -1,
    ...Object.fromEntries(VOLUME_TYPES.map((type) => [`volumes_${type}`, -1])),
  };
  const withUsage = call.query.get("usage")?.toLowerCase() === "true";
  const values = Object.entries(names).map(([name, limit]) => [
    name,
    withUsage ? { limit, in_use: inUse[name] ?? 0, reserved: 0, allocated: 0 } : limit,
  ]);
  return json(200, { quota_set: { id: project, ...Object.fromEntries(values) } });
}

function answerLimits(site: Site, call: CinderCall): Answer {
  const used = usageOfProject(site.estate, call.project);
  return json(200, {
    limits: {
      rate: [],
      absolute: {
        maxTotalVolumes: QUOTA.volumes,
        maxTotalVolumeGigabytes: QUOTA.gigabytes,
        maxTotalSnapshots: QUOTA.snapshots,
        maxTotalBackups: QUOTA.backups,
        maxTotalBackupGigabytes: QUOTA.backup_gigabytes,
        totalVolumesUsed: used.volumes,
        totalGigabytesUsed: used.volumeGib,
        totalSnapshotsUsed: 0,
        totalBackupsUsed: 0,
        totalBackupGigabytesUsed: 0,
      },
    },
  });
}

function forbidden(rule: string): Answer {
  return computeFault(403, `Policy doesn't allow ${rule} to be performed.`);
}

function versionOf(site: Site) {
  return {
    id: "v3.0",
    status: "CURRENT",
    version: site.release().volume,
    min_version: OLDEST.volume,
    updated: "2018-07-17T00:00:00Z",
    links: [{ rel: "self", href: `${site.urlOf("volume")}/v3/` }],
    "media-types": [{ base: "application/json", type: "application/vnd.openstack.volume+json;version=3" }],
  };
}
