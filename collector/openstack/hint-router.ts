import type { ServiceName } from "./api/catalogue.ts";
import type { ChangedKind, HintReceiver } from "./notifications/hint.ts";
import type { LookKind } from "./pending-hints.ts";

/** A service of a region, as far as hints go to it. */
export interface HintedService {
  readonly api: { readonly service: ServiceName };
  readonly loop: { hint(kind: LookKind, id: string | undefined): void; hurry(): void };
}

export interface HintedCloud {
  readonly source: { readonly cluster: string };
  readonly regions: readonly { readonly services: readonly HintedService[] }[];
}

type Look = readonly [service: ServiceName, kind: LookKind];

/**
 * Who is asked. Neutron does not notify of what its agents report of ports, nor of those that it makes for itself: ports of machines
 * and routers are looked at with them.
 */
const LOOKS: { readonly [kind in ChangedKind]: readonly Look[] } = {
  server: [
    ["compute", "server"],
    ["network", "ports-of"],
  ],
  "compute-service": [["compute", "compute-service"]],
  hypervisor: [["compute", "hypervisor"]],
  aggregate: [["compute", "aggregate"]],
  network: [["network", "network"]],
  subnet: [["network", "subnet"]],
  port: [["network", "port"]],
  router: [
    ["network", "router"],
    ["network", "ports-of"],
  ],
  "floating-ip": [["network", "floating-ip"]],
  "security-group": [["network", "security-group"]],
  volume: [["volume", "volume"]],
  "load-balancer": [["load-balancer", "load-balancer"]],
  project: [["identity", "project"]],
};

/** Takes hints to the services they concern, in every region, since no notification says of which it is. Clouds may have none yet. */
export function routeHints(clouds: readonly HintedCloud[]): HintReceiver {
  const byCluster = new Map(clouds.map((cloud) => [cloud.source.cluster, cloud]));
  const servicesOf = (cluster: string) => byCluster.get(cluster)?.regions.flatMap(({ services }) => services) ?? [];
  return {
    changed: ({ cluster, kind, id }) => {
      for (const { api, loop } of servicesOf(cluster)) {
        for (const [service, look] of LOOKS[kind]) if (service === api.service) loop.hint(look, id);
      }
    },
    listening: (cluster) => {
      for (const { loop } of servicesOf(cluster)) loop.hurry();
    },
  };
}
