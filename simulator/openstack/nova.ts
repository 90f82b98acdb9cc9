import { createHash } from "node:crypto";
import { externalAddress, portMac, tenantAddress } from "../cloud/addresses.ts";
import type { Cloud, Host, Vm } from "../cloud/cloud.ts";
import { FLAVORS, flavorOf } from "../cloud/flavors.ts";
import { hostAt, instanceName, projectId, serverName, vmPort, vmUuid } from "../cloud/identity.ts";
import { securityGroups } from "../elements/machine-elements.ts";
import { uuidOf } from "../random.ts";
import { imageUuid } from "./images.ts";
import { hasFloatingIp, networkName } from "./neutron.ts";
import { isoMicroseconds, isoSeconds, type OpenStackObject, plainView, type View } from "./view.ts";
import { hasVolume, volumeUuid } from "./volumes.ts";

// Objects of the compute API of one cluster. What a member is called and from which microversion on it is there follows
// the OpenStack Compute API reference: GET /servers/detail, /flavors/detail.

/** For whom, and how, an object of Nova is written. */
export interface NovaLook {
  /** A microversion as `microversionOf` gives it. */
  readonly version: number;
  readonly isAdmin: boolean;
  /** Where links of the API begin: `http://nova/v2.1`, and without the version. */
  readonly url: string;
  readonly bookmark: string;
}

const NEWEST: NovaLook = { version: 2_100, isAdmin: true, url: "", bookmark: "" };
const PROGRESS_STATUSES = new Set(["ACTIVE", "BUILD", "MIGRATING"]);

/** Of one cluster, in the order of their indexes; made one by one, since there may be many. */
export function* servers(cloud: Cloud, cluster: number): Generator<OpenStackObject> {
  const view = plainView(cloud);
  for (const vm of cloud.vms.values()) {
    if (hostAt(cloud, vm.host).cluster === cluster) yield serverObject(view, vm, NEWEST);
  }
}

/** `goneMs`: when it was deleted, in milliseconds since the cloud began. */
export function serverObject(view: View, vm: Vm, look: NovaLook, goneMs?: number): OpenStackObject {
  const { cloud } = view;
  const { version } = look;
  const id = vmUuid(cloud, vm.index);
  const host = hostAt(cloud, vm.host);
  const state = stateOf(vm, goneMs);
  const launched = vm.state === "building" ? null : isoMicroseconds(view.wallOf(vm.bornMs + 4_000));
  return {
    id,
    name: serverName(vm),
    status: state.status,
    tenant_id: projectId(cloud, vm.network),
    user_id: uuidOf(cloud.seed, "user", vm.network).replaceAll("-", ""),
    metadata: {},
    hostId: hostIdOf(view, host, vm),
    image: hasVolume(vm.index) ? "" : imageOf(cloud, vm, look),
    flavor: flavorOfServer(cloud, vm, look),
    created: isoSeconds(view.wallOf(vm.bornMs)),
    updated: isoSeconds(view.wallOf(goneMs ?? view.updatedMs(vm))),
    addresses: goneMs === undefined ? addressesOf(cloud, vm) : {},
    accessIPv4: "",
    accessIPv6: "",
    links: linksOf("servers", id, look),
    "OS-DCF:diskConfig": "MANUAL",
    ...(PROGRESS_STATUSES.has(state.status) ? { progress: 0 } : {}),
    "OS-EXT-AZ:availability_zone": host.place.zone,
    config_drive: "",
    key_name: null,
    "OS-SRV-USG:launched_at": launched,
    "OS-SRV-USG:terminated_at": goneMs === undefined ? null : isoMicroseconds(view.wallOf(goneMs)),
    ...(goneMs === undefined ? { security_groups: securityGroups(cloud, vm).map(groupName) } : {}),
    ...(look.isAdmin ? hostAttributes(view, host, vm) : {}),
    ...(look.isAdmin && version >= 2_003 ? extendedAttributes(vm) : {}),
    ...(version >= 2_090 ? { "OS-EXT-SRV-ATTR:hostname": serverName(vm) } : {}),
    "OS-EXT-STS:vm_state": state.vm,
    "OS-EXT-STS:task_state": state.task,
    "OS-EXT-STS:power_state": state.power,
    "os-extended-volumes:volumes_attached": attachedVolumes(cloud, vm, version),
    ...(version >= 2_016 && look.isAdmin ? { host_status: host.condition.powered ? "UP" : "DOWN" } : {}),
    ...(version >= 2_009 ? { locked: false } : {}),
    ...(version >= 2_019 ? { description: null } : {}),
    ...(version >= 2_026 ? { tags: [] } : {}),
    ...(version >= 2_063 ? { trusted_image_certificates: null } : {}),
    ...(version >= 2_073 ? { locked_reason: null } : {}),
    ...(version >= 2_096 ? { pinned_availability_zone: null } : {}),
    ...(version >= 2_100 ? { scheduler_hints: {} } : {}),
  };
}

/** What is left of a server while its cell does not answer (from 2.69 on). */
export function downCellServer(view: View, vm: Vm, look: NovaLook): OpenStackObject {
  const id = vmUuid(view.cloud, vm.index);
  return {
    id,
    status: "UNKNOWN",
    tenant_id: projectId(view.cloud, vm.network),
    created: isoSeconds(view.wallOf(vm.bornMs)),
    links: linksOf("servers", id, look),
  };
}

/** As `GET /servers` lists it. */
export function briefServer(view: View, vm: Vm, look: NovaLook): OpenStackObject {
  const id = vmUuid(view.cloud, vm.index);
  return { id, name: serverName(vm), links: linksOf("servers", id, look) };
}

function stateOf(vm: Vm, goneMs: number | undefined) {
  if (goneMs !== undefined) return { status: "DELETED", vm: "deleted", task: null, power: 0 };
  if (vm.state === "building") return { status: "BUILD", vm: "building", task: "spawning", power: 0 };
  if (vm.target !== undefined) return { status: "MIGRATING", vm: "active", task: "migrating", power: 1 };
  return { status: "ACTIVE", vm: "active", task: null, power: 1 };
}

/** The same for two servers of a project on one host, and nothing else. */
function hostIdOf(view: View, host: Host, vm: Vm): string {
  const project = projectId(view.cloud, vm.network);
  return createHash("sha224")
    .update(`${project}${view.names.service(host)}`)
    .digest("hex");
}

function hostAttributes(view: View, host: Host, vm: Vm): OpenStackObject {
  return {
    "OS-EXT-SRV-ATTR:host": view.names.service(host),
    "OS-EXT-SRV-ATTR:hypervisor_hostname": view.names.hypervisor(host),
    "OS-EXT-SRV-ATTR:instance_name": instanceName(vm),
  };
}

function extendedAttributes(vm: Vm): OpenStackObject {
  return {
    "OS-EXT-SRV-ATTR:reservation_id": `r-${vm.index.toString(36).padStart(8, "0")}`,
    "OS-EXT-SRV-ATTR:launch_index": 0,
    "OS-EXT-SRV-ATTR:hostname": serverName(vm),
    "OS-EXT-SRV-ATTR:kernel_id": "",
    "OS-EXT-SRV-ATTR:ramdisk_id": "",
    "OS-EXT-SRV-ATTR:root_device_name": "/dev/vda",
    "OS-EXT-SRV-ATTR:user_data": null,
  };
}

function addressesOf(cloud: Cloud, vm: Vm): OpenStackObject {
  const of = (addr: string, type: string) => ({
    addr,
    version: 4,
    "OS-EXT-IPS-MAC:mac_addr": portMac(vmPort(vm.index)),
    "OS-EXT-IPS:type": type,
  });
  const fixed = of(tenantAddress(vm.network, vm.address), "fixed");
  const floating = hasFloatingIp(vm.index)
    ? [of(externalAddress(cloud.routers.length + vm.index / 50), "floating")]
    : [];
  return { [networkName(vm.network)]: [fixed, ...floating] };
}

function groupName(_group: string, order: number): OpenStackObject {
  return { name: order === 0 ? "default" : "own" };
}

/** Until 2.46 a link to the flavor as it is now; from 2.47 on what the flavor was when the server got it. */
function flavorOfServer(cloud: Cloud, vm: Vm, { version, isAdmin, bookmark }: NovaLook): OpenStackObject {
  const id = flavorUuid(cloud, vm.flavor);
  if (version < 2_047) return { id, links: [{ rel: "bookmark", href: `${bookmark}/flavors/${id}` }] };
  const { name, vcpus, ramMib, diskGib } = flavorOf(vm.flavor);
  const extra = isAdmin ? { extra_specs: {} } : {};
  return { vcpus, ram: ramMib, disk: diskGib, ephemeral: 0, swap: 0, original_name: name, ...extra };
}

function imageOf(cloud: Cloud, vm: Vm, { version, bookmark }: NovaLook): OpenStackObject {
  const id = imageUuid(cloud, vm.index);
  const properties = version >= 2_098 ? { properties: { min_ram: "0", min_disk: "0", base_image_ref: id } } : {};
  return { id, links: [{ rel: "bookmark", href: `${bookmark}/images/${id}` }], ...properties };
}

function attachedVolumes(cloud: Cloud, vm: Vm, version: number): readonly OpenStackObject[] {
  if (!hasVolume(vm.index)) return [];
  const id = volumeUuid(cloud, vm.index);
  return [version >= 2_003 ? { id, delete_on_termination: false } : { id }];
}

export function flavorUuid(cloud: Cloud, index: number): string {
  return uuidOf(cloud.seed, "flavor", index);
}

export function flavors(cloud: Cloud, look: NovaLook = NEWEST): readonly OpenStackObject[] {
  return FLAVORS.map(({ name, vcpus, ramMib, diskGib }, index) => {
    const id = flavorUuid(cloud, index);
    return {
      id,
      name,
      ram: ramMib,
      disk: diskGib,
      vcpus,
      swap: look.version >= 2_075 ? 0 : "",
      "OS-FLV-EXT-DATA:ephemeral": 0,
      "OS-FLV-DISABLED:disabled": false,
      "os-flavor-access:is_public": true,
      rxtx_factor: 1,
      links: linksOf("flavors", id, look),
      ...(look.version >= 2_055 ? { description: null } : {}),
      ...(look.version >= 2_061 ? { extra_specs: {} } : {}),
    };
  });
}

function linksOf(collection: string, id: string, { url, bookmark }: NovaLook): readonly OpenStackObject[] {
  return [
    { rel: "self", href: `${url}/${collection}/${id}` },
    { rel: "bookmark", href: `${bookmark}/${collection}/${id}` },
  ];
}
