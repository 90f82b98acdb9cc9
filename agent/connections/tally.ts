import type { ConnectionKind } from "./conntrack-entry.ts";
import type { MachinePort, Zone, Zones } from "./zone.ts";

/** Connections by kind. */
export type Counts = { readonly [kind in ConnectionKind]: number };

/** One walk's outcome. */
export interface Tallied {
  readonly entries: number;
  readonly ports: ReadonlyMap<MachinePort, Counts>;
  readonly networks: ReadonlyMap<string, Counts>;
  /** Zone 0, where everything is that nobody put elsewhere: the host's own connections. */
  readonly ofDefaultZone: Counts;
  /** Of zones that are no machine's, or that nobody knows. */
  readonly ofOtherZones: Counts;
  /** The highest zone that nobody knows. */
  readonly unknownZone: number | undefined;
}

export interface Tally {
  add(zone: number, kind: ConnectionKind, source: string, destination: string): void;
  result(): Tallied;
}

type Open = { [kind in ConnectionKind]: number };
const none = (): Open => ({ tcp_established: 0, tcp_other: 0, udp: 0, other: 0 });

/** How one zone is counted. */
interface Counted {
  readonly all: Open;
  /** In a zone of several ports, by address; undefined where one counts for the whole zone. */
  readonly byAddress: ReadonlyMap<string, Open> | undefined;
  /** The only port of a network here, of which nobody knows the addresses. */
  readonly only?: Open | undefined;
}

/**
 * Counts entries for the ports they belong to. In a zone that several ports share, an entry counts for the port that has its
 * source and for the one that has its destination: a connection inside of the host is both's. What has neither counts for its
 * network alone.
 */
export function createTally(zones: Zones): Tally {
  const ports = new Map<MachinePort, Open>();
  const guesses = new Map<MachinePort, Open>();
  const networks = new Map<string, Open>();
  const [ofDefaultZone, ofOtherZones] = [none(), none()];
  const counted = new Map<number, Counted>([[0, { all: ofDefaultZone, byAddress: undefined }]]);
  for (const [number, zone] of zones) counted.set(number, countedZone(zone));
  let entries = 0;
  let unknownZone: number | undefined;

  function countedZone(zone: Zone): Counted {
    switch (zone.kind) {
      case "other":
        return { all: ofOtherZones, byAddress: undefined };
      case "port": {
        const all = ports.get(zone.port) ?? none();
        ports.set(zone.port, all);
        return { all, byAddress: undefined };
      }
      case "network": {
        const all = networks.get(zone.networkId) ?? none();
        networks.set(zone.networkId, all);
        const [only] = zone.ports;
        if (only === undefined || zone.ports.length > 1 || only.addresses !== undefined)
          return { all, byAddress: countedPorts(zone.ports) };
        return { all, byAddress: undefined, only: guessed(only) };
      }
    }
  }

  /** Whether the firewall sees this port at all is not known: that it has no connection is not said of it. */
  function guessed(port: MachinePort): Open {
    const open = none();
    guesses.set(port, open);
    return open;
  }

  function countedPorts(of: readonly MachinePort[]): ReadonlyMap<string, Open> {
    const byAddress = new Map<string, Open>();
    for (const [address, port] of ownersOf(of)) {
      const open = ports.get(port) ?? none();
      ports.set(port, open);
      byAddress.set(address, open);
    }
    return byAddress;
  }

  return {
    add(zone, kind, source, destination) {
      entries++;
      const known = counted.get(zone);
      if (known === undefined) {
        ofOtherZones[kind]++;
        unknownZone = Math.max(zone, unknownZone ?? 0);
        return;
      }
      known.all[kind]++;
      if (known.only !== undefined) known.only[kind]++;
      if (known.byAddress === undefined) return;
      const from = known.byAddress.get(source);
      const to = known.byAddress.get(destination);
      if (from !== undefined) from[kind]++;
      if (to !== undefined && to !== from) to[kind]++;
    },
    result() {
      const seen = [...guesses].filter(([, counts]) => totalOf(counts) > 0);
      return { entries, ports: new Map([...ports, ...seen]), networks, ofDefaultZone, ofOtherZones, unknownZone };
    },
  };
}

/** Of all kinds. */
export function totalOf(counts: Counts): number {
  return counts.tcp_established + counts.tcp_other + counts.udp + counts.other;
}

/** An address that two ports may use (allowed address pairs of VRRP) is neither's. */
function ownersOf(ports: readonly MachinePort[]): ReadonlyMap<string, MachinePort> {
  const owners = new Map<string, MachinePort>();
  const shared = new Set<string>();
  for (const port of ports) {
    for (const address of port.addresses ?? []) {
      const owner = owners.get(address);
      if (owner !== undefined && owner !== port) shared.add(address);
      owners.set(address, port);
    }
  }
  for (const address of shared) owners.delete(address);
  return owners;
}
