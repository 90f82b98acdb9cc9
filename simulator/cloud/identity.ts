import { uuidOf } from "../random.ts";
import { deviceName, portNumber } from "./addresses.ts";
import type { Cloud, Host, Network, Vm } from "./cloud.ts";

// What OpenStack and the host's devices call the things of this cloud.

export const vmUuid = (cloud: Cloud, vm: number): string => uuidOf(cloud.seed, "vm", vm);
export const networkUuid = (cloud: Cloud, network: number): string => uuidOf(cloud.seed, "network", network);
export const subnetUuid = (cloud: Cloud, network: number): string => uuidOf(cloud.seed, "subnet", network);
export const routerUuid = (cloud: Cloud, router: number): string => uuidOf(cloud.seed, "router", router);
/** One network is one project's. */
export const projectId = (cloud: Cloud, network: number): string =>
  uuidOf(cloud.seed, "project", network >> 1).replaceAll("-", "");

export const vmPort = (vm: number): number => portNumber("vm", vm);
/** A network has at most two DHCP ports. */
export const dhcpPort = (network: number, replica: number): number => portNumber("dhcp", network * 2 + replica);
export const routerPort = (network: number): number => portNumber("router", network);
export const snatPort = (network: number): number => portNumber("snat", network);
export const gatewayPort = (router: number): number => portNumber("gateway", router);
/** The port itself, by its number. */
export const portUuid = (cloud: Cloud, port: number): string => uuidOf(cloud.seed, "port", port);

export const tapName = (cloud: Cloud, port: number): string => deviceName("tap", portUuid(cloud, port));
export const instanceName = (vm: Vm): string => `instance-${vm.index.toString(16).padStart(8, "0")}`;
export const serverName = (vm: Vm): string => `vm-${vm.network}-${vm.index}`;

export function hostAt(cloud: Cloud, index: number): Host {
  const host = cloud.hosts[index];
  if (host === undefined) throw new RangeError(`no host ${index}`);
  return host;
}

export function networkAt(cloud: Cloud, index: number): Network {
  const network = cloud.networks[index];
  if (network === undefined) throw new RangeError(`no network ${index}`);
  return network;
}

export function meshOf(cloud: Cloud, host: Host) {
  const mesh = cloud.meshes[host.mesh];
  if (mesh === undefined) throw new RangeError(`no mesh ${host.mesh}`);
  return mesh;
}

/** The first network nodes of a mesh reflect the routes of all its hosts. */
export function routeReflectors(cloud: Cloud, host: Host): readonly number[] {
  return meshOf(cloud, host).networkNodes.slice(0, 2);
}

export function clusterName(cloud: Cloud, host: Host): string | undefined {
  return cloud.clusters[host.cluster]?.name;
}
