import type { EpochMs } from "../../../core/clock.ts";
import type { Attributes } from "../../../core/element.ts";
import { interfaceId } from "../../../core/element-id.ts";
import { type HostEvent, MAX_EVENT_TEXT_CHARS } from "../../../core/host-event.ts";
import type { Point } from "../../../core/line-protocol.ts";
import { attributesOf } from "../../topology/attributes.ts";
import type { LldpNeighbour } from "./lldp-neighbours.ts";
import { type HeardOn, type NeighbourTable, nameOf } from "./neighbour-table.ts";

/** What an interface says of whom it hears; of several the first one, beside the list of all. */
export function lldpAttributes(neighbours: readonly LldpNeighbour[]): Attributes {
  const [first] = neighbours;
  if (first === undefined) return {};
  return attributesOf({
    lldp_neighbour: nameOf(first),
    lldp_neighbour_id: `${first.chassisId}/${first.portId}`,
    lldp_neighbour_addresses: first.managementAddresses,
    lldp_neighbour_description: first.systemDescription,
    lldp_neighbours: neighbours.length > 1 ? neighbours.map(nameOf).sort() : undefined,
  });
}

export function lldpPoints(table: NeighbourTable, nowMs: number, at: EpochMs): readonly Point[] {
  return Array.from(table, ([name, { neighbours, readAtMs }]) => {
    const youngest = Math.min(...neighbours.map(({ ageSeconds }) => ageSeconds));
    const age = Math.round((youngest + (nowMs - readAtMs) / 1_000) * 10) / 10;
    return {
      measurement: "lldp_interface",
      tags: { interface: name },
      fields: { neighbours: { int: neighbours.length }, age_s: neighbours.length === 0 ? undefined : age },
      at,
    };
  });
}

/** An interface that hears another one than before, or nobody any more. An interface that was never heard on tells nothing. */
export function lldpEvents(
  host: string,
  before: NeighbourTable,
  after: NeighbourTable,
  at: EpochMs,
): readonly HostEvent[] {
  const events: HostEvent[] = [];
  for (const [name, heard] of after) {
    const was = before.get(name);
    if (was === undefined) continue;
    const [old, now] = [firstOf(was), firstOf(heard)];
    if (old === now) continue;
    events.push({
      at,
      kind: "lldp-neighbour-changed",
      element: interfaceId(host, undefined, name),
      severity: "warning",
      text: `${name}: ${old ?? "nobody"} → ${now ?? "nobody"}`.slice(0, MAX_EVENT_TEXT_CHARS),
      attributes: attributesOf({ before: old, after: now }),
    });
  }
  return events;
}

function firstOf({ neighbours: [first] }: HeardOn): string | undefined {
  return first === undefined ? undefined : nameOf(first);
}
