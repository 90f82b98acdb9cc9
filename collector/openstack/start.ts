import type { Clock } from "../../core/clock.ts";
import type { Lifetime } from "../../core/lifetime.ts";
import type { Log } from "../../core/log.ts";
import { waitUnlessOver } from "../../core/wait.ts";
import type { SeriesSource } from "../../promql/source.ts";
import type { Recorders } from "../../topology/recorders.ts";
import type { PartStatus } from "../metrics-status.ts";
import { createPullWriter } from "../pull/pull-writer.ts";
import { noRoundTracing, type RoundTracing } from "../pull/round-tracing.ts";
import { startBandwidth } from "./bandwidth.ts";
import type { BandwidthOf } from "./bandwidth-capacity.ts";
import type { CloudSource } from "./cloud-source.ts";
import { cloudStatus, notificationsStatus } from "./cloud-status.ts";
import { CloudSync } from "./cloud-sync.ts";
import { routeHints } from "./hint-router.ts";
import { listenToNotifications, type Notifications } from "./notifications/listen.ts";
import { startGauges } from "./write-gauges.ts";

export interface OpenStackDeps {
  readonly recorders: Recorders;
  readonly clock: Clock;
  readonly log: Log;
  /** Where figures are written; see `createPullWriter`. */
  readonly bodies: Parameters<typeof createPullWriter>[0];
  readonly tracing?: RoundTracing | undefined;
  /** Where agents' metrics are read: bandwidth of hosts; without it there is none. */
  readonly metrics?: SeriesSource;
  /** Between the first readings of two clouds; the tests have less patience. */
  readonly spreadMs?: number;
  /** Between two writings of a cloud's figures. */
  readonly gaugesEveryMs?: number;
  /** From 0 to 1; the tests have their own. */
  readonly random?: () => number;
}

export interface OpenStack {
  status(): readonly PartStatus[];
  readonly clouds: readonly CloudSync[];
  /** Of those clouds that are listened to, by cluster. */
  readonly notifications: ReadonlyMap<string, Notifications>;
}

/** A series ends for PromQL after five minutes. */
export const GAUGES_EVERY_MS = 60_000;
const SPREAD_MS = 1_000;
const LONGEST_SPREAD_MS = 60_000;

/**
 * Asks all clouds until the lifetime ends, each on its own: connections, token, pace, pauses and health are one cloud's, and within it
 * those of services are apart, so that one that hangs delays no other.
 */
export function startOpenStack(sources: readonly CloudSource[], deps: OpenStackDeps, lifetime: Lifetime): OpenStack {
  const { recorders, clock, log, bodies, random = Math.random, spreadMs = SPREAD_MS } = deps;
  const { gaugesEveryMs: everyMs = GAUGES_EVERY_MS, tracing = noRoundTracing() } = deps;
  // Not the process's own signal: hundreds of loops would each listen to it.
  const controller = new AbortController();
  const clouds = sources.map((source) => {
    const recorder = recorders.get(source.cluster);
    // Whoever reads the configuration adds the cluster.
    if (recorder === undefined) throw new RangeError(`there is no cluster ${source.cluster}`);
    return new CloudSync(source, { recorder, clock, log: log.child({ cluster: source.cluster }), tracing, random });
  });
  const running = clouds.map(async (cloud, place) => {
    // All at once they would hold the event loop together, now and whenever they are due again.
    await waitUnlessOver(place * Math.min(spreadMs, LONGEST_SPREAD_MS / clouds.length), controller.signal);
    await cloud.run(controller.signal);
  });
  lifetime.defer("asking OpenStack", async () => {
    controller.abort();
    await Promise.all(running);
  });
  const receiver = routeHints(clouds);
  const notifications = new Map(
    sources.flatMap(({ cluster, notifications: source }) =>
      source === undefined ? [] : [[cluster, listenToNotifications(source, { receiver, log }, lifetime)] as const],
    ),
  );
  const writer = createPullWriter(bodies);
  const bandwidthOf = bandwidthOfHosts(sources, deps, lifetime);
  startGauges({ clouds, notifications, clock, writer, everyMs, tracing, bandwidthOf }, lifetime);
  const statusOf = (cloud: CloudSync): readonly PartStatus[] => {
    const heard = notifications.get(cloud.source.cluster);
    return [cloudStatus(cloud, clock.now()), ...(heard === undefined ? [] : [notificationsStatus(heard)])];
  };
  return { clouds, notifications, status: () => clouds.flatMap(statusOf) };
}

function bandwidthOfHosts(
  sources: readonly CloudSource[],
  { metrics, recorders, clock, log }: OpenStackDeps,
  lifetime: Lifetime,
): (cluster: string) => BandwidthOf {
  if (metrics === undefined) return () => () => undefined;
  const clusters = sources.map(({ cluster }) => cluster);
  const bandwidth = startBandwidth({ source: metrics, clusters, clock, log }, lifetime);
  return (cluster) => {
    const hosts = bandwidth.of(cluster);
    const names = recorders.get(cluster)?.hostNames;
    return (name) => {
      const host = names?.resolve(name) ?? name;
      const sum = hosts.get(host);
      return sum === undefined ? undefined : { ...sum, host };
    };
  };
}
