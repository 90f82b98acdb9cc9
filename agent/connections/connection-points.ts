import type { EpochMs } from "../../core/clock.ts";
import type { Point } from "../../core/line-protocol.ts";
import { type Counts, type Tallied, totalOf } from "./tally.ts";

/** What one walk found: of each machine's port, of each network's zone, and of what is nobody's. */
export function connectionPoints(tallied: Tallied, at: EpochMs): readonly Point[] {
  const zone = (kind: string, networkId: string, counts: Counts): Point => ({
    measurement: "conntrack_zone",
    tags: { kind, network_id: networkId },
    fields: fieldsOf(counts),
    at,
  });
  return [
    ...[...tallied.ports].map(
      ([{ vmId, portId }, counts]): Point => ({
        measurement: "vm_connections",
        tags: { vm_id: vmId, port_id: portId },
        fields: fieldsOf(counts),
        at,
      }),
    ),
    ...[...tallied.networks].map(([networkId, counts]) => zone("network", networkId, counts)),
    zone("default", "", tallied.ofDefaultZone),
    zone("other", "", tallied.ofOtherZones),
  ];
}

function fieldsOf(counts: Counts): Point["fields"] {
  return {
    count: { int: totalOf(counts) },
    tcp_established: { int: counts.tcp_established },
    tcp_other: { int: counts.tcp_other },
    udp: { int: counts.udp },
    other: { int: counts.other },
  };
}
