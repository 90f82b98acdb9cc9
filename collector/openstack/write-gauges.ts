import type { Clock } from "../../core/clock.ts";
import type { Lifetime } from "../../core/lifetime.ts";
import { formatPoint } from "../../core/line-protocol.ts";
import { Turns } from "../ingest/turns.ts";
import { paceOf } from "../pull/pace.ts";
import { type PullWriter, RoundLines } from "../pull/pull-writer.ts";
import { startRounds } from "../pull/rounds.ts";
import type { CloudSync } from "./cloud-sync.ts";
import { cloudPoints } from "./gauges.ts";
import type { Notifications } from "./notifications/listen.ts";

export interface GaugesOptions {
  readonly clouds: readonly CloudSync[];
  readonly notifications: ReadonlyMap<string, Notifications>;
  readonly clock: Clock;
  readonly writer: PullWriter;
  readonly everyMs: number;
}

/** One cloud's lines are made at a time, so that none is held up by all. */
const ONE_AT_A_TIME = { atOnce: 1, waiting: 1_000, waitMs: 60_000 };

/** Writes what is counted of each cloud, at its own place in the interval, the way of all other samples. */
export function startGauges(
  { clouds, notifications, clock, writer, everyMs }: GaugesOptions,
  lifetime: Lifetime,
): void {
  const turns = new Turns(ONE_AT_A_TIME);
  const rounds = clouds.map((cloud) =>
    startRounds({
      pace: paceOf(`openstack ${cloud.source.cluster}`, everyMs),
      clock,
      turns,
      run: async () => {
        const lines = new RoundLines();
        for (const point of cloudPoints(cloud, clock.now(), notifications.get(cloud.source.cluster))) {
          const line = formatPoint(point);
          if (line !== undefined) lines.add(line);
        }
        await writer.write(lines);
      },
      onMissed: () => {},
    }),
  );
  lifetime.defer("figures of OpenStack", async () => {
    await Promise.all(rounds.map((each) => each.stop()));
  });
}
