import { type Element, linkOf } from "../../core/element.ts";
import { type ElementId, elementIdOf, hostId, interfaceId, ovsBridgeId, ovsPortId } from "../../core/element-id.ts";
import { portMac, segmentationId, TENANT_MTU, tapMac } from "../cloud/addresses.ts";
import type { Cloud, Host, Vm } from "../cloud/cloud.ts";
import { flavorOf } from "../cloud/flavors.ts";
import { instanceName, networkUuid, portUuid, tapName, vmPort, vmUuid } from "../cloud/identity.ts";
import { uuidOf } from "../random.ts";
import { portNode } from "./bridge-elements.ts";
import { nodeOf } from "./builders.ts";
import { handedOut } from "./underlay-elements.ts";

export function domainId(cloud: Cloud, host: Host, vm: Vm): ElementId {
  return elementIdOf("host", host.name, "domain", vmUuid(cloud, vm.index));
}

export function tapId(cloud: Cloud, host: Host, vm: Vm): ElementId {
  return interfaceId(host.name, undefined, tapName(cloud, vmPort(vm.index)));
}

export function machinePortId(cloud: Cloud, host: Host, vm: Vm): ElementId {
  return ovsPortId(host.name, "br-int", tapName(cloud, vmPort(vm.index)));
}

/** Six elements for each machine with a domain here. */
export function machineElements(cloud: Cloud, host: Host): readonly Element[] {
  const elements: Element[] = [];
  for (const index of host.vms) {
    const vm = cloud.vms.get(index);
    if (vm !== undefined) elements.push(...elementsOf(cloud, host, vm));
  }
  return elements;
}

/** The elements of one machine; none when it has no domain here. */
export function elementsOfMachine(cloud: Cloud, host: Host, index: number): readonly Element[] {
  const vm = host.vms.has(index) ? cloud.vms.get(index) : undefined;
  return vm === undefined ? [] : elementsOf(cloud, host, vm);
}

function elementsOf(cloud: Cloud, host: Host, vm: Vm): readonly Element[] {
  const port = portOf(cloud, host, vm);
  const domain = domainNode(cloud, host, vm);
  const inBridge = linkOf("layer2", port.id, ovsBridgeId(host.name, "br-int"));
  if (vm.tapLost) return [domain, port, inBridge];
  const tap = tapNode(cloud, host, vm);
  return [domain, tap, linkOf("attached", tap.id, domain.id), port, inBridge, linkOf("layer2", port.id, tap.id)];
}

function domainNode(cloud: Cloud, host: Host, vm: Vm): Element {
  const flavor = flavorOf(vm.flavor);
  return nodeOf({
    id: domainId(cloud, host, vm),
    kind: "domain",
    name: instanceName(vm),
    host: host.name,
    parent: hostId(host.name),
    attributes: {
      uuid: vmUuid(cloud, vm.index),
      state: stateOf(host, vm),
      interfaces: [`tap:${tapName(cloud, vmPort(vm.index))}`],
      vcpus: flavor.vcpus,
      memory_mib: flavor.ramMib,
    },
  });
}

/** Where a machine is migrating to, its domain waits. */
function stateOf(host: Host, vm: Vm): string {
  return vm.target === host.index || vm.state === "building" ? "paused" : "running";
}

function tapNode(cloud: Cloud, host: Host, vm: Vm): Element {
  const number = vmPort(vm.index);
  return nodeOf({
    id: tapId(cloud, host, vm),
    kind: "tap",
    name: tapName(cloud, number),
    host: host.name,
    parent: hostId(host.name),
    attributes: {
      admin_up: true,
      operstate: "unknown",
      carrier: true,
      mtu: TENANT_MTU,
      mac: tapMac(number),
      ifindex: ifindexOf(host, number),
      "external_ids.attached-mac": portMac(number),
      "external_ids.iface-id": portUuid(cloud, number),
      "external_ids.vm-uuid": vmUuid(cloud, vm.index),
      tun_type: "tap",
      tun_persist: true,
      tun_multi_queue: flavorOf(vm.flavor).vcpus > 1,
    },
  });
}

function portOf(cloud: Cloud, host: Host, vm: Vm): Element {
  const number = vmPort(vm.index);
  const name = tapName(cloud, number);
  const device = vm.tapLost
    ? {
        error: `could not open network device ${name} (No such device)`,
        ofport: -1,
        link_state: undefined,
        admin_state: undefined,
        ifindex: 0,
      }
    : {
        ofport: handedOut(host, number, 60_000),
        mac_in_use: tapMac(number),
        mtu: TENANT_MTU,
        ifindex: ifindexOf(host, number),
      };
  return portNode(host, {
    bridge: "br-int",
    name,
    type: "system",
    tag: handedOut(host, vm.network, 4_000),
    ...device,
    "external_ids.attached-mac": portMac(number),
    "external_ids.iface-id": portUuid(cloud, number),
    "external_ids.iface-status": "active",
    "external_ids.vm-uuid": vmUuid(cloud, vm.index),
    "other_config.net_uuid": networkUuid(cloud, vm.network),
    "other_config.network_type": "vxlan",
    "other_config.segmentation_id": String(segmentationId(vm.network)),
    "other_config.security_groups": securityGroups(cloud, vm).join(","),
  });
}

function ifindexOf(host: Host, port: number): number {
  return handedOut(host, port + 7, 100_000) + 100;
}

/** The project's default group, and another one for every second revision. */
export function securityGroups(cloud: Cloud, vm: Vm): readonly string[] {
  const own = uuidOf(cloud.seed, "group", vm.network >> 1, 0);
  return vm.securityRevision % 2 === 0 ? [own] : [own, uuidOf(cloud.seed, "group", vm.index, vm.securityRevision)];
}
