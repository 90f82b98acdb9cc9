import type { Attributes, Element } from "../../core/element.ts";
import { type ElementId, elementIdOf, ownerHostOf } from "../../core/element-id.ts";
import type { GraphView } from "../live-graph.ts";
import type { Change } from "../model/change.ts";
import { hostOfAgent } from "./finding.ts";

/** How much longer what happens on a host may take to settle, from the upheaval on. */
export const BOOT_MS = 10 * 60_000;
export const OVS_RESTART_MS = 5 * 60_000;
/** A machine that migrates is asked again this often whether it still does. */
export const MIGRATION_RECHECK_MS = 30_000;

/** A step of the clock moves the time of boot by a little; only a boot moves it by more. */
const BOOT_STEP_MS = 60_000;

/** Which hosts are in the middle of a boot or a restart of Open vSwitch. Times are monotonic. */
export class Upheavals {
  readonly #untilMs = new Map<string, number>();

  /** From a change of a node `host/<host>` or `agent/<host>`. */
  notice(change: Change, nowMs: number): void {
    if (change.kind !== "update" || (change.subject.kind !== "host" && change.subject.kind !== "agent")) return;
    const host = ownerHostOf(change.id) ?? hostOfAgent(change.id);
    const lastsMs = lastsMsOf(change.before, change.after);
    if (host !== undefined && lastsMs > 0) this.#extend(host, nowMs + lastsMs);
  }

  untilMs(host: string): number {
    return this.#untilMs.get(host) ?? 0;
  }

  /** Forgets what is over; cheap enough to be called now and then. */
  forgetBefore(nowMs: number): void {
    for (const [host, untilMs] of this.#untilMs) if (untilMs < nowMs) this.#untilMs.delete(host);
  }

  #extend(host: string, untilMs: number): void {
    this.#untilMs.set(host, Math.max(untilMs, this.untilMs(host)));
  }
}

/** What an agent tells for the first time, or of which only the new value is known, is no upheaval. */
function lastsMsOf(before: Attributes, after: Attributes): number {
  const [was, is] = [before.booted_at, after.booted_at];
  const hasMovedBoot = typeof was === "number" && typeof is === "number" && is - was > BOOT_STEP_MS;
  if (hasMovedBoot || hasChanged("boot_id", before, after)) return BOOT_MS;
  return hasChanged("ovs_started_at", before, after) ? OVS_RESTART_MS : 0;
}

function hasChanged(name: string, before: Attributes, after: Attributes): boolean {
  return before[name] !== undefined && after[name] !== undefined && before[name] !== after[name];
}

/** Whether one of these elements is, or belongs to, a machine that is moving between two hosts. */
export function isMigrating(graph: GraphView, elements: readonly ElementId[]): boolean {
  return elements.some((id) => {
    const element = graph.get(id);
    if (element === undefined) return false;
    return isOnTheMove(element) || machinesOf(graph, element).some(isOnTheMove);
  });
}

function isOnTheMove({ kind, attributes }: Element): boolean {
  if (kind === "domain") return attributes.state === "migrating";
  return kind === "vm" && (attributes.status === "MIGRATING" || attributes.status === "VERIFY_RESIZE");
}

/** The machine of a Neutron port or of an interface that names its machine. */
function machinesOf(graph: GraphView, { kind, attributes }: Element): readonly Element[] {
  const uuid = kind === "port" ? attributes.device_id : (attributes["external_ids.vm-uuid"] ?? attributes.uuid);
  if (typeof uuid !== "string" || uuid === "" || !uuid.isWellFormed()) return [];
  return [graph.get(elementIdOf("vm", uuid)) ?? []].flat();
}
