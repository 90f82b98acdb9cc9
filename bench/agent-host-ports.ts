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

/** Half of the ports are Neutron's, as far as there are machines with three each and a tenth more; all is counted out. */
export function benchPorts({ ports, machines }: HostSizes): readonly BenchPort[] {
  const ofMachines = machines * PORTS_OF_MACHINE;
  const neutrons = Math.min(ports, Math.max(ofMachines, Math.ceil(ports / 2)));
  return Array.from({ length: ports }, (_, index) => {
    const number = index + 1;
    const hex = number.toString(16).padStart(4, "0");
    const tag = 1 + (index % NETWORKS);
    const port = { number, tag, tap: `tap${hex}a1b2-c3`, mac: `fa:16:3e:00:${hex.slice(0, 2)}:${hex.slice(2)}` };
    if (index >= neutrons) return port;
    const machine = index < ofMachines ? index % machines : undefined;
    const address = `10.${tag}.${number >> 8}.${number & 255}`;
    return { ...port, neutron: { id: `${hex}a1b2-c3d4-4e5f-8a9b-00000000${hex}`, address, machine } };
  });
}

export function machineId(machine: number): string {
  return `4d0e8f80-1111-4222-8333-${machine.toString(16).padStart(12, "0")}`;
}
