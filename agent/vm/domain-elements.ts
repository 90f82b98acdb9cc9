import { type Attributes, type Element, linkOf, type Node } from "../../core/element.ts";
import { type ElementId, elementIdOf, hostId, interfaceId, ovsPortId, segmentsOf } from "../../core/element-id.ts";
import type { Contribution, HostView } from "../probe.ts";
import { attributesOf } from "../topology/attributes.ts";
import type { DomainConfig, DomainInterface } from "./domain.ts";
import type { PassedFunction } from "./passed-functions.ts";

/** A machine as the topology tells of it. */
export interface KnownDomain {
  readonly config: DomainConfig;
  /** As `stateWord` says it. */
  readonly state: string;
  readonly pausedReason: string | undefined;
  /** What its agent says of the inside; undefined: nothing. */
  readonly guest: GuestFacts | undefined;
  readonly functions: readonly PassedFunction[];
}

export interface GuestFacts {
  readonly os: string | undefined;
  readonly hostName: string | undefined;
  /** CIDRs, sorted. */
  readonly addresses: readonly string[];
}

export function domainId(host: string, uuid: string): ElementId {
  return elementIdOf("host", host, "domain", uuid);
}

/**
 * Machines, the links from the devices that they are attached to, and what their definitions say of these devices.
 * `told` is what was told last, where ports of a switch in user space are found.
 */
export function domainContribution(
  domains: readonly KnownDomain[],
  { host, kernel }: HostView,
  told: ReadonlyMap<ElementId, Element>,
): Contribution {
  const own = kernel?.readings.find(({ namespace }) => namespace.name === undefined)?.interfaces ?? [];
  const byName = new Map(own.map((it) => [it.name, interfaceId(host, undefined, it.name)]));
  const byAddress = new Map(own.map((it) => [it.parentDevice, interfaceId(host, undefined, it.name)]));
  const elements: Element[] = [];
  const attributes = new Map<ElementId, Attributes>();
  const portsOfSwitch = domains.some(hasVhostUser) ? switchPorts(host, told) : undefined;
  for (const domain of domains) {
    const node = domainNode(host, domain);
    elements.push(node);
    for (const it of domain.config.interfaces) {
      const device =
        it.backend === "vhost-user"
          ? portsOfSwitch?.get(it.target)
          : (byName.get(it.target) ?? (it.backend === "vf" ? byAddress.get(it.target) : undefined));
      if (device === undefined) {
        const passed = domain.functions.find(({ address }) => it.backend === "vf" && address === it.target);
        if (passed !== undefined) elements.push(...functionElements(host, passed, node.id, byName));
        continue;
      }
      elements.push(linkOf("attached", device, node.id));
      if (it.backend !== "vhost-user") attributes.set(device, deviceAttributes(domain.config, it));
    }
  }
  return { elements, attributes };
}

/** A function that only the machine has a driver for, and what it is a part of. */
function functionElements(
  host: string,
  { address, driver, physicalFunction }: PassedFunction,
  domain: ElementId,
  byName: ReadonlyMap<string, ElementId>,
): readonly Element[] {
  const id = elementIdOf("host", host, "vf", address);
  const attributes = attributesOf({ bus_address: address, driver });
  const node: Node = { id, kind: "vf", name: address, cluster: "", host, parent: hostId(host), attributes };
  const whole = physicalFunction === undefined ? undefined : byName.get(physicalFunction);
  return [node, linkOf("attached", id, domain), ...(whole === undefined ? [] : [linkOf("vf-of", id, whole)])];
}

function domainNode(host: string, { config, state, pausedReason, guest }: KnownDomain): Node {
  const { uuid, name, nova } = config;
  return {
    id: domainId(host, uuid),
    kind: "domain",
    name,
    cluster: "",
    host,
    parent: hostId(host),
    attributes: attributesOf({
      uuid,
      state,
      state_reason: pausedReason,
      interfaces: config.interfaces.map((it) => `${it.backend}:${it.target}`).toSorted(),
      vcpus: config.vcpus,
      memory_mib: config.memoryMib,
      vm_name: nova?.displayName,
      project_id: nova?.projectId,
      flavor: nova?.flavor,
      machine: config.machine,
      disks: config.disks.map((it) => [it.device, it.kind, it.source ?? []].flat().join(":")).toSorted(),
      host_devices: config.hostDevices,
      guest_os: guest?.os,
      guest_hostname: guest?.hostName,
      guest_addresses: guest?.addresses,
    }),
  };
}

/** As Neutron's agent writes them on the port of its switch, for whoever has no such switch. */
function deviceAttributes({ uuid }: DomainConfig, { mac, portId }: DomainInterface): Attributes {
  return attributesOf({
    "external_ids.attached-mac": mac,
    "external_ids.iface-id": portId,
    "external_ids.vm-uuid": uuid,
  });
}

function hasVhostUser({ config }: KnownDomain): boolean {
  return config.interfaces.some(({ backend }) => backend === "vhost-user");
}

function switchPorts(host: string, told: ReadonlyMap<ElementId, Element>): ReadonlyMap<string, ElementId> {
  const ports = new Map<string, ElementId>();
  for (const element of told.values()) {
    if (element.kind !== "ovs-port") continue;
    const [, , , bridge, , port] = segmentsOf(element.id);
    if (bridge !== undefined && port !== undefined) ports.set(port, ovsPortId(host, bridge, port));
  }
  return ports;
}
