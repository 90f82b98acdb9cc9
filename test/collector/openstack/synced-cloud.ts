import { cloudPoints } from "../../../collector/openstack/gauges.ts";
import type { ServiceHealth } from "../../../collector/openstack/health.ts";
import { systemClock } from "../../../core/clock.ts";
import type { Attributes, NodeKind } from "../../../core/element.ts";
import type { Lifetime } from "../../../core/lifetime.ts";
import { silentLog } from "../../../core/log.ts";
import { type FakeOpenStackOptions, startFakeOpenStack } from "../../fakes/openstack/start.ts";
import { eventually } from "../../fixtures/eventually.ts";
import { type SyncedOptions, syncClouds } from "../../integration/fixtures/synced-clouds.ts";

const LIMITS = { requestMs: 2_000, perSecond: 1_000 };

/** One small simulated cloud that is asked by what the collector runs; `first` services were read whole, or are not there. */
export async function syncedCloud(
  options: FakeOpenStackOptions,
  first: readonly ServiceHealth["service"][],
  lifetime: Lifetime,
  own: Partial<SyncedOptions> = {},
) {
  const fake = await startFakeOpenStack({ ...options, size: { hosts: 6, vmsPerHost: 3, ...options.size } }, lifetime);
  const all = { fake, clusters: 1, pollEveryMs: 50, limits: LIMITS, ...own };
  const { openstack, recorders, health: healthOf } = await syncClouds(all, lifetime, silentLog);
  const health = (service: ServiceHealth["service"]) => healthOf(0, service);
  const isThere = (service: ServiceHealth["service"]) => {
    const it = health(service);
    return it?.fullAt !== undefined || it?.state === "absent";
  };
  await eventually(() => first.every(isThere), { what: () => JSON.stringify(openstack.status()) });
  const [cloud] = openstack.clouds;
  const graph = recorders.get("os-1")?.graph;
  if (cloud === undefined || graph === undefined) throw new Error("no cloud");
  const points = (measurement: string, tags: Record<string, string> = {}) =>
    [...cloudPoints(cloud, systemClock.now())]
      .flat()
      .filter((it) => it.measurement === measurement)
      .filter((it) => Object.entries(tags).every(([name, value]) => it.tags[name] === value));
  return {
    ...{ fake, cloud, graph, health, points, openstack, estate: fake.cluster().estate },
    capacity: (resource: string, scope: string, tags: Record<string, string> = {}) =>
      points("os_capacity", { resource, scope, ...tags }).map(({ fields }) => fields),
    attributesOf: (kind: NodeKind): readonly Attributes[] =>
      Array.from(graph.ofKind(kind), (id) => graph.get(id)?.attributes ?? {}),
  };
}
