import type { Clock } from "../../core/clock.ts";
import { messageOf, OperatorError } from "../../core/errors.ts";
import { isApiError } from "./api/api-error.ts";
import type { ServiceName } from "./api/catalogue.ts";
import { ServiceApi } from "./api/service-api.ts";
import { recordsAt } from "./api/words.ts";
import type { CloudSource } from "./cloud-source.ts";
import { openAccess } from "./cloud-sync.ts";

/** What a cloud says to somebody who is about to ask it again and again. */
export interface CloudAnswer {
  readonly cluster: string;
  readonly regions: readonly string[];
  /** Of the user in his project. */
  readonly roles: readonly string[];
  /** Why it cannot be asked at all. */
  readonly problem: OperatorError | undefined;
  readonly missing: readonly { readonly what: string; readonly reason: string; readonly hint: string }[];
}

interface Probe {
  readonly what: string;
  readonly service: ServiceName;
  readonly path: string;
  readonly query: readonly (readonly [string, string | number])[];
  readonly hint: string;
}

const ONE = ["limit", 1] as const;
const SEE_DOCS = "docs/openstack.md says what is needed";

/** One question for each thing that a right may lack. */
const PROBES: readonly Probe[] = [
  {
    ...{ what: "servers of all projects", service: "compute", path: "/servers/detail" },
    ...{ query: [["all_tenants", 1], ONE], hint: "os_compute_api:servers:detail:get_all_tenants" },
  },
  {
    what: "compute services",
    service: "compute",
    path: "/os-services",
    query: [],
    hint: "os_compute_api:os-services:list",
  },
  {
    ...{ what: "hypervisors", service: "compute", path: "/os-hypervisors/detail", query: [] },
    hint: "os_compute_api:os-hypervisors:list-detail",
  },
  { what: "networks", service: "network", path: "/networks", query: [ONE], hint: "get_network" },
  { what: "agents", service: "network", path: "/agents", query: [], hint: "get_agent" },
  {
    what: "allocation ratios",
    service: "placement",
    path: "/resource_providers",
    // A short answer: one name is asked for, and there need not be one.
    query: [["name", "nephoscope"]],
    hint: "placement:resource_providers:list, …:inventories:list, …:usages; without them totals are what machines have",
  },
  {
    what: "volumes of all projects",
    service: "volume",
    path: "/volumes/detail",
    query: [["all_tenants", 1], ONE],
    hint: "volume:get_all",
  },
  {
    what: "volume pools",
    service: "volume",
    path: "/scheduler-stats/get_pools",
    query: [],
    hint: "scheduler_extension:scheduler_stats:get_pools",
  },
  { what: "images", service: "image", path: "/images", query: [ONE], hint: "get_images" },
];

/** Signs in, and asks for a little of each thing. Errors of the cloud are in the answer. */
export async function tryCloud(source: CloudSource, clock: Clock): Promise<CloudAnswer> {
  const { access, http } = openAccess(source, clock);
  const nothing = { cluster: source.cluster, regions: [], roles: [], missing: [] };
  try {
    const { catalogue, roles } = await access.tokens.current();
    const regions = source.regions.length > 0 ? source.regions : catalogue.regions();
    const missing: CloudAnswer["missing"][number][] = [];
    const label = (what: string, region: string) => (regions.length > 1 ? `${what} (${region})` : what);
    for (const region of regions) {
      for (const { what, service, path, query, hint } of PROBES) {
        const reason = await refusalOf(new ServiceApi(service, region, access), path, query);
        if (reason !== undefined) missing.push({ what: label(what, region), reason, hint: `${hint}; ${SEE_DOCS}` });
      }
      if (!(await tellsBinding(new ServiceApi("network", region, access)))) {
        const reason = "Neutron tells this user of no port where it is bound (binding:vif_type)";
        missing.push({
          what: label("bindings of ports", region),
          reason,
          hint: `get_port:binding:host_id; ${SEE_DOCS}`,
        });
      }
    }
    return { ...nothing, regions, roles, missing, problem: undefined };
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    return { ...nothing, problem: error };
  } finally {
    http.close();
  }
}

async function refusalOf(api: ServiceApi, path: string, query: Probe["query"]): Promise<string | undefined> {
  try {
    await api.get(path, query, new AbortController().signal);
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

/** A cloud without ports tells nothing either way. */
async function tellsBinding(api: ServiceApi): Promise<boolean> {
  try {
    const { body } = await api.get("/ports", [ONE], new AbortController().signal);
    const [port] = recordsAt(body, "ports");
    return port === undefined || "binding:vif_type" in port;
  } catch (error) {
    // Why it does not answer was said of its networks.
    if (isApiError(error)) return true;
    throw error;
  }
}
