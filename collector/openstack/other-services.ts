import { isApiError } from "./api/api-error.ts";
import { pagesOf } from "./api/pages.ts";
import type { Query, ServiceApi } from "./api/service-api.ts";
import { type ApiObject, idAt, numberAt, recordAt, recordsAt, textAt } from "./api/words.ts";
import type { ElementContext } from "./elements/element-context.ts";
import { loadBalancerElements } from "./elements/network.ts";
import { projectElements, serviceElements, volumeElements } from "./elements/service.ts";
import { Doubt, type Listing, takeList, takeWhole } from "./listing.ts";
import type { Names } from "./names.ts";
import { type Round, type ServiceSync, unlessMissing } from "./round.ts";
import { singleLook } from "./single-look.ts";
import type { Teller } from "./teller.ts";

export interface ListDeps {
  readonly api: Pick<ServiceApi, "get">;
  readonly teller: Teller;
  readonly context: ElementContext;
  readonly maxObjects: number;
}

const PAGE = 1_000;

/** Keystone: projects, and their names for everybody else. Who may not list all of them gets his own. */
export function identitySync(deps: ListDeps, projects: Names): ServiceSync {
  const doubt = new Doubt();
  return {
    full: async (round) => {
      const names = new Map<string, string>();
      const listing = (path: string): Listing => ({
        question: { path, member: "projects", pageSize: undefined, maxObjects: deps.maxObjects },
        listed: { kind: "project", prefix: "openstack/project/" },
        parse: (project) => projectElements(project, deps.context),
        onPage: (page) => {
          for (const project of page) names.set(idAt(project) ?? "", textAt(project, "name") ?? "");
        },
      });
      try {
        await takeList(listing("/projects"), deps, doubt, round);
      } catch (error) {
        if (!isApiError(error, "forbidden")) throw error;
        round.missing({ what: "projects", reason: error.message, hint: NEEDS_PROJECTS });
        await unlessMissing("own projects", round, async () => {
          await takeList(listing("/auth/projects"), deps, doubt, round);
        });
      }
      projects.replace(names);
    },
  };
}

const NEEDS_PROJECTS =
  "give the user what identity:list_projects asks for, or machines have the id of their project only; see docs/openstack.md";

/** Glance: the names of images. */
export function imageSync({ api, maxObjects }: ListDeps, images: Names): ServiceSync {
  return {
    full: async (round) => {
      const names = new Map<string, string>();
      const question = { path: "/images", member: "images", pageSize: 500, maxObjects };
      await unlessMissing("images", round, async () => {
        for await (const { objects } of pagesOf(api, question, round.signal)) {
          for (const image of objects) names.set(idAt(image) ?? "", textAt(image, "name") ?? "");
          round.count(objects.length);
        }
        images.replace(names);
      });
    },
  };
}

/** Octavia. */
export function loadBalancerSync(deps: ListDeps): ServiceSync {
  const doubt = new Doubt();
  const one = { kind: "load-balancer", path: "/lbaas/loadbalancers", member: "loadbalancer" } as const;
  return {
    look: singleLook({ ...one, parse: (balancer) => loadBalancerElements(balancer, deps.context) }, deps),
    full: async (round) => {
      const listing: Listing = {
        question: {
          path: "/lbaas/loadbalancers",
          member: "loadbalancers",
          pageSize: PAGE,
          maxObjects: deps.maxObjects,
        },
        listed: { kind: "load-balancer", prefix: "neutron/load-balancer/" },
        parse: (balancer) => loadBalancerElements(balancer, deps.context),
      };
      await unlessMissing("load balancers", round, async () => {
        await takeList(listing, deps, doubt, round);
      });
    },
  };
}

/** What a pool of Cinder has, in bytes; infinite and unknown ones say nothing. */
export interface VolumePool {
  readonly name: string;
  readonly used: number;
  readonly total: number;
}

export interface VolumeInventory {
  volumes: number;
  pools: readonly VolumePool[];
}

/** Cinder: volumes, its services, the space of its pools. */
export function volumeSync(deps: ListDeps, inventory: VolumeInventory): ServiceSync {
  const doubt = new Doubt();
  const { api, context } = deps;
  const volumes = async (query: Query, round: Round): Promise<void> => {
    let count = 0;
    const listing: Listing = {
      question: { path: "/volumes/detail", member: "volumes", query, pageSize: PAGE, maxObjects: deps.maxObjects },
      listed: { kind: "volume", prefix: "openstack/volume/" },
      parse: (volume) => volumeElements(volume, context),
      onPage: (page) => {
        count += page.length;
      },
    };
    await takeList(listing, deps, doubt, round);
    inventory.volumes = count;
  };
  const one = { kind: "volume", path: "/volumes", member: "volume" } as const;
  return {
    look: singleLook({ ...one, parse: (volume) => volumeElements(volume, context) }, deps),
    full: async (round) => {
      try {
        await volumes([["all_tenants", 1]], round);
      } catch (error) {
        if (!isApiError(error, "forbidden")) throw error;
        round.missing({ what: "volumes of other projects", reason: error.message, hint: error.hint });
        await volumes([], round);
      }
      const services = {
        ...{ path: "/os-services", member: "services" },
        listed: { kind: "service", prefix: `openstack/service/${encodeURIComponent(context.region)}/cinder-` },
        parse: (service: ApiObject) => serviceElements(service, context),
      } as const;
      await unlessMissing("volume services", round, async () => {
        await takeWhole(services, deps, round);
      });
      await unlessMissing("volume pools", round, async () => {
        const { body } = await api.get("/scheduler-stats/get_pools", [["detail", "true"]], round.signal);
        inventory.pools = recordsAt(body, "pools").flatMap(poolOf);
      });
    },
  };
}

const GIB = 2 ** 30;

function poolOf(pool: ApiObject): readonly VolumePool[] {
  const capabilities = recordAt(pool, "capabilities");
  const [total, free] = [numberAt(capabilities, "total_capacity_gb"), numberAt(capabilities, "free_capacity_gb")];
  const name = textAt(pool, "name");
  if (total === undefined || free === undefined || name === undefined || total <= 0) return [];
  return [{ name, used: (total - free) * GIB, total: total * GIB }];
}
