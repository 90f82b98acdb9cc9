import { portMac, tenantAddress, underlayAddress } from "../cloud/addresses.ts";
import type { Cloud, Host, Vm } from "../cloud/cloud.ts";
import { FLAVORS, flavorOf } from "../cloud/flavors.ts";
import { hostAt, instanceName, projectId, serverName, vmPort, vmUuid } from "../cloud/identity.ts";
import { uuidOf } from "../random.ts";
import { networkName } from "./neutron.ts";

// Objects of the compute API of one cluster, as an administrator sees them (microversion 2.88).
// Source: OpenStack Compute API reference, GET /servers/detail, /flavors/detail, /os-hypervisors/detail, /os-services.

export type OpenStackObject = { readonly [member: string]: unknown };

/** Of one cluster, in the order of their indexes; made one by one, since there may be many. */
export function* servers(cloud: Cloud, cluster: number): Generator<OpenStackObject> {
  for (const vm of cloud.vms.values()) {
    const host = hostAt(cloud, vm.host);
    if (host.cluster === cluster) yield serverOf(cloud, host, vm);
  }
}

function serverOf(cloud: Cloud, host: Host, vm: Vm): OpenStackObject {
  const flavor = flavorOf(vm.flavor);
  const project = projectId(cloud, vm.network);
  const isMigrating = vm.target !== undefined;
  return {
    id: vmUuid(cloud, vm.index),
    name: serverName(vm),
    status: vm.state === "building" ? "BUILD" : isMigrating ? "MIGRATING" : "ACTIVE",
    tenant_id: project,
    user_id: uuidOf(cloud.seed, "user", vm.network).replaceAll("-", ""),
    created: new Date(cloud.beganAt + vm.bornMs).toISOString(),
    addresses: {
      [networkName(vm.network)]: [
        {
          addr: tenantAddress(vm.network, vm.address),
          version: 4,
          "OS-EXT-IPS-MAC:mac_addr": portMac(vmPort(vm.index)),
          "OS-EXT-IPS:type": "fixed",
        },
      ],
    },
    flavor: {
      vcpus: flavor.vcpus,
      ram: flavor.ramMib,
      disk: flavor.diskGib,
      ephemeral: 0,
      swap: 0,
      original_name: flavor.name,
    },
    "OS-EXT-STS:vm_state": vm.state === "building" ? "building" : "active",
    "OS-EXT-STS:task_state": vm.state === "building" ? "spawning" : isMigrating ? "migrating" : null,
    "OS-EXT-STS:power_state": vm.state === "building" ? 0 : 1,
    "OS-EXT-AZ:availability_zone": host.place.zone,
    "OS-EXT-SRV-ATTR:host": host.name,
    "OS-EXT-SRV-ATTR:hypervisor_hostname": host.name,
    "OS-EXT-SRV-ATTR:instance_name": instanceName(vm),
  };
}

export function flavors(cloud: Cloud): readonly OpenStackObject[] {
  return FLAVORS.map((flavor, index) => ({
    id: uuidOf(cloud.seed, "flavor", index),
    name: flavor.name,
    vcpus: flavor.vcpus,
    ram: flavor.ramMib,
    disk: flavor.diskGib,
    swap: "",
    "os-flavor-access:is_public": true,
  }));
}

/** With `with_servers=true`. */
export function hypervisors(cloud: Cloud, cluster: number): readonly OpenStackObject[] {
  return computeNodes(cloud, cluster).map((host) => ({
    id: uuidOf(cloud.seed, "hypervisor", host.index),
    hypervisor_hostname: host.name,
    hypervisor_type: "QEMU",
    hypervisor_version: 7_002_000,
    host_ip: underlayAddress(host.index),
    state: host.condition.powered ? "up" : "down",
    status: "enabled",
    service: { id: uuidOf(cloud.seed, "service", host.index), host: host.name, disabled_reason: null },
    servers: [...host.vms].flatMap((index) => {
      const vm = cloud.vms.get(index);
      return vm?.host === host.index ? [{ uuid: vmUuid(cloud, index), name: instanceName(vm) }] : [];
    }),
  }));
}

/** `at`: epoch milliseconds, the moment that services that are up reported last. */
export function services(cloud: Cloud, cluster: number, at: number): readonly OpenStackObject[] {
  return computeNodes(cloud, cluster).map((host) => ({
    id: uuidOf(cloud.seed, "service", host.index),
    binary: "nova-compute",
    host: host.name,
    zone: host.place.zone,
    status: "enabled",
    state: host.condition.powered ? "up" : "down",
    updated_at: new Date(at).toISOString(),
    disabled_reason: null,
    forced_down: false,
  }));
}

function computeNodes(cloud: Cloud, cluster: number): readonly Host[] {
  return cloud.hosts.filter((host) => host.role === "compute" && host.cluster === cluster);
}
