import { uuidOf } from "../../random.ts";
import type { ServiceName } from "./behaviour.ts";
import type { Site } from "./call.ts";
import type { Scope } from "./tokens.ts";

interface CatalogService {
  readonly service: ServiceName;
  readonly type: string;
  readonly name: string;
  /** What follows the service's own place; `{project}` is the token's. */
  readonly tail: string;
}

const INTERFACES = ["admin", "internal", "public"] as const;

/** As installers write it: Neutron's endpoint has no version, Nova's has, Cinder's ends with the project. */
function servicesOf(site: Site): readonly CatalogService[] {
  return [
    { service: "identity", type: "identity", name: "keystone", tail: "" },
    {
      ...{ service: "compute", type: "compute", name: "nova" },
      tail: site.release().projectInComputeUrl ? "/v2.1/{project}" : "/v2.1",
    },
    { service: "network", type: "network", name: "neutron", tail: "/" },
    { service: "placement", type: "placement", name: "placement", tail: "" },
    { service: "volume", type: "volumev3", name: "cinderv3", tail: "/v3/{project}" },
    { service: "image", type: "image", name: "glance", tail: "" },
    { service: "load-balancer", type: "load-balancer", name: "octavia", tail: "" },
  ];
}

/** Each service in each region of the cluster: the regions of a cluster share their services here. */
export function catalogOf(site: Site, scope: Scope): readonly object[] {
  const { missingServices } = site.behaviour();
  const { cloud, cluster } = site.estate;
  const project = scope.kind === "project" ? scope.project : undefined;
  return servicesOf(site).flatMap(({ service, type, name, tail }, n) => {
    if (missingServices.includes(service)) return [];
    // An endpoint with a project in it is nothing for a token without one.
    const isUsable = project !== undefined || !tail.includes("{project}");
    const url = site.urlOf(service) + tail.replace("{project}", project ?? "");
    return {
      type,
      name,
      id: uuidOf(cloud.seed, "service", -1_000 - cluster, n).replaceAll("-", ""),
      endpoints: isUsable
        ? regionsOf(site).flatMap((region, r) =>
            INTERFACES.map((each, i) => ({
              id: uuidOf(cloud.seed, "endpoint", cluster, (n * 64 + r) * 3 + i).replaceAll("-", ""),
              interface: each,
              region_id: region,
              region,
              url,
            })),
          )
        : [],
    };
  });
}

export function regionsOf({ estate }: Site): readonly string[] {
  return [...new Set(estate.hosts().map(({ place }) => place.region))];
}
