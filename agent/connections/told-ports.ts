import { type Counts, totalOf } from "./tally.ts";
import type { MachinePort } from "./zone.ts";

/**
 * Whose counts are told. That a port has no connection is not said where its switch tracks them in user space: the kernel would not know.
 * It is where the kernel has had some of it, as with a firewall by iptables before the switch.
 */
export function createToldPorts(): (counted: ReadonlyMap<MachinePort, Counts>) => ReadonlyMap<MachinePort, Counts> {
  let seen: ReadonlySet<string> = new Set();
  return (counted) => {
    const isSeen = ([{ portId, inUserSpace }, counts]: [MachinePort, Counts]) =>
      inUserSpace !== true || totalOf(counts) > 0 || seen.has(portId);
    const told = [...counted].filter(isSeen);
    seen = new Set(told.map(([{ portId }]) => portId));
    return new Map(told);
  };
}
