import type { EndpointInterface } from "../cloud-source.ts";
import { type ApiObject, recordsAt, textAt } from "./words.ts";

export type ServiceName = "identity" | "compute" | "network" | "placement" | "volume" | "image" | "load-balancer";

/** Types by which catalogues have a service, the best first. Source: OpenStack Service Types Authority. */
const TYPES: { readonly [name in ServiceName]: readonly string[] } = {
  identity: ["identity"],
  compute: ["compute"],
  network: ["network"],
  placement: ["placement"],
  volume: ["block-storage", "volumev3"],
  image: ["image"],
  "load-balancer": ["load-balancer"],
};

interface Endpoint {
  readonly type: string;
  readonly region: string;
  readonly interface: string;
  readonly url: string;
}

export interface Catalogue {
  /** Those with compute or network, in order. */
  regions(): readonly string[];
  /** Undefined: the region has no such service, or not by this interface. */
  urlOf(service: ServiceName, region: string, by: EndpointInterface): string | undefined;
}

/** From the `catalog` of a token. */
export function catalogueOf(services: readonly ApiObject[]): Catalogue {
  const endpoints = services.flatMap((service) =>
    recordsAt(service, "endpoints").flatMap((endpoint): Endpoint[] => {
      const [type, url] = [textAt(service, "type"), textAt(endpoint, "url")];
      const region = textAt(endpoint, "region_id") ?? textAt(endpoint, "region");
      if (type === undefined || url === undefined || region === undefined || !URL.canParse(url)) return [];
      return [{ type, region, interface: textAt(endpoint, "interface") ?? "public", url: url.replace(/\/+$/, "") }];
    }),
  );
  return {
    regions: () => {
      const main = endpoints.filter(({ type }) => type === "compute" || type === "network");
      return [...new Set(main.map(({ region }) => region))].toSorted();
    },
    urlOf: (service, region, by) => {
      for (const type of TYPES[service]) {
        const found = endpoints.find((it) => it.type === type && it.region === region && it.interface === by);
        if (found !== undefined) return baseOf(service, found.url);
      }
      return undefined;
    },
  };
}

/** Catalogues have some services without their version, and some with a project at the end. */
function baseOf(service: ServiceName, url: string): string {
  switch (service) {
    case "compute":
      return url.replace(/(\/v2(\.1)?)\/[^/]+$/, "$1");
    case "network":
      return /\/v2\.0$/.test(url) ? url : `${url}/v2.0`;
    case "image":
      return /\/v2(\.\d+)?$/.test(url) ? url : `${url}/v2`;
    case "load-balancer":
      return /\/v2(\.0)?$/.test(url) ? url : `${url}/v2`;
    case "identity":
    case "placement":
    case "volume":
      return url;
  }
}
