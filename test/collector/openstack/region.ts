import type { ServiceApi } from "../../../collector/openstack/api/service-api.ts";
import { ComputeSync } from "../../../collector/openstack/compute.ts";
import { ComputeInventory } from "../../../collector/openstack/compute-inventory.ts";
import { imageSync } from "../../../collector/openstack/images.ts";
import { LoadBalancerSync } from "../../../collector/openstack/load-balancers.ts";
import { Names } from "../../../collector/openstack/names.ts";
import { NetworkSync } from "../../../collector/openstack/network.ts";
import { NetworkInventory } from "../../../collector/openstack/network-inventory.ts";
import { ProjectSync } from "../../../collector/openstack/projects.ts";
import type { Missing, Round } from "../../../collector/openstack/round.ts";
import { Teller } from "../../../collector/openstack/teller.ts";
import { type VolumeInventory, VolumeSync } from "../../../collector/openstack/volumes.ts";
import { WaitingIds } from "../../../collector/openstack/waiting-ids.ts";
import type { Element } from "../../../core/element.ts";
import { Lifetime } from "../../../core/lifetime.ts";
import { silentLog } from "../../../core/log.ts";
import { openRecorder } from "../../../topology/recorder.ts";
import { MemoryRevisionLog, SetClock } from "../../topology/fakes.ts";
import type { StubApi } from "./stub-api.ts";

/** One region's Nova and Neutron, asked in process, with a recorder of its own. */
export async function openRegion(
  api: StubApi,
  options: { region?: string; regions?: readonly string[]; roles?: readonly string[] } = {},
) {
  const lifetime = new Lifetime();
  const clock = new SetClock(api.nowMs);
  const store = new MemoryRevisionLog();
  const recorder = await openRecorder({ cluster: "c", store, clock, log: silentLog }, lifetime);
  const region = options.region ?? "r1";
  const [compute, network, projects, images] = [
    new ComputeInventory(),
    new NetworkInventory(),
    new Names(),
    new Names(),
  ];
  const volume: VolumeInventory = { pools: [], services: [], projects: new Map() };
  const [gone, lateOfNova, lateOfNeutron] = [new WaitingIds(1_000), new WaitingIds(1_000), new WaitingIds(1_000)];
  for (const late of [lateOfNova, lateOfNeutron]) projects.onLate(late.add);
  const lateImages = new WaitingIds(1_000);
  images.onLate(lateImages.add);
  const regionOf = (own: string, regions: readonly string[], asked: Pick<ServiceApi, "get"> = api) => {
    const teller = new Teller({ recorder, clock, region: own, regions });
    const context = { cluster: "c", region: own, projects, images };
    const base = {
      user: async () => ({ projectId: "own", roles: options.roles ?? ["admin"] }),
      api: asked,
      teller,
      context,
      maxObjects: 1_000_000,
      generation: () => projects.generation,
      looksBetween: 30,
    };
    return {
      nova: new ComputeSync({
        ...base,
        inventory: compute,
        placedOf: () => ({}),
        onGone: gone.add,
        lateProjects: lateOfNova,
        lateImages,
        generation: () => projects.generation + images.generation,
      }),
      neutron: new NetworkSync({
        ...base,
        inventory: network,
        takeGoneMachines: gone.take,
        lateProjects: lateOfNeutron,
      }),
      cinder: new VolumeSync({ ...base, inventory: volume }),
      octavia: new LoadBalancerSync(base),
      glance: imageSync({ ...base }, images),
      keystone: new ProjectSync({ ...base, projects }),
    };
  };
  const missing: Missing[] = [];
  const round: Round = {
    signal: new AbortController().signal,
    clock,
    missing: (it) => missing.push(it),
    count: () => {},
    between: async () => {},
  };
  return {
    ...regionOf(region, options.regions ?? [region]),
    regionOf,
    recorder,
    store,
    compute,
    network,
    volume,
    projects,
    images,
    missing,
    round,
    /** What is known, by id. */
    known: (): Readonly<Record<string, Element>> =>
      Object.fromEntries([...recorder.graph.elements()].map((element) => [element.id, element] as const).toSorted()),
    end: () => lifetime.end(),
  };
}
