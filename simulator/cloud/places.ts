import type { Node } from "../../core/element.ts";
import { type ElementId, elementIdOf } from "../../core/element-id.ts";
import type { Cloud, Host, Place } from "./cloud.ts";

/** Racks have two switches; network card `n` of each host is connected to switch `n`. */
export const TORS_PER_RACK = 2;

export function regionId({ region }: Place): ElementId {
  return elementIdOf("region", region);
}

export function zoneId({ region, zone }: Place): ElementId {
  return elementIdOf("region", region, "zone", zone);
}

export function rackId({ region, zone, rack }: Place): ElementId {
  return elementIdOf("region", region, "zone", zone, "rack", rack);
}

export function torName({ rack }: Place, tor: number): string {
  return `tor-${rack}-${tor === 0 ? "a" : "b"}`;
}

export function torId(place: Place, tor: number): ElementId {
  return elementIdOf("switch", torName(place, tor));
}

/** The hosts of each rack, in the order of the racks. */
export function hostsByRack(cloud: Cloud): ReadonlyMap<ElementId, readonly Host[]> {
  const racks = new Map<ElementId, Host[]>();
  for (const host of cloud.hosts) {
    const id = rackId(host.place);
    const known = racks.get(id);
    if (known === undefined) racks.set(id, [host]);
    else known.push(host);
  }
  return racks;
}

/** Regions, zones, racks and their switches: what no agent says, and people declare. */
export function placeElements(cloud: Cloud): readonly Node[] {
  const nodes = new Map<ElementId, Node>();
  for (const [rack, [first]] of hostsByRack(cloud)) {
    if (first === undefined) continue;
    const { place } = first;
    const cluster = cloud.clusters[first.cluster]?.name ?? "";
    const put = (id: ElementId, kind: Node["kind"], name: string, parent: ElementId | undefined) =>
      nodes.set(id, { id, kind, name, cluster, parent, attributes: {} });
    put(regionId(place), "region", place.region, undefined);
    put(zoneId(place), "zone", place.zone, regionId(place));
    put(rack, "rack", place.rack, zoneId(place));
    for (let tor = 0; tor < TORS_PER_RACK; tor++) put(torId(place, tor), "switch", torName(place, tor), rack);
  }
  return [...nodes.values()];
}
