import type { Cloud, Vm } from "../cloud/cloud.ts";
import { flavorOf } from "../cloud/flavors.ts";
import { projectId, vmUuid } from "../cloud/identity.ts";
import { uuidOf } from "../random.ts";
import { isoMicroseconds, type OpenStackObject, type View } from "./view.ts";

// Block storage of one cluster. Source: OpenStack Block Storage API v3 reference, GET /v3/{project}/volumes/detail,
// /scheduler-stats/get_pools, /os-services.

export const VOLUME_TYPES = ["ssd", "hdd"] as const;
/** What each pool holds for each host of the cluster, in GiB. */
const POOL_GIB_PER_HOST = 2_000;

/** Every third machine boots from a volume. */
export function hasVolume(vm: number): boolean {
  return vm % 3 === 0;
}

export const volumeUuid = (cloud: Cloud, vm: number): string => uuidOf(cloud.seed, "volume", vm);
export const volumeGib = (vm: Vm): number => flavorOf(vm.flavor).diskGib * 2;
const typeOf = (vm: number): number => (vm % 4 === 0 ? 0 : 1);

/** When it was attached, or its machine changed; epoch milliseconds. */
export function volumeChangedAt(view: View, vm: Vm): number {
  return view.wallOf(Math.max(vm.bornMs + 2_000, view.updatedMs(vm)));
}

export interface VolumeLook {
  readonly version: number;
  readonly isAdmin: boolean;
  readonly url: string;
  readonly bookmark: string;
}

export function volumeObject(view: View, vm: Vm, hostName: string, look: VolumeLook): OpenStackObject {
  const { cloud } = view;
  const { version } = look;
  const id = volumeUuid(cloud, vm.index);
  const type = typeOf(vm.index);
  const attachedAt = isoMicroseconds(view.wallOf(vm.bornMs + 2_000));
  return {
    id,
    name: `volume-${vm.index}`,
    description: "",
    status: "in-use",
    size: volumeGib(vm),
    availability_zone: "nova",
    bootable: "true",
    encrypted: false,
    multiattach: false,
    metadata: {},
    consistencygroup_id: null,
    snapshot_id: null,
    source_volid: null,
    replication_status: null,
    user_id: uuidOf(cloud.seed, "user", vm.network).replaceAll("-", ""),
    volume_type: VOLUME_TYPES[type],
    created_at: isoMicroseconds(view.wallOf(vm.bornMs)),
    updated_at: isoMicroseconds(volumeChangedAt(view, vm)),
    attachments: [
      {
        id,
        attachment_id: uuidOf(cloud.seed, "volume", vm.index, 1),
        volume_id: id,
        server_id: vmUuid(cloud, vm.index),
        host_name: look.isAdmin ? hostName : null,
        device: "/dev/vda",
        attached_at: attachedAt,
      },
    ],
    links: [
      { rel: "self", href: `${look.url}/volumes/${id}` },
      { rel: "bookmark", href: `${look.bookmark}/volumes/${id}` },
    ],
    "os-vol-tenant-attr:tenant_id": projectId(cloud, vm.network),
    ...(look.isAdmin
      ? {
          "os-vol-host-attr:host": `storage@${VOLUME_TYPES[type]}#${VOLUME_TYPES[type]}`,
          "os-vol-mig-status-attr:migstat": null,
          "os-vol-mig-status-attr:name_id": null,
          migration_status: null,
        }
      : {}),
    ...(version >= 3_013 ? { group_id: null } : {}),
    ...(version >= 3_021 && look.isAdmin ? { provider_id: null } : {}),
    ...(version >= 3_048 ? { service_uuid: uuidOf(cloud.seed, "service", -10 - type), shared_targets: false } : {}),
    ...(version >= 3_061 && look.isAdmin ? { cluster_name: null } : {}),
    ...(version >= 3_063 ? { volume_type_id: uuidOf(cloud.seed, "volume", -1, type) } : {}),
    ...(version >= 3_065 ? { consumes_quota: true } : {}),
  };
}

/** One pool for each type, with what its volumes take. */
export function pools(vms: Iterable<Vm>, hosts: number, at: number): readonly OpenStackObject[] {
  const used = [0, 0];
  const counts = [0, 0];
  for (const vm of vms) {
    if (!hasVolume(vm.index)) continue;
    const type = typeOf(vm.index);
    used[type] = (used[type] ?? 0) + volumeGib(vm);
    counts[type] = (counts[type] ?? 0) + 1;
  }
  const total = POOL_GIB_PER_HOST * hosts;
  return VOLUME_TYPES.map((type, n) => ({
    name: `storage@${type}#${type}`,
    capabilities: {
      volume_backend_name: type,
      pool_name: type,
      vendor_name: "Open Source",
      driver_version: "1.3.0",
      storage_protocol: "ceph",
      total_capacity_gb: total,
      // Thin: what is provisioned is more than what is taken.
      free_capacity_gb: Math.max(0, total - Math.round((used[n] ?? 0) * 0.6)),
      provisioned_capacity_gb: used[n] ?? 0,
      allocated_capacity_gb: used[n] ?? 0,
      max_over_subscription_ratio: "20.0",
      thin_provisioning_support: true,
      thick_provisioning_support: false,
      reserved_percentage: 0,
      total_volumes: counts[n] ?? 0,
      multiattach: true,
      QoS_support: true,
      location_info: null,
      timestamp: isoMicroseconds(at),
    },
  }));
}

export function volumeServices(at: number): readonly OpenStackObject[] {
  const service = (binary: string, host: string) => ({
    binary,
    host,
    zone: "nova",
    status: "enabled",
    state: "up",
    updated_at: isoMicroseconds(at),
    disabled_reason: null,
  });
  return [
    service("cinder-scheduler", "storage"),
    ...VOLUME_TYPES.map((type) => ({
      ...service("cinder-volume", `storage@${type}`),
      frozen: false,
      cluster: null,
      replication_status: "disabled",
      active_backend_id: null,
      backend_state: "up",
    })),
  ];
}
