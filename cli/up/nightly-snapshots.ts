import { setTimeout as wait } from "node:timers/promises";
import { validate } from "node-cron";
import type { Clock, EpochMs } from "../../core/clock.ts";
import { messageOf, OperatorError } from "../../core/errors.ts";
import type { Lifetime } from "../../core/lifetime.ts";
import type { Log } from "../../core/log.ts";
import type { TopologyStore } from "../../store/topology-store.ts";
import type { Snapshot } from "../../topology/model/revision.ts";
import { cronSchedule, type Schedule } from "./cron-schedule.ts";

export interface NightlyPlan {
  /** Five or six cron fields in this machine's time zone, or `off`. */
  readonly cron: string;
  /** Nightly snapshots kept of each cluster; older ones go, those people made never. */
  readonly keep: number;
  /** They are called `<prefix>-2026-01-31-0300`. */
  readonly prefix: string;
}

export interface NightlyDeps {
  readonly clusters: readonly string[];
  readonly store: Pick<TopologyStore, "snapshots" | "addSnapshot" | "removeSnapshot" | "lastRevisionBy">;
  readonly clock: Clock;
  readonly log: Log;
  readonly schedule?: Schedule | undefined;
  readonly retryAfterMs?: number | undefined;
}

/** Who made them: nothing else is ever removed. */
export const NIGHTLY_AUTHOR = "nephoscope, nightly";
/** Always the newest nightly snapshot of its cluster: `nephoscope topology diff last-night now`. */
export const LAST_NIGHT = "last-night";
const ATTEMPTS = 10;
const RETRY_AFTER_MS = 60_000;

/** Takes a named snapshot of each cluster whenever the plan says so. Errors: `config.snapshot_cron`. */
export function startNightlySnapshots(plan: NightlyPlan, deps: NightlyDeps, lifetime: Lifetime): void {
  if (plan.cron === "off") return;
  if (!validate(plan.cron)) throw wrongCron(plan.cron);
  const stop = (deps.schedule ?? cronSchedule("nightly snapshots", deps.log))(plan.cron, async () => {
    for (const cluster of deps.clusters) await takeWithPatience(plan, cluster, deps, lifetime.signal);
  });
  lifetime.defer("nightly snapshots", async () => stop());
}

/** One snapshot of one cluster, `last-night` moved to it, and what is too old removed. Errors: those of the store. */
export async function takeNightly(plan: NightlyPlan, cluster: string, deps: NightlyDeps): Promise<void> {
  const { store, clock } = deps;
  const now = clock.now();
  const revision = await store.lastRevisionBy(cluster, now);
  if (revision === 0) return;
  const made = { cluster, at: now, revision, createdAt: now, createdBy: NIGHTLY_AUTHOR, note: "" };
  const before = await store.snapshots(cluster);
  const name = `${plan.prefix}-${minuteText(now)}`;
  // After an attempt that came half way, and in the hour that comes twice in autumn, it is there already.
  if (!before.some((snapshot) => snapshot.name === name)) await store.addSnapshot({ ...made, name });
  const alias = before.find((snapshot) => snapshot.name === LAST_NIGHT);
  if (alias === undefined || (alias.createdBy === NIGHTLY_AUTHOR && alias.note !== name)) {
    if (alias !== undefined) await store.removeSnapshot(cluster, LAST_NIGHT);
    await store.addSnapshot({ ...made, name: LAST_NIGHT, note: name });
  }
  for (const old of outdated(await store.snapshots(cluster), plan)) await store.removeSnapshot(cluster, old.name);
}

function outdated(snapshots: readonly Snapshot[], { keep, prefix }: NightlyPlan): readonly Snapshot[] {
  return snapshots
    .filter(({ name, createdBy }) => createdBy === NIGHTLY_AUTHOR && name.startsWith(`${prefix}-`))
    .toSorted((a, b) => b.at - a.at)
    .slice(keep);
}

/** A store that is busy or away for a while still gets its snapshot; after that the log says that there is none. */
async function takeWithPatience(
  plan: NightlyPlan,
  cluster: string,
  deps: NightlyDeps,
  signal: AbortSignal,
): Promise<void> {
  for (let attempt = 1; !signal.aborted; attempt++) {
    try {
      return await takeNightly(plan, cluster, deps);
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error;
      const fields = { cluster, attempt, code: error.code, error: messageOf(error) };
      if (attempt === ATTEMPTS) return deps.log.error(fields, "no nightly snapshot");
      deps.log.warn(fields, "nightly snapshot waits");
      await wait(deps.retryAfterMs ?? RETRY_AFTER_MS, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }
}

/** `2026-01-31-0300` in this machine's time zone. */
function minuteText(at: EpochMs): string {
  const date = new Date(at);
  const two = (value: number) => String(value).padStart(2, "0");
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day}-${two(date.getHours())}${two(date.getMinutes())}`;
}

function wrongCron(cron: string): OperatorError {
  return new OperatorError({
    code: "config.snapshot_cron",
    message: `topology.snapshots.cron: ${JSON.stringify(cron)} is no cron expression`,
    hint: 'write five fields, as "0 3 * * *" for three in the morning, or "off"',
  });
}
