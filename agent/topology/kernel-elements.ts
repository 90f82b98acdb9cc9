import type { Element, Link, Node } from "../../core/element.ts";
import { type ElementId, hostId, interfaceId, linkId, netnsId } from "../../core/element-id.ts";
import { attributesOf } from "./attributes.ts";
import type { DeviceFacts } from "./device-facts.ts";
import { interfaceNode } from "./interface-node.ts";
import { kernelLinks } from "./kernel-links.ts";
import type { Namespace, NamespaceReading } from "./namespace.ts";
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
  for (const { namespace, interfaces } of readings) {
    const netns = namespace.name;
    if (netns !== undefined) elements.push(namespaceNode(host, netns, namespace));
    for (const it of interfaces) {
      elements.push(interfaceNode(host, netns, it, netns === undefined ? devices.get(it.name) : undefined));
    }
  }
  elements.push(...virtualFunctionLinks(host, devices), ...kernelLinks(host, readings, pairing));
  return elements;
}

function namespaceNode(host: string, netns: string, namespace: Namespace): Node {
  return {
    id: netnsId(host, netns),
    kind: "netns",
    name: netns,
    cluster: "",
    host,
    parent: hostId(host),
    attributes: attributesOf({ held_by: namespace.heldBy, netns_inode: namespace.inode, pid: namespace.pid }),
  };
}

function virtualFunctionLinks(host: string, devices: DeviceFactsByName): readonly Link[] {
  const links: Link[] = [];
  for (const [name, { physicalFunction }] of devices) {
    if (physicalFunction === undefined || !devices.has(physicalFunction)) continue;
    const [from, to] = [interfaceId(host, undefined, name), interfaceId(host, undefined, physicalFunction)];
    links.push({ id: linkId("vf-of", from, to), kind: "vf-of", from, to, attributes: {} });
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
