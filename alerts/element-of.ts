import { type ElementId, elementIdOf, hostId, interfaceId, ovsPortId } from "../core/element-id.ts";
import type { Labels } from "../core/series.ts";

/** Whether the topology has an element now; undefined while it cannot say (still loading, cluster never seen). */
export type ElementExists = (cluster: string | undefined, id: ElementId) => boolean | undefined;

/**
 * The element an alert's labels point at: the machine, port or interface where one is named and known, else the host; or a subnet. Of what
 * was scraped and names none of these, the host that the target is called by.
 */
export function elementOf(labels: Labels, exists: ElementExists): ElementId | undefined {
  const named = candidatesOf(labels);
  return (named.length > 0 ? named : scrapedFrom(labels)).find((id) => exists(labels.cluster, id) === true);
}

/** By RabbitMQ's name of a node (`rabbit@ctl-1`), and by the target's (`ctl-1:9104`); each without its domain, too. */
function scrapedFrom({ node, instance }: Labels): readonly ElementId[] {
  const names = [node?.split("@")[1], instance?.replace(/:[0-9]+$/, "")].filter(isNamed);
  return names
    .flatMap((name) => [name, name.split(".")[0]])
    .filter(isNamed)
    .map(hostId);
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

/** The closest first. */
function candidatesOf(labels: Labels): readonly ElementId[] {
  const { host, netns, interface: ifname, vm_id: vm, bridge, port, subnet_id: subnet } = labels;
  if (!isNamed(host)) return isNamed(subnet) ? [elementIdOf("neutron", "subnet", subnet)] : [];
  const closest: ElementId[] = [];
  if (isNamed(vm)) closest.push(elementIdOf("host", host, "domain", vm));
  else if (isNamed(bridge) && isNamed(port)) closest.push(ovsPortId(host, bridge, port));
  else if (isNamed(ifname)) closest.push(interfaceId(host, isNamed(netns) ? netns : undefined, ifname));
  return [...closest, hostId(host)];
}

const isNamed = (label: string | undefined): label is string => label !== undefined && label !== "";
