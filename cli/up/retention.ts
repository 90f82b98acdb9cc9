import { type Clock, epochMsOf } from "../../core/clock.ts";
import { messageOf, OperatorError } from "../../core/errors.ts";
import type { Lifetime } from "../../core/lifetime.ts";
import type { Log } from "../../core/log.ts";
import type { EventStore } from "../../store/event-store.ts";
import type { TopologyStore } from "../../store/topology-store.ts";
import { cronSchedule, type Schedule } from "./cron-schedule.ts";

export interface RetentionDeps {
  readonly clusters: readonly string[];
  readonly store: Pick<TopologyStore, "retain">;
  readonly events: Pick<EventStore, "retain">;
  readonly clock: Clock;
  readonly log: Log;
  readonly schedule?: Schedule | undefined;
}

const DAY_MS = 86_400_000;
/** Hourly, at a minute nightly work does not begin. */
const HOURLY = "23 * * * *";

/** Forgets what is older than `days`, once an hour; snapshots stay. Without `days` everything is kept for ever. */
export function startRetention(days: number | undefined, deps: RetentionDeps, lifetime: Lifetime): void {
  if (days === undefined) return;
  const { schedule = cronSchedule("topology retention", deps.log) } = deps;
  const stop = schedule(HOURLY, async () => {
    const before = epochMsOf(deps.clock.now() - Math.round(days * DAY_MS));
    for (const cluster of deps.clusters) await retain(deps, cluster, before);
  });
  lifetime.defer("topology retention", async () => stop());
}

/** A store that does not take it now is asked again in an hour: the history is longer until then. */
async function retain(
  { store, events, log }: RetentionDeps,
  cluster: string,
  before: ReturnType<Clock["now"]>,
): Promise<void> {
  try {
    await store.retain(cluster, { before });
    await events.retain(cluster, before);
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    log.warn({ cluster, before, code: error.code, error: messageOf(error) }, "topology not forgotten yet");
  }
}
