import type { Clock } from "../../core/clock.ts";
import type { Lifetime } from "../../core/lifetime.ts";
import { formatPoint } from "../../core/line-protocol.ts";
import type { SpanAttributes } from "../../core/span.ts";
import { recordingTurns } from "../../topology/recording-turns.ts";
import { Turns } from "../ingest/turns.ts";
import { paceOf } from "../pull/pace.ts";
import { type PullWriter, RoundLines } from "../pull/pull-writer.ts";
import { type RoundTracing, writeSpan } from "../pull/round-tracing.ts";
import { startRounds } from "../pull/rounds.ts";
import type { BandwidthOf } from "./bandwidth-capacity.ts";
import type { CloudSync } from "./cloud-sync.ts";
import { cloudPoints } from "./gauges.ts";
import type { Notifications } from "./notifications/listen.ts";

export interface GaugesOptions {
  readonly clouds: readonly CloudSync[];
  readonly notifications: ReadonlyMap<string, Notifications>;
  readonly clock: Clock;
  readonly writer: PullWriter;
  readonly everyMs: number;
  readonly tracing: RoundTracing;
  bandwidthOf(cluster: string): BandwidthOf;
}

/** One cloud's lines are made at a time, so that none is held up by all. */
const ONE_AT_A_TIME = { atOnce: 1, waiting: 1_000, waitMs: 60_000 };

/** Writes what is counted of each cloud, at its own place in the interval, the way of all other samples. */
export function startGauges(options: GaugesOptions, lifetime: Lifetime): void {
  const { clouds, clock, everyMs } = options;
  const turns = new Turns(ONE_AT_A_TIME);
  const rounds = clouds.map((cloud) =>
    startRounds({
      pace: paceOf(`openstack ${cloud.source.cluster}`, everyMs),
      clock,
      turns,
      run: () => writeFigures(cloud, options),
      onMissed: () => {},
    }),
  );
  lifetime.defer("figures of OpenStack", async () => {
    await Promise.all(rounds.map((each) => each.stop()));
  });
}

/** A write is a trace of its own that names those of the rounds it tells of: they are several, each at its own pace. */
async function writeFigures(cloud: CloudSync, options: GaugesOptions): Promise<void> {
  const { clock, writer, tracing, bandwidthOf } = options;
  const lines = new RoundLines();
  const { cluster } = cloud.source;
  const besides = { bandwidthOf: bandwidthOf(cluster), notifications: options.notifications.get(cluster) };
  for (const points of cloudPoints(cloud, clock.now(), besides)) {
    for (const line of await recordingTurns.map(points, formatPoint)) lines.add(line);
  }
  const rounds = cloud.regions.flatMap(({ services }) => services.flatMap(({ loop }) => loop.newestRound ?? []));
  const [startedAt, startMs] = [clock.now(), clock.monotonicMs()];
  if ((await writer.write(lines)) !== undefined) return;
  const about_trace_ids = rounds.flatMap(({ traceId, attributes }) => [traceId, ...failingSinceOf(attributes)]);
  const [durationMs, attributes] = [clock.monotonicMs() - startMs, { cluster, about_trace_ids }];
  const write = writeSpan(undefined, { startedAt, durationMs, lines: lines.count, attributes });
  tracing.newest.remember({ cluster }, [write, ...rounds]);
}

function failingSinceOf({ about_trace_ids }: SpanAttributes): readonly string[] {
  return Array.isArray(about_trace_ids) ? about_trace_ids : [];
}
