import type { Host, Vm } from "../cloud/cloud.ts";
import { flavorOf } from "../cloud/flavors.ts";
import type { Estate } from "./estate.ts";
import { HOST_CAPACITY, hypervisorUuid, usageOf } from "./nova-hosts.ts";
import type { OpenStackObject } from "./view.ts";
import { hasVolume } from "./volumes.ts";

// Resource providers of one cluster: each compute node is one, and its tree has nothing else.
// Source: OpenStack Placement API reference.

export const TRAITS: readonly string[] = [
  "COMPUTE_IMAGE_TYPE_QCOW2",
  "COMPUTE_NODE",
  "COMPUTE_VOLUME_ATTACH",
  "COMPUTE_VOLUME_MULTI_ATTACH",
  "HW_CPU_X86_AVX2",
  "HW_CPU_X86_VMX",
];

/** Rises with what is allocated on a host. */
export function generationOf(estate: Estate, host: Host): number {
  return 10 + estate.serversOn(host).reduce((sum, { index }) => sum + 1 + estate.chronicle.revision(index), 0);
}

export function providerObject(estate: Estate, host: Host, version: number): OpenStackObject {
  const uuid = hypervisorUuid(estate.cloud, host.index);
  const path = `/placement/resource_providers/${uuid}`;
  const rels = [
    ...["self", "inventories", "usages"],
    ...(version >= 1_001 ? ["aggregates"] : []),
    ...(version >= 1_006 ? ["traits"] : []),
    ...(version >= 1_011 ? ["allocations"] : []),
  ];
  return {
    uuid,
    name: estate.view.names.hypervisor(host),
    generation: generationOf(estate, host),
    links: rels.map((rel) => ({ rel, href: rel === "self" ? path : `${path}/${rel}` })),
    ...(version >= 1_014 ? { parent_provider_uuid: null, root_provider_uuid: uuid } : {}),
  };
}

/** What a host has, before overcommitment: `(total - reserved) × allocation_ratio` can be given away. */
export function inventoriesOf(): OpenStackObject {
  const of = (total: number, reserved: number, ratio: number) => ({
    total,
    reserved,
    min_unit: 1,
    max_unit: total,
    step_size: 1,
    allocation_ratio: ratio,
  });
  return {
    VCPU: of(HOST_CAPACITY.vcpus, 0, 4),
    MEMORY_MB: of(HOST_CAPACITY.memoryMib, 512, 1),
    DISK_GB: of(HOST_CAPACITY.diskGib, 0, 1),
  };
}

export function usagesOf(vms: readonly Vm[]): OpenStackObject {
  const { vcpus, memoryMib } = usageOf(vms);
  return {
    VCPU: vcpus,
    MEMORY_MB: memoryMib,
    // What boots from a volume takes no disk of the host.
    DISK_GB: vms.reduce((sum, { index, flavor }) => sum + (hasVolume(index) ? 0 : flavorOf(flavor).diskGib), 0),
  };
}

/** Of one machine. */
export function resourcesOf({ index, flavor }: Vm): OpenStackObject {
  const { vcpus, ramMib, diskGib } = flavorOf(flavor);
  return { VCPU: vcpus, MEMORY_MB: ramMib, ...(hasVolume(index) ? {} : { DISK_GB: diskGib }) };
}
