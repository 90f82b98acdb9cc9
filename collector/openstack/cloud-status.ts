import type { EpochMs } from "../../core/clock.ts";
import type { PartStatus } from "../metrics-status.ts";
import type { CloudSync } from "./cloud-sync.ts";
import { isNeeded, type ServiceHealth } from "./health.ts";
import type { Notifications } from "./notifications/listen.ts";

/** How one cloud is, in a line: the worst first, what is stale with the time since when. */
export function cloudStatus(
  { source, regions, problem }: Pick<CloudSync, "source" | "regions" | "problem">,
  now: EpochMs,
): PartStatus {
  const name = `OpenStack ${source.cluster}`;
  if (problem !== undefined) return { name, state: "down", detail: problem.reason, hint: problem.hint };
  const healths = regions.flatMap(({ services }) => services.map(({ loop }) => loop.health));
  const needed = healths.filter(({ service }) => isNeeded(service));
  const failing = healths.filter(({ state }) => state === "failing");
  const objects = healths.reduce((sum, health) => sum + health.objects, 0);
  const [worst] = failing.toSorted((a, b) => Number(isNeeded(b.service)) - Number(isNeeded(a.service)));
  if (worst?.problem !== undefined) {
    const areAllDown = needed.every(({ state }) => state === "failing");
    const others = failing.length > 1 ? `; ${failing.length - 1} more services fail` : "";
    const detail = `${labelOf(worst, regions.length)}: ${worst.problem.reason}; ${staleText(worst, now)}${others}`;
    return { name, state: areAllDown ? "down" : "degraded", detail, hint: worst.problem.hint };
  }
  const absent = needed.find(({ state }) => state === "absent");
  if (absent !== undefined) {
    const detail = `region ${absent.region} has no ${absent.service} by the interface ${source.interface}`;
    return { name, state: "degraded", detail, hint: "correct regions and interface of the cluster" };
  }
  const starting = healths.filter(({ state }) => state === "starting").length;
  if (starting > 0) return { name, state: "ok", detail: `reading for the first time: ${starting} services to come` };
  const missing = healths.flatMap((health) => health.missing);
  const [first] = missing;
  const all = `${objects} objects, all read ${agoText(oldestFull(healths), now)}`;
  if (first === undefined) return { name, state: "ok", detail: all };
  const untold = missing.map(({ what }) => what).join(", ");
  return { name, state: "degraded", detail: `${all}; not told: ${untold} (${first.reason})`, hint: first.hint };
}

/** Whether changes of a cloud are heard of at once; when not, they are seen by asking, which goes on whatever happens to the broker. */
export function notificationsStatus(notifications: Pick<Notifications, "status" | "counts">): PartStatus {
  const { cluster, isListening, exchanges, problem } = notifications.status();
  const { received, hints, refused } = notifications.counts();
  const name = `OpenStack ${cluster} notifications`;
  if (problem !== undefined) {
    const detail = `${problem.reason}; changes are seen by asking alone`;
    return { name, state: "degraded", detail, hint: problem.hint };
  }
  if (!isListening) return { name, state: "ok", detail: "connecting to the broker" };
  const unread = refused === 0 ? "" : `, ${refused} that cannot be read`;
  return {
    name,
    state: "ok",
    detail: `listening at ${exchanges.join(", ")}: ${received} notifications, ${hints} hints${unread}`,
  };
}

function labelOf({ service, region }: ServiceHealth, regions: number): string {
  return regions > 1 ? `${service} of ${region}` : service;
}

function staleText({ trueAt }: ServiceHealth, now: EpochMs): string {
  return trueAt === undefined ? "nothing is known of it yet" : `what is known is ${agoText(trueAt, now)} and stays`;
}

function oldestFull(healths: readonly ServiceHealth[]): EpochMs | undefined {
  const times = healths.flatMap(({ state, fullAt }) => (state === "ok" && fullAt !== undefined ? [fullAt] : []));
  return times.toSorted((a, b) => a - b)[0];
}

function agoText(at: EpochMs | undefined, now: EpochMs): string {
  if (at === undefined) return "never";
  const seconds = Math.max(0, Math.round((now - at) / 1_000));
  return seconds < 120 ? `${seconds} s ago` : `${Math.round(seconds / 60)} min ago`;
}
