import type { EmbeddedMetricsStats } from "../store/embedded/metrics/head-stats.ts";
import { type CountByScope, totalOf } from "../store/embedded/metrics/refused.ts";
import { LIMIT_SETTINGS, SCOPE_KINDS, scopeText } from "../store/embedded/metrics/series-limits.ts";
import { NONE_OUTSIDE, type OutsideTime } from "./ingest/taken-times.ts";
import type { FeedStatus } from "./spool/feed.ts";
import type { SpoolStats } from "./spool/spool.ts";

/** How well a part is, as the status page shows it. */
export interface PartStatus {
  readonly name: string;
  readonly state: "ok" | "degraded" | "down" | "off";
  /** One line for people. */
  readonly detail: string;
  readonly hint?: string;
}

const NEARLY_FULL = 0.8;

export function spoolStatus(stats: SpoolStats): PartStatus {
  const name = "spool";
  const used = `${sizeText(stats.bytes)} of ${sizeText(stats.maxBytes)}`;
  if (stats.failing !== undefined) {
    return { name, state: "down", detail: stats.failing.message, hint: stats.failing.hint };
  }
  // What is consumed and only kept gives way when room is needed.
  if (stats.backlogBytes > stats.maxBytes * NEARLY_FULL) {
    const waiting = `${sizeText(stats.backlogBytes)} of ${sizeText(stats.maxBytes)}`;
    const hint = "a store it feeds is behind; when the spool is full, senders are told to come back later";
    return { name, state: "degraded", detail: `nearly full: ${waiting} wait for a store`, hint };
  }
  if (stats.damagedSegments > 0) {
    const hint = "look at the disk; then delete the files named *.damaged-* from the spool's folder";
    return { name, state: "degraded", detail: `${stats.damagedSegments} damaged segments were set aside`, hint };
  }
  return { name, state: "ok", detail: used };
}

/** `refusedLines`: of new series, refused before they came to the head; `outsideTime`: those whose time it does not keep. */
export function headStatus(
  feed: FeedStatus,
  stats: EmbeddedMetricsStats,
  refusedLines: CountByScope,
  outsideTime: OutsideTime = NONE_OUTSIDE,
): PartStatus {
  const name = "metrics head";
  if (feed.lastError !== undefined) return troubled(name, feed);
  const detail = `${heldText(stats)}, ${sizeText(feed.backlogBytes)} behind`;
  if (stats.sealed.failure !== undefined) {
    const { reason, hint } = stats.sealed.failure;
    return { name, state: "degraded", detail: `hours cannot be sealed: ${reason}; ${detail}`, hint };
  }
  const tooMany = tooManySeries(stats, refusedLines);
  if (tooMany !== undefined)
    return { name, state: "degraded", detail: `${detail}; ${tooMany.detail}`, hint: tooMany.hint };
  const times = [
    [outsideTime.tooOld, "lines older than the retention"],
    [outsideTime.tooNew, "lines from the future"],
    [stats.refused.tooNew, "samples from the future"],
  ] as const;
  const refused = times.flatMap(([count, what]) => (count === 0 ? [] : `${count} ${what} refused`));
  if (refused.length > 0) {
    const hint = "a sender's clock is wrong, or it writes times in another unit than it says (precision)";
    return { name, state: "degraded", detail: [detail, ...refused].join("; "), hint };
  }
  return { name, state: "ok", detail };
}

/** `names`: what was set aside of a damaged head, or of files that are not its own, and still lies in the data folder. */
export function withSetAside(status: PartStatus, names: readonly string[]): PartStatus {
  if (names.length === 0) return status;
  const detail = `${status.detail}; set aside: ${names.join(", ")}`;
  if (status.state !== "ok") return { ...status, detail };
  const hint = "the log says why. Look at the disk; when nobody needs them any more, delete them from the data folder";
  return { ...status, state: "degraded", detail, hint };
}

function heldText({ series, hours, sealed: { tiers } }: EmbeddedMetricsStats): string {
  const sizes = [
    [tiers.raw.bytes, "sealed"],
    [tiers["1m"].bytes, "by the minute"],
    [tiers["1h"].bytes, "by the hour"],
  ] as const;
  const held = sizes.flatMap(([bytes, what]) => (bytes === 0 ? [] : `${sizeText(bytes)} ${what}`));
  return [`${series} series`, `${hours} ${hours === 1 ? "hour" : "hours"}`, ...held].join(", ");
}

function tooManySeries({ refused, largest }: EmbeddedMetricsStats, lines: CountByScope) {
  const samples = refused.tooManySeries;
  const settings = SCOPE_KINDS.filter((kind) => lines[kind] + samples[kind] > 0).map((kind) => LIMIT_SETTINGS[kind]);
  if (settings.length === 0) return undefined;
  const most = [...largest.hosts, ...largest.measurements].map((scope) => `${scopeText(scope)} ${scope.series}`);
  return {
    detail: `${totalOf(lines)} lines and ${totalOf(samples)} samples of new series refused; most series: ${most.join(", ")}`,
    hint: `find the tag with too many values, or raise ${settings.map((setting) => `metrics.${setting}`).join(", ")}`,
  };
}

export function storeStatus(
  name: string,
  feed: FeedStatus | undefined,
  writer: { readonly name: string; rejectedLines(): number } | undefined,
): PartStatus {
  if (feed === undefined || writer === undefined) return { name, state: "off", detail: "not configured" };
  if (feed.lastError !== undefined) return troubled(name, feed);
  const detail = `${writer.name}, ${sizeText(feed.backlogBytes)} behind`;
  const rejected = writer.rejectedLines();
  if (rejected === 0) return { name, state: "ok", detail };
  const hint = `they are in quarantine/${name}-rejected.lp of the data folder, each with the reason it was given`;
  return { name, state: "degraded", detail: `${detail}; ${rejected} lines refused`, hint };
}

function troubled(name: string, { state, lastError, backlogBytes }: FeedStatus): PartStatus {
  const detail = `${lastError?.reason ?? ""} (${sizeText(backlogBytes)} wait in the spool)`;
  return { name, state, detail, ...(lastError === undefined ? {} : { hint: lastError.hint }) };
}

function sizeText(bytes: number): string {
  if (bytes < 1e5) return `${(bytes / 1e3).toFixed(1)} kB`;
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}
