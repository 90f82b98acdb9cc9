import type { Host, Vm } from "../cloud/cloud.ts";
import { flavorOf } from "../cloud/flavors.ts";
import { uuidOf } from "../random.ts";
import type { Estate } from "./estate.ts";
import { HOST_CAPACITY, hypervisorUuid, usageOf } from "./nova-hosts.ts";
import type { OpenStackObject } from "./view.ts";
import { hasVolume } from "./volumes.ts";

// Resource providers of one cluster. Source: OpenStack Placement API reference.

export interface PlacementShape {
  /** Each compute node has NUMA nodes with processors of their own, and a graphics card, as providers below it. */
  readonly nested: boolean;
  /** Machines' disks come from a provider that shares with all compute nodes, which tell its size as their own besides. */
  readonly sharedDisk: boolean;
}

export const SHARES = "MISC_SHARES_VIA_AGGREGATE";
const NODE_TRAITS = [
  "COMPUTE_IMAGE_TYPE_QCOW2",
  "COMPUTE_NODE",
  "COMPUTE_VOLUME_ATTACH",
  "COMPUTE_VOLUME_MULTI_ATTACH",
  "HW_CPU_X86_AVX2",
  "HW_CPU_X86_VMX",
];
/** Those that Placement knows. */
export const TRAITS: readonly string[] = [...NODE_TRAITS, SHARES, "HW_NUMA_ROOT", "COMPUTE_STATUS_DISABLED"];

export interface Provider {
  readonly uuid: string;
  readonly name: string;
  readonly parent: string | undefined;
  readonly root: string;
  readonly traits: readonly string[];
  readonly aggregates: readonly string[];
  /** The compute node it is of; undefined for what is shared. */
  readonly host: Host | undefined;
  generation(): number;
  inventories(): OpenStackObject;
  usages(): OpenStackObject;
}

/** All of a cluster, in their order. */
export function providersOf(estate: Estate, shape: PlacementShape): readonly Provider[] {
  const nodes = estate.computeNodes();
  const own = nodes.flatMap((host) => [
    nodeProvider(estate, host, shape),
    ...(shape.nested ? nestedProviders(estate, host) : []),
  ]);
  return shape.sharedDisk ? [...own, sharedProvider(estate, nodes)] : own;
}

const aggregateUuid = ({ cloud, cluster }: Estate): string => uuidOf(cloud.seed, "aggregate", 1_000_000 + cluster);

function nodeProvider(estate: Estate, host: Host, { sharedDisk }: PlacementShape): Provider {
  const uuid = hypervisorUuid(estate.cloud, host.index);
  return {
    ...{ uuid, root: uuid, parent: undefined, host, name: estate.view.names.hypervisor(host), traits: NODE_TRAITS },
    aggregates: sharedDisk ? [aggregateUuid(estate)] : [],
    generation: () => 10 + estate.allocationChanges(host),
    inventories: () => ({
      VCPU: inventory(HOST_CAPACITY.vcpus, 0, 4),
      MEMORY_MB: inventory(HOST_CAPACITY.memoryMib, 512, 1),
      DISK_GB: inventory(HOST_CAPACITY.diskGib, 0, 1),
    }),
    usages: () => {
      const used = allocatedBy(estate.serversOn(host));
      return sharedDisk ? { ...used, DISK_GB: 0 } : used;
    },
  };
}

const NUMA_NODES = 2;
const PCPUS_EACH = 8;
const VGPUS = 4;

function nestedProviders(estate: Estate, host: Host): readonly Provider[] {
  const root = hypervisorUuid(estate.cloud, host.index);
  const name = estate.view.names.hypervisor(host);
  const child = (order: number, own: string, has: OpenStackObject, used: () => OpenStackObject): Provider => ({
    ...{ uuid: uuidOf(estate.cloud.seed, "hypervisor", host.index, order), name: `${name}_${own}`, parent: root, root },
    ...{ traits: [], aggregates: [], host, inventories: () => has, usages: used },
    generation: () => 2 + estate.allocationChanges(host),
  });
  const numa = Array.from({ length: NUMA_NODES }, (_, node) =>
    child(1 + node, `NUMA${node}`, { PCPU: inventory(PCPUS_EACH, node === 0 ? 2 : 0, 1) }, () => ({ PCPU: 0 })),
  );
  const card = child(1 + NUMA_NODES, "pci_0000_3b_00_0", { VGPU: inventory(VGPUS, 0, 1) }, () => ({
    VGPU: Math.min(VGPUS, estate.serversOn(host).filter(({ index }) => index % 5 === 0).length),
  }));
  return [...numa, card];
}

function sharedProvider(estate: Estate, nodes: readonly Host[]): Provider {
  const uuid = uuidOf(estate.cloud.seed, "hypervisor", -1 - estate.cluster);
  return {
    ...{ uuid, root: uuid, parent: undefined, host: undefined, name: "shared-disk", traits: [SHARES] },
    aggregates: [aggregateUuid(estate)],
    generation: () => 3 + nodes.reduce((sum, host) => sum + estate.allocationChanges(host), 0),
    inventories: () => ({ DISK_GB: inventory(HOST_CAPACITY.diskGib, 100, 1.5) }),
    usages: () => ({ DISK_GB: diskOf([...estate.machines()]) }),
  };
}

/** `(total - reserved) × allocation_ratio` can be given away. */
function inventory(total: number, reserved: number, ratio: number): OpenStackObject {
  return { total, reserved, min_unit: 1, max_unit: total, step_size: 1, allocation_ratio: ratio };
}

export function providerObject({ uuid, name, parent, root, generation }: Provider, version: number): OpenStackObject {
  const path = `/placement/resource_providers/${uuid}`;
  const rels = [
    ...["self", "inventories", "usages"],
    ...(version >= 1_001 ? ["aggregates"] : []),
    ...(version >= 1_006 ? ["traits"] : []),
    ...(version >= 1_011 ? ["allocations"] : []),
  ];
  return {
    uuid,
    name,
    generation: generation(),
    links: rels.map((rel) => ({ rel, href: rel === "self" ? path : `${path}/${rel}` })),
    ...(version >= 1_014 ? { parent_provider_uuid: parent ?? null, root_provider_uuid: root } : {}),
  };
}

function allocatedBy(vms: readonly Vm[]): OpenStackObject {
  const { vcpus, memoryMib } = usageOf(vms);
  return { VCPU: vcpus, MEMORY_MB: memoryMib, DISK_GB: diskOf(vms) };
}

/** What boots from a volume takes no disk of the host. */
function diskOf(vms: readonly Vm[]): number {
  return vms.reduce((sum, { index, flavor }) => sum + (hasVolume(index) ? 0 : flavorOf(flavor).diskGib), 0);
}

/** Of one machine. */
export function resourcesOf({ index, flavor }: Vm): OpenStackObject {
  const { vcpus, ramMib, diskGib } = flavorOf(flavor);
  return { VCPU: vcpus, MEMORY_MB: ramMib, ...(hasVolume(index) ? {} : { DISK_GB: diskGib }) };
}
