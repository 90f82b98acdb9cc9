import type { EpochMs } from "../../core/clock.ts";
import type { ElementId } from "../../core/element-id.ts";

/**
 * What kind of thing is wrong. Causes are chosen by it: a dead host explains that something cannot be reached, never that a disk is full.
 *
 * - `host_down`, `agent_silent`: the verdict of a host's neighbours; `agent_silent` is every silence that is not a dead host
 * - `link_down`: an interface without its other end
 * - `unreachable`: loss, sessions and tunnels that are down, services of OpenStack that no longer answer
 * - `no_data`: samples that ought to come do not
 * - `machine_down`, `process_down`: a machine or a process that ran and is gone
 * - `switch_down`: Open vSwitch, its daemons or its datapath
 * - `table_full`, `memory_low`, `node_busy`: connection tracking, memory, forwarding at its limit
 * - `broker_down`: what OpenStack's services talk over
 * - `own`: everything else, which nothing explains
 */
export type Sign =
  | ("host_down" | "agent_silent" | "link_down" | "unreachable" | "no_data" | "machine_down" | "process_down")
  | ("switch_down" | "table_full" | "memory_low" | "node_busy" | "broker_down" | "own");

/** Something that is wrong in one cluster: an alert that fires, a finding that stands, a host that is silent. */
export interface Symptom {
  readonly id: string;
  readonly sign: Sign;
  /** What it is about: two of the same topic are one trouble, whatever their severity. */
  readonly topic: string;
  readonly startedAt: EpochMs;
  /** Undefined while it goes on. One that is over is still a cause of what it left behind. */
  readonly endedAt: EpochMs | undefined;
  /** What it is about and what that is part of, as it was when this began: the interface, its host, rack, zone, region. */
  readonly within: readonly ElementId[];
  /** What has to be well besides: the other end with all that is above it, the switches that its host is wired to. */
  readonly needs: readonly ElementId[];
}
