import type { Clock } from "../../core/clock.ts";
import type { Log } from "../../core/log.ts";
import type { Recorder } from "../../topology/recorder.ts";
import type { RoundTracing } from "../pull/round-tracing.ts";
import type { ServiceName } from "./api/catalogue.ts";
import { type CloudAccess, ServiceApi } from "./api/service-api.ts";
import { keystoneBase } from "./api/token.ts";
import type { CloudSource } from "./cloud-source.ts";
import { ComputeSync } from "./compute.ts";
import { ComputeInventory } from "./compute-inventory.ts";
import { imageSync } from "./images.ts";
import { LoadBalancerSync } from "./load-balancers.ts";
import { Names } from "./names.ts";
import { NetworkSync } from "./network.ts";
import { NetworkInventory } from "./network-inventory.ts";
import { PlacementSync } from "./placement.ts";
import { PlacementInventory } from "./placement-inventory.ts";
import { ProjectSync } from "./projects.ts";
import type { ServiceSync } from "./round.ts";
import { ServiceLoop } from "./service-loop.ts";
import { Teller } from "./teller.ts";
import { type VolumeInventory, VolumeSync } from "./volumes.ts";
import { WaitingIds } from "./waiting-ids.ts";

export interface RegionOptions {
  readonly source: CloudSource;
  readonly region: string;
  readonly regions: readonly string[];
  readonly access: CloudAccess;
  readonly recorder: Recorder;
  readonly projects: Names;
  /** Keystone is asked by one region of a cloud. */
  readonly asksIdentity: boolean;
  readonly clock: Clock;
  readonly log: Log;
  readonly tracing: RoundTracing;
  random(): number;
}

/** Whether all that Nova, or Neutron, has is known. */
export interface RegionWhole {
  readonly servers: boolean;
  readonly ports: boolean;
}

export interface RegionInventory {
  readonly region: string;
  readonly compute: ComputeInventory;
  readonly network: NetworkInventory;
  readonly volume: VolumeInventory;
  readonly placement: PlacementInventory;
}

interface Asked {
  readonly api: ServiceApi;
  readonly loop: ServiceLoop;
}

/** Machines wait for the names of their projects and images, but not for long: those may come later. */
const NAMES_WITHIN_MS = 10_000;
/** Machines gone whose ports nobody has asked for yet. */
const MOST_GONE = 10_000;
const MOST_LATE = 1_000;

/** All services of one region, each in a loop of its own. */
export class RegionSync {
  readonly inventory: RegionInventory;
  readonly #services: readonly Asked[];
  #whole: () => RegionWhole = () => ({ servers: false, ports: false });

  constructor(options: RegionOptions) {
    const { source, region, regions, access, recorder, projects, clock } = options;
    const [compute, network] = [new ComputeInventory(), new NetworkInventory()];
    const volume: VolumeInventory = { pools: [], services: [], projects: new Map() };
    const placement = new PlacementInventory();
    this.inventory = { region, compute, network, volume, placement };
    const teller = new Teller({ recorder, clock, region, regions });
    // Each region has a Glance of its own, and so images.
    const images = new Names();
    const context = { cluster: source.cluster, region, projects, images };
    const maxObjects = source.limits.objects;
    const gone = new WaitingIds(MOST_GONE);
    const [lateOfNova, lateOfNeutron] = [new WaitingIds(MOST_LATE), new WaitingIds(MOST_LATE)];
    for (const late of [lateOfNova, lateOfNeutron]) projects.onLate(late.add);
    const lateImages = new WaitingIds(MOST_LATE);
    images.onLate(lateImages.add);
    const ask = (service: ServiceName, syncOf: (api: ServiceApi) => ServiceSync, url?: string): Asked => {
      const api = new ServiceApi(service, region, access, url);
      return { api, loop: loopOf(options, api, syncOf(api)) };
    };
    const base = { teller, context, maxObjects };
    const looksBetween = Math.floor(source.fullEveryMs / source.pollEveryMs);
    let placed: PlacementSync | undefined;
    let [nova, neutron]: [ComputeSync | undefined, NetworkSync | undefined] = [undefined, undefined];
    this.#whole = () => ({ servers: nova?.isWhole === true, ports: neutron?.isWhole === true });
    this.#services = [
      ...(options.asksIdentity
        ? [ask("identity", (api) => new ProjectSync({ ...base, api, projects }), keystoneBase(source.authUrl))]
        : []),
      ask("image", (api) => imageSync({ ...base, api }, images)),
      ask("compute", (api) => {
        nova = new ComputeSync({
          ...{ ...base, api, inventory: compute, onGone: gone.add, looksBetween },
          ...{ lateProjects: lateOfNova, lateImages, generation: () => projects.generation + images.generation },
          placedOf: (hypervisor) => placed?.placedOf(hypervisor) ?? {},
        });
        return nova;
      }),
      ask("network", (api) => {
        neutron = new NetworkSync({
          ...{ ...base, api, inventory: network, takeGoneMachines: gone.take },
          ...{ lateProjects: lateOfNeutron, generation: () => projects.generation, user: () => api.user() },
        });
        return neutron;
      }),
      ask("placement", (api) => {
        placed = new PlacementSync({ ...base, api, inventory: placement, compute, looksBetween });
        return placed;
      }),
      ask("volume", (api) => new VolumeSync({ ...base, api, inventory: volume, looksBetween, user: () => api.user() })),
      ask("load-balancer", (api) => new LoadBalancerSync({ ...base, api, user: () => api.user() })),
    ];
    const identity = this.#services.find(({ api }) => api.service === "identity");
    if (identity !== undefined) projects.onUnknown(() => identity.loop.hurry());
  }

  get whole(): RegionWhole {
    return this.#whole();
  }

  get services(): readonly Asked[] {
    return this.#services;
  }

  /** Until the signal ends it. */
  async run(signal: AbortSignal): Promise<void> {
    const [named, others] = [this.#services.filter(givesNames), this.#services.filter((it) => !givesNames(it))];
    const running = named.map(({ loop }) => loop.run(signal));
    const patience = Promise.withResolvers<void>();
    const timer = setTimeout(patience.resolve, NAMES_WITHIN_MS);
    await Promise.race([Promise.all(named.map(({ loop }) => loop.firstDone)), patience.promise]);
    clearTimeout(timer);
    await Promise.all([...running, ...others.map(({ loop }) => loop.run(signal))]);
  }
}

function givesNames({ api }: Asked): boolean {
  return api.service === "identity" || api.service === "image";
}

function loopOf(
  { source, clock, log, tracing, random }: RegionOptions,
  api: ServiceApi,
  sync: ServiceSync,
): ServiceLoop {
  // What only lists has no cheap look at what changed.
  const looksMs = source.pollEveryMs * (sync.looksEach ?? 1);
  const pollEveryMs = sync.poll === undefined ? source.fullEveryMs : Math.min(looksMs, source.fullEveryMs);
  const beat = { fullEveryMs: source.fullEveryMs, pollEveryMs };
  const { cluster, limits } = source;
  return new ServiceLoop({ cluster, api, sync, beat, roundMs: limits.roundMs, clock, log, tracing, random });
}
