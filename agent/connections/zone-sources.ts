import type { Element, Node } from "../../core/element.ts";
import { isLink } from "../../core/element.ts";
import type { LineRunner } from "../topology/line-command.ts";
import { addressesOfFlows } from "./firewall-flows.ts";
import { zonesOfDevices } from "./raw-table.ts";
import type { SwitchCall } from "./switch-call.ts";
import type { Zones } from "./zone.ts";
import { zonesOfHost } from "./zones-of-host.ts";

/** From here on Neutron's firewall by iptables gives zones: ZONE_START of neutron/agent/linux/ip_conntrack.py. */
const FIRST_DEVICE_ZONE = 4097;

/** Reads whose each zone is, before a walk. */
export interface ZoneSources {
  zones(elements: readonly Element[]): Promise<Zones>;
  /** The last walk met a zone that nobody knew. */
  noticeUnknownZone(zone: number | undefined): void;
}

export function createZoneSources({ call, run }: { readonly call: SwitchCall; readonly run: LineRunner }): ZoneSources {
  // Once there were such zones the table is read before each walk, for as long as it names any.
  let hasDeviceZones = false;

  async function zoneOfDevice(): Promise<ReadonlyMap<string, number>> {
    if (!hasDeviceZones) return new Map();
    const lines: string[] = [];
    await run({ file: "iptables-save", args: ["-t", "raw"] }, (line) => lines.push(line));
    const zones = zonesOfDevices(lines.join("\n"));
    hasDeviceZones = zones.size > 0;
    return zones;
  }

  return {
    async zones(elements) {
      const nodes = elements.filter((it) => !isLink(it));
      const ofFlows = new Map<string, ReadonlyMap<number, readonly string[]>>();
      for (const bridge of bridgesOfMachines(nodes)) {
        const flows = await call("bridge/dump-flows", [bridge]);
        if (flows !== undefined) ofFlows.set(bridge, addressesOfFlows(flows));
      }
      const addresses = (port: Node) => {
        const { ofport } = port.attributes;
        const bridge = bridgeOf(port);
        return typeof ofport === "number" && bridge !== undefined ? ofFlows.get(bridge)?.get(ofport) : undefined;
      };
      return zonesOfHost(nodes, { zoneOfDevice: await zoneOfDevice(), addresses });
    },
    noticeUnknownZone(zone) {
      if (zone !== undefined && zone >= FIRST_DEVICE_ZONE) hasDeviceZones = true;
    },
  };
}

/** Only where a machine's port has a local VLAN: there the zone is a network's, and addresses tell the ports apart. */
function bridgesOfMachines(nodes: readonly Node[]): readonly string[] {
  const bridges = new Set<string>();
  for (const node of nodes) {
    const { kind, attributes } = node;
    if (kind !== "ovs-port" || attributes.tag === undefined || attributes["external_ids.vm-uuid"] === undefined)
      continue;
    const bridge = bridgeOf(node);
    if (bridge !== undefined) bridges.add(bridge);
  }
  return [...bridges];
}

/** `host/<host>/ovs/<bridge>` is what a port stands below. */
function bridgeOf({ parent }: Node): string | undefined {
  const last = parent?.split("/").at(-1);
  return last === undefined ? undefined : decodeURIComponent(last);
}
