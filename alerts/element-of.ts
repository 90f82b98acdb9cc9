import { type ElementId, hostId, interfaceId } from "../core/element-id.ts";
import type { Labels } from "../core/series.ts";

/** Whether the topology has an element now; undefined while it cannot say (still loading, cluster never seen). */
export type ElementExists = (cluster: string | undefined, id: ElementId) => boolean | undefined;

/** The element an alert's labels point at: the interface where one is named and known, else the host. */
export function elementOf(labels: Labels, exists: ElementExists): ElementId | undefined {
  return candidatesOf(labels).find((id) => exists(labels.cluster, id) === true);
}

/** Whether the labels name an element of which the topology says that it is not there. */
export function namesNothing(labels: Labels, exists: ElementExists): boolean {
  const [closest] = candidatesOf(labels);
  return closest !== undefined && exists(labels.cluster, closest) === false;
}

/**
 * Whether the labels name an element that is not there on a host that the topology knows: of a host it has never heard
 * of, as one that only sends metrics, it cannot say what is gone.
 */
export function isGone(labels: Labels, exists: ElementExists): boolean {
  const host = candidatesOf(labels).at(-1);
  return namesNothing(labels, exists) && host !== undefined && exists(labels.cluster, host) === true;
}

function candidatesOf({ host, netns, interface: ifname }: Labels): readonly ElementId[] {
  if (host === undefined || host === "") return [];
  if (ifname === undefined || ifname === "") return [hostId(host)];
  return [interfaceId(host, netns === "" ? undefined : netns, ifname), hostId(host)];
}
