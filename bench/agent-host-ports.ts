import { seeded } from "./collector-figures.ts";

export const SEED = 7;

/** A port of br-int. */
export interface BenchPort {
  /** Also the number of the port in the switch. */
  readonly number: number;
  readonly tap: string;
  readonly mac: string;
  /** What Neutron says of it; undefined: not one of Neutron's. */
  readonly neutron?: {
    readonly id: string;
    readonly address: string;
    /** The machine's number; undefined: of a machine that has gone, or of a service. */
    readonly machine: number | undefined;
  };
  /** The local VLAN: the network. */
  readonly tag: number;
}

export interface HostSizes {
  readonly processes: number;
  readonly ports: number;
  readonly machines: number;
  readonly connections: number;
}

const PORTS_OF_MACHINE = 3;
const NETWORKS = 10;

/**
 * Half of the ports are Neutron's, as far as there are machines with three each and a tenth more. Ids are random, as real ones are, since
 * what an agent sends is compressed.
 */
export function benchPorts({ ports, machines }: HostSizes): readonly BenchPort[] {
  const ofMachines = machines * PORTS_OF_MACHINE;
  const neutrons = Math.min(ports, Math.max(ofMachines, Math.ceil(ports / 2)));
  const random = seeded(SEED);
  return Array.from({ length: ports }, (_, index) => {
    const number = index + 1;
    const tag = 1 + (index % NETWORKS);
    const id = randomId(random);
    const mac = `fa:16:3e:${randomId(random).slice(0, 6).match(/../g)?.join(":")}`;
    const port = { number, tag, tap: `tap${id.slice(0, 11)}`, mac };
    if (index >= neutrons) return port;
    const machine = index < ofMachines ? index % machines : undefined;
    return { ...port, neutron: { id, address: `10.${tag}.${number >> 8}.${number & 255}`, machine } };
  });
}

/** As a UUID of version 4 is written. */
export function randomId(random: () => number): string {
  const hex = Array.from({ length: 32 }, () => Math.floor(random() * 16).toString(16)).join("");
  const parts = [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20)];
  return parts.join("-");
}

/** The same for the same machine of each host. */
export function machineId(machine: number): string {
  return randomId(seeded(SEED + 1 + machine));
}
