import { OperatorError } from "../../core/errors.ts";

/** How large a cloud is to be. */
export interface CloudSize {
  /** Compute and network nodes of all clusters together. */
  readonly hosts: number;
  /** On each compute node, on average. */
  readonly vmsPerHost: number;
  readonly clusters: number;
  readonly regionsPerCluster: number;
  readonly zonesPerRegion: number;
  readonly hostsPerRack: number;
  /** Hosts whose tunnels form one full mesh; a network lives within one mesh. */
  readonly hostsPerMesh: number;
}

export const DEFAULT_SIZE: CloudSize = {
  hosts: 100,
  vmsPerHost: 10,
  clusters: 1,
  regionsPerCluster: 1,
  zonesPerRegion: 3,
  hostsPerRack: 20,
  hostsPerMesh: 500,
};

const LIMITS: { readonly [name in keyof CloudSize]: readonly [least: number, most: number] } = {
  hosts: [3, 50_000],
  vmsPerHost: [0, 200],
  clusters: [1, 200],
  regionsPerCluster: [1, 50],
  zonesPerRegion: [1, 50],
  hostsPerRack: [2, 100],
  hostsPerMesh: [3, 500],
};

/** Their ports are numbered in 24 bits, together with those of machines still to come. */
const MOST_VMS = 2_000_000;

/** Throws an OperatorError `simulate.size` for a size outside the limits. */
export function checkSize(size: CloudSize): void {
  for (const name of Object.keys(LIMITS) as (keyof CloudSize)[]) {
    const [least, most] = LIMITS[name];
    const value = size[name];
    if (Number.isInteger(value) && value >= least && value <= most) continue;
    throw wrongSize(`${name} is ${value}`, `give a whole number from ${least} to ${most}`);
  }
  if (size.hosts * size.vmsPerHost > MOST_VMS) {
    throw wrongSize(`${size.hosts * size.vmsPerHost} machines`, `at most ${MOST_VMS} machines`);
  }
  if (size.hosts < size.clusters * 3) {
    throw wrongSize(
      `${size.hosts} hosts are too few for ${size.clusters} clusters`,
      "a cluster needs a network node and two compute nodes",
    );
  }
}

function wrongSize(message: string, hint: string): OperatorError {
  return new OperatorError({ code: "simulate.size", message: `no such cloud: ${message}`, hint });
}
