import { type ApiError, isApiError } from "./api/api-error.ts";
import type { ServiceName } from "./api/catalogue.ts";
import type { Query, ServiceApi } from "./api/service-api.ts";
import { type ApiObject, idAt, recordsAt } from "./api/words.ts";
import {
  AGENTS,
  LOAD_BALANCERS_OF_OTHERS,
  type SignedIn,
  type SilentList,
  VOLUMES_OF_OTHERS,
  whyOwnOnly,
} from "./own-project.ts";

/** One question for one thing that a right may lack. */
export interface Probe {
  readonly what: string;
  readonly service: ServiceName;
  /** What the user lacks. */
  readonly hint: string;
  /** Why it is not told; undefined when it is. Errors: none of the API's. */
  reasonOf(api: Pick<ServiceApi, "get">, user: SignedIn): Promise<string | undefined>;
}

const ONE = ["limit", 1] as const;
/** Of so many somebody else's is one, as a rule. */
const SOME = ["limit", 100] as const;
const ALL = ["all_tenants", 1] as const;
/** A short answer: one name is asked for, and there need not be one. */
const NOBODY = ["name", "nephoscope"] as const;
/** A project that is nobody's: what is refused by its rights is refused before it is looked for. */
const NO_PROJECT = "00000000000000000000000000000000";

type Told = Pick<Probe, "what" | "service" | "hint">;

/** Whatever is wrong is a reason. */
function asked(told: Told, path: string, query: Query = []): Probe {
  return { ...told, reasonOf: async (api) => (await answerOf(api, path, query)).error?.message };
}

/** Only that the user may not is a reason: what is asked for need not be there. */
function allowed(told: Told, path: string): Probe {
  return {
    ...told,
    reasonOf: async (api) => {
      const { error } = await answerOf(api, path, []);
      return isApiError(error, "forbidden") ? error.message : undefined;
    },
  };
}

/** Why it does not answer is said by another probe; a cloud without objects tells nothing either way. */
function shows(told: Told & { readonly reason: string }, path: string, member: string, field: string): Probe {
  return {
    ...told,
    reasonOf: async (api) => {
      const [object] = await firstOf(api, path, member);
      return object === undefined || field in object ? undefined : told.reason;
    },
  };
}

function ofOthers(list: SilentList, service: ServiceName, path: string, member: string, owner: string): Probe {
  return {
    ...{ what: list.what, service, hint: list.rule },
    reasonOf: async (api, user) => {
      const { body, error } = await answerOf(api, path, [...(service === "volume" ? [ALL] : []), SOME]);
      if (body === undefined) return error?.message;
      return whyOwnOnly(
        list,
        recordsAt(body, member).map((object) => idAt(object, owner) ?? ""),
        user,
      );
    },
  };
}

/** Those of each region. */
export const PROBES: readonly Probe[] = [
  asked(
    { what: "servers of all projects", service: "compute", hint: "os_compute_api:servers:detail:get_all_tenants" },
    "/servers/detail",
    [ALL, ONE],
  ),
  shows(
    {
      ...{ what: "hosts of servers", service: "compute", hint: "os_compute_api:os-extended-server-attributes" },
      reason: "Nova tells this user of no server where it is (OS-EXT-SRV-ATTR:host)",
    },
    "/servers/detail",
    "servers",
    "OS-EXT-SRV-ATTR:host",
  ),
  {
    ...{ what: "servers by their ids", service: "compute", hint: "os_compute_api:servers:show" },
    reasonOf: async (api, { projectId }) => {
      const servers = await firstOf(api, "/servers/detail", "servers");
      const id = servers.filter(({ tenant_id }) => tenant_id !== projectId).flatMap((server) => idAt(server) ?? [])[0];
      if (id === undefined) return undefined;
      const { error } = await answerOf(api, `/servers/${encodeURIComponent(id)}`, []);
      return isApiError(error, "forbidden", "not_found") ? error.message : undefined;
    },
  },
  asked({ what: "compute services", service: "compute", hint: "os_compute_api:os-services:list" }, "/os-services"),
  asked(
    { what: "hypervisors", service: "compute", hint: "os_compute_api:os-hypervisors:list-detail" },
    "/os-hypervisors/detail",
  ),
  asked(
    { what: "availability zones", service: "compute", hint: "os_compute_api:os-availability-zone:detail" },
    "/os-availability-zone/detail",
  ),
  asked({ what: "aggregates", service: "compute", hint: "os_compute_api:os-aggregates:index" }, "/os-aggregates"),
  allowed(
    { what: "quotas of servers", service: "compute", hint: "os_compute_api:os-quota-sets:show" },
    `/os-quota-sets/${NO_PROJECT}`,
  ),
  asked({ what: "networks", service: "network", hint: "get_network" }, "/networks", [ONE]),
  shows(
    {
      ...{ what: "bindings of ports", service: "network", hint: "get_port:binding:host_id" },
      reason: "Neutron tells this user of no port where it is bound (binding:vif_type)",
    },
    "/ports",
    "ports",
    "binding:vif_type",
  ),
  ofOthers(AGENTS, "network", "/agents", "agents", "project_id"),
  allowed({ what: "quotas of networks", service: "network", hint: "get_quota" }, "/quotas"),
  asked(
    {
      ...{ what: "allocation ratios", service: "placement" },
      hint: "placement:resource_providers:list, …:inventories:list, …:usages; without them totals are what machines have",
    },
    "/resource_providers",
    [NOBODY],
  ),
  ofOthers(VOLUMES_OF_OTHERS, "volume", "/volumes/detail", "volumes", "os-vol-tenant-attr:tenant_id"),
  asked({ what: "volume services", service: "volume", hint: "volume_extension:services:index" }, "/os-services"),
  asked(
    { what: "volume pools", service: "volume", hint: "scheduler_extension:scheduler_stats:get_pools" },
    "/scheduler-stats/get_pools",
  ),
  allowed(
    { what: "quotas of volumes", service: "volume", hint: "volume_extension:quotas:show" },
    `/os-quota-sets/${NO_PROJECT}`,
  ),
  ofOthers(LOAD_BALANCERS_OF_OTHERS, "load-balancer", "/lbaas/loadbalancers", "loadbalancers", "project_id"),
  asked({ what: "images", service: "image", hint: "get_images" }, "/images", [ONE]),
];

/** Of the cloud. */
export const PROJECTS: Probe = asked(
  { what: "projects", service: "identity", hint: "identity:list_projects" },
  "/projects",
  [NOBODY],
);

/** Of a few. Of all projects, or of the user's own where he may not see others; none when it does not answer. */
async function firstOf(api: Pick<ServiceApi, "get">, path: string, member: string): Promise<readonly ApiObject[]> {
  const ofAll = path.startsWith("/servers") ? await answerOf(api, path, [ALL, SOME]) : undefined;
  const { body } = ofAll?.body === undefined ? await answerOf(api, path, [SOME]) : ofAll;
  return body === undefined ? [] : recordsAt(body, member);
}

interface Answered {
  readonly body?: ApiObject;
  readonly error?: ApiError;
}

async function answerOf(api: Pick<ServiceApi, "get">, path: string, query: Query): Promise<Answered> {
  try {
    return { body: (await api.get(path, query, new AbortController().signal)).body };
  } catch (error) {
    if (!isApiError(error)) throw error;
    return { error };
  }
}
