import { type ElementId, interfaceId } from "../../core/element-id.ts";
import type { IpInterface } from "../topology/ip-json.ts";
import type { NamespaceReading } from "../topology/namespace.ts";
import type { OvsInterface } from "./ovs-rows.ts";

/** Where the devices behind the ports are looked for. */
export interface DeviceLookup {
  readonly readings: readonly NamespaceReading[];
  /** The network namespace that ovs-vswitchd lives in; undefined when that is not known. */
  readonly vswitchdInode: number | undefined;
}

/** The kernel's device behind an interface of the switch. */
export interface OvsDevice {
  readonly id: ElementId;
  /** Its counters are among those of `net_if`: they are read of the host's own namespace, and where a process lives. */
  readonly isCounted: boolean;
}

/** Types whose device in the kernel has the interface's own name. */
const TYPES_WITH_DEVICE: ReadonlySet<string> = new Set(["system", "internal", "tap", "afxdp", "afxdp-nonpmd"]);

/**
 * A device has the interface's name and is in the namespace of ovs-vswitchd. An internal port may have been moved into
 * another namespace since (Neutron does that with router and DHCP ports): there its name and its MAC address, as the
 * switch or Neutron gives it, must fit in one namespace only. A switch in user space loses sight of a device that was
 * moved, and gives no address: then its name and its kind must.
 */
export function deviceFinder(
  host: string,
  { readings, vswitchdInode }: DeviceLookup,
): (it: OvsInterface) => OvsDevice | undefined {
  const places = new Map<string, { readonly reading: NamespaceReading; readonly device: IpInterface }[]>();
  for (const reading of readings) {
    for (const device of reading.interfaces) {
      const known = places.get(device.name);
      if (known === undefined) places.set(device.name, [{ reading, device }]);
      else known.push({ reading, device });
    }
  }
  return (it) => {
    if (!TYPES_WITH_DEVICE.has(it.type)) return undefined;
    const candidates = places.get(it.name) ?? [];
    const beside = candidates.find(({ reading }) => reading.namespace.inode === vswitchdInode);
    const moved = it.type === "internal" ? candidates.filter(({ device }) => mayBe(it, device)) : [];
    const place = beside ?? (moved.length === 1 ? moved[0] : undefined);
    if (place === undefined) return undefined;
    const { name, pid } = place.reading.namespace;
    return { id: interfaceId(host, name, it.name), isCounted: name === undefined || pid !== undefined };
  };
}

/** Whether a device of this name, in another namespace, may be the one behind an internal port. */
function mayBe(it: OvsInterface, { mac, infoKind, info }: IpInterface): boolean {
  const macs = [it.macInUse, it.externalIds["attached-mac"]].filter((known) => known !== undefined);
  if (macs.length > 0) return mac !== undefined && macs.includes(mac);
  // What the switch makes for an internal port: a device of its own in the kernel, a tap in user space.
  return infoKind === "openvswitch" || (infoKind === "tun" && info.type === "tap");
}
