import {
  type Attributes,
  type AttributeValue,
  type Element,
  type Link,
  linkOf,
  type Node,
} from "../../core/element.ts";
import { type ElementId, hostId, interfaceId, netnsId } from "../../core/element-id.ts";
import { attributesOf } from "./attributes.ts";
import type { DeviceFacts } from "./device-facts.ts";
import { interfaceNode } from "./interface-node.ts";
import { kernelLinks } from "./kernel-links.ts";
import type { NamespaceReading } from "./namespace.ts";
import type { Entries } from "./routing-text.ts";
import type { VethPairing } from "./veth-pairs.ts";

/** Hardware facts of interfaces of the host's own namespace, by name. */
type DeviceFactsByName = ReadonlyMap<string, DeviceFacts>;

/** One reading of this host's network. */
export interface KernelSnapshot {
  readonly readings: readonly NamespaceReading[];
  readonly devices: DeviceFactsByName;
  readonly pairing: VethPairing;
}

/** All that the kernel says of this host's network: namespaces, interfaces and the links between them. */
export function kernelElements(host: string, { readings, devices, pairing }: KernelSnapshot): readonly Element[] {
  const elements: Element[] = [];
  for (const reading of readings) {
    const netns = reading.namespace.name;
    if (netns !== undefined) elements.push(namespaceNode(host, netns, reading));
    for (const it of reading.interfaces) {
      const node = interfaceNode(host, netns, it, netns === undefined ? devices.get(it.name) : undefined);
      elements.push({ ...node, attributes: { ...node.attributes, ...deviceDetails(reading, it.name) } });
    }
  }
  elements.push(...virtualFunctionLinks(host, devices), ...kernelLinks(host, readings, pairing));
  return elements;
}

/** What is known of the host's own namespace as a whole, for the node of the host. */
export function ownNamespaceAttributes({ readings }: KernelSnapshot): Attributes {
  const own = readings.find(({ namespace }) => namespace.name === undefined);
  return own === undefined ? {} : attributesOf(namespaceDetails(own));
}

function namespaceNode(host: string, netns: string, reading: NamespaceReading): Node {
  const { namespace } = reading;
  return {
    id: netnsId(host, netns),
    kind: "netns",
    name: netns,
    cluster: "",
    host,
    parent: hostId(host),
    attributes: attributesOf({
      held_by: namespace.heldBy,
      netns_inode: namespace.inode,
      pid: namespace.pid,
      ...namespaceDetails(reading),
    }),
  };
}

type Details = { readonly [name: string]: AttributeValue | undefined };

/** Routes that lead nowhere, and the size of tables too large to be told one by one. */
function namespaceDetails({ details }: NamespaceReading): Details {
  if (details === undefined) return {};
  const { routes, neighbors } = details.routing;
  return {
    routes: leadingTo(routes, undefined),
    ...(routes.kind === "counted" ? { route_count: routes.count, route_digest: routes.digest } : {}),
    ...(neighbors.kind === "counted" ? { neighbor_count: neighbors.count, neighbor_digest: neighbors.digest } : {}),
  };
}

function deviceDetails({ details }: NamespaceReading, device: string): Attributes {
  if (details === undefined) return {};
  const { routing, features } = details;
  return attributesOf({
    routes: leadingTo(routing.routes, device),
    neighbors: leadingTo(routing.neighbors, device),
    features: features.get(device),
  });
}

function leadingTo(entries: Entries, device: string | undefined): readonly string[] | undefined {
  return entries.kind === "listed" ? entries.byDevice.get(device) : undefined;
}

function virtualFunctionLinks(host: string, devices: DeviceFactsByName): readonly Link[] {
  const links: Link[] = [];
  for (const [name, { physicalFunction }] of devices) {
    if (physicalFunction === undefined || !devices.has(physicalFunction)) continue;
    const [from, to] = [interfaceId(host, undefined, name), interfaceId(host, undefined, physicalFunction)];
    links.push(linkOf("vf-of", from, to));
  }
  return links;
}

/**
 * New id → old id of interfaces that kept their ifindex and kind but not their name. An id that stays in use, because
 * two interfaces swapped names, is no rename.
 */
export function renamedInterfaces(
  host: string,
  before: readonly NamespaceReading[],
  after: readonly NamespaceReading[],
): ReadonlyMap<ElementId, ElementId> {
  const renamed = new Map<ElementId, ElementId>();
  const beforeByInode = new Map(before.map((reading) => [reading.namespace.inode, reading]));
  for (const { namespace, interfaces } of after) {
    const was = beforeByInode.get(namespace.inode);
    if (was === undefined || was.interfaces === interfaces) continue;
    const oldByIfindex = new Map(was.interfaces.map((it) => [it.ifindex, it]));
    const oldNames = new Set(was.interfaces.map((it) => it.name));
    const newNames = new Set(interfaces.map((it) => it.name));
    for (const it of interfaces) {
      const old = oldByIfindex.get(it.ifindex);
      if (old === undefined || old.name === it.name || old.infoKind !== it.infoKind) continue;
      if (oldNames.has(it.name) || newNames.has(old.name)) continue;
      renamed.set(interfaceId(host, namespace.name, it.name), interfaceId(host, was.namespace.name, old.name));
    }
  }
  return renamed;
}
