import type { EpochMs } from "../../../core/clock.ts";
import { type Attributes, type Element, linkOf, type Node } from "../../../core/element.ts";
import { type ElementId, elementIdOf, hostId, interfaceId } from "../../../core/element-id.ts";
import { intField, type Point } from "../../../core/line-protocol.ts";
import type { Contribution } from "../../probe.ts";
import { attributesOf } from "../../topology/attributes.ts";
import type { VfDevice, VfInfo } from "./virtual-function.ts";

/** One physical function with virtual ones. */
export interface PhysicalFunction {
  readonly name: string;
  readonly configured: number;
  readonly possible: number | undefined;
  readonly devices: ReadonlyMap<number, VfDevice>;
  readonly infos: readonly VfInfo[];
}

/**
 * A virtual function whose interface is on the host has its attributes there. One that a machine was given has none: it
 * is a node of its own, `host/<host>/vf/<bus address>`, so that the machine's card leads somewhere.
 */
export function vfContribution(host: string, functions: readonly PhysicalFunction[]): Contribution {
  const elements: Element[] = [];
  const attributes = new Map<ElementId, Attributes>();
  for (const { name, configured, possible, devices, infos } of functions) {
    const parent = interfaceId(host, undefined, name);
    attributes.set(parent, attributesOf({ sriov_vfs: configured, sriov_vfs_possible: possible }));
    for (const [index, device] of devices) {
      const info = infos.find((it) => it.index === index);
      const said = vfAttributes(name, index, info);
      if (device.interface === undefined) {
        const node = vfNode(host, device, said);
        elements.push(node, linkOf("vf-of", node.id, parent));
      } else attributes.set(interfaceId(host, undefined, device.interface), said);
    }
  }
  return { elements, attributes };
}

function vfNode(host: string, { busAddress, driver }: VfDevice, said: Attributes): Node {
  return {
    id: elementIdOf("host", host, "vf", busAddress),
    kind: "vf",
    name: busAddress,
    cluster: "",
    host,
    parent: hostId(host),
    attributes: { ...said, ...attributesOf({ bus_address: busAddress, driver, mac: textOf(said.vf_mac) }) },
  };
}

/** What the physical function was told about it; a machine that has it cannot change that. */
function vfAttributes(physicalFunction: string, index: number, info: VfInfo | undefined): Attributes {
  return attributesOf({
    physical_function: physicalFunction,
    vf_index: index,
    vf_mac: info?.mac,
    vf_vlan: info?.vlan,
    vf_qos: info?.qos,
    vf_trusted: info?.isTrusted,
    vf_spoof_check: info?.isSpoofChecked,
    vf_link_state: info?.linkState,
    vf_max_tx_mbps: info?.maxTxMbps,
  });
}

function textOf(value: Attributes[string] | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** Of those virtual functions that their card counts. */
export function vfPoints(functions: readonly PhysicalFunction[], at: EpochMs): readonly Point[] {
  return functions.flatMap(({ name, infos }) =>
    infos.flatMap(({ index, rx, tx }) => {
      if (rx === undefined && tx === undefined) return [];
      const fields = {
        rx_bytes: intField(rx?.bytes),
        tx_bytes: intField(tx?.bytes),
        rx_packets: intField(rx?.packets),
        tx_packets: intField(tx?.packets),
        rx_dropped: intField(rx?.dropped),
        tx_dropped: intField(tx?.dropped),
      };
      return { measurement: "vf", tags: { interface: name, vf: String(index) }, fields, at };
    }),
  );
}
