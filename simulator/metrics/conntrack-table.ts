import type { Cloud, Host } from "../cloud/cloud.ts";
import { CONNTRACK_MAX } from "../elements/underlay-elements.ts";
import { noise, textHash } from "../random.ts";
import { type Moment, rhythm } from "./rhythm.ts";

const CONNECTIONS = textHash("connections");
/** Of the host itself. */
export const HOST_CONNECTIONS = 500;
const PER_VM = 600;
const PER_NETWORK_NODE = 40_000;
/** How long connections take to pile up. */
const RISE_MS = 120_000;
const DROPS_PER_SECOND = 900;

export interface ConntrackFigures {
  readonly count: number;
  readonly dropped: number;
}

/** How full the table is, and how many packets it has cost that it was full. */
export function conntrackFigures(cloud: Cloud, host: Host, { atMs, intervalMs }: Moment): ConntrackFigures {
  const unsteady = 0.9 + 0.2 * noise(cloud.seed, CONNECTIONS, host.index, Math.floor(atMs / intervalMs));
  const now = usualConnections(host, host.vms.size) * rhythm(cloud, atMs) * unsteady;
  let count = now;
  let dropped = 0;
  for (const { load, factor, sinceMs, untilMs = Number.POSITIVE_INFINITY } of host.condition.surges) {
    if (load !== "connections" || sinceMs > atMs) continue;
    // By what it was then: drops are counted once and for all.
    const then = usualConnections(host, cloud.size.vmsPerHost) * rhythm(cloud, sinceMs);
    const fullMs = sinceMs + RISE_MS * Math.max(0, (CONNTRACK_MAX / then - 1) / (factor - 1));
    if (fullMs < sinceMs + RISE_MS)
      dropped += (Math.max(0, Math.min(atMs, untilMs) - fullMs) / 1_000) * DROPS_PER_SECOND;
    if (atMs < untilMs) count = now * (1 + (factor - 1) * Math.min(1, (atMs - sinceMs) / RISE_MS));
  }
  return { count: Math.min(CONNTRACK_MAX, Math.round(count)), dropped: Math.round(dropped) };
}

function usualConnections(host: Host, vms: number): number {
  return host.role === "network" ? PER_NETWORK_NODE : HOST_CONNECTIONS + PER_VM * vms;
}
