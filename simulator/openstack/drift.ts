import { poolLastOffset, portNumber, tenantAddress } from "../cloud/addresses.ts";
import type { Cloud, Host, Vm } from "../cloud/cloud.ts";
import { portUuid, projectId, vmUuid } from "../cloud/identity.ts";
import { hash32, uuidOf } from "../random.ts";
import { portOf } from "./neutron-ports.ts";
import { computeNodes, machinesOn } from "./nova-hosts.ts";
import type { OpenStackObject, View } from "./view.ts";

// Where OpenStack and the hosts do not agree, on purpose: how much of it, and the answers for whoever checks.

export interface DriftPlan {
  /** Ports that Neutron has bound to a host where nothing of them is. */
  readonly portsNotOnHost: number;
  /** Machines whose domain runs on a host while Nova has no server of them. */
  readonly domainsUnknownToNova: number;
  /** Servers that are active, says Nova, on a host where no domain of them is. */
  readonly serversWithoutDomain: number;
  /** Ports of machines that Neutron could not bind, while the machines run. */
  readonly bindingsFailed: number;
  /** Compute nodes that have machines while Nova has neither a service nor a hypervisor there. */
  readonly hostsUnknownToNova: number;
}

export const NO_DRIFT: DriftPlan = {
  portsNotOnHost: 0,
  domainsUnknownToNova: 0,
  serversWithoutDomain: 0,
  bindingsFailed: 0,
  hostsUnknownToNova: 0,
};

/** What has been chosen: UUIDs, and the hosts they are on by the names agents give them. */
export interface Drift {
  readonly portsNotOnHost: readonly { readonly port: string; readonly host: string }[];
  readonly domainsUnknownToNova: readonly { readonly server: string; readonly host: string }[];
  readonly serversWithoutDomain: readonly { readonly server: string; readonly host: string }[];
  readonly bindingsFailed: readonly { readonly port: string; readonly server: string; readonly host: string }[];
  readonly hostsUnknownToNova: readonly string[];
}

/** The same, by numbers. */
export interface ChosenDrift {
  readonly answers: Drift;
  readonly ghostPorts: ReadonlyMap<number, GhostPort>;
  readonly ghostServers: ReadonlyMap<number, Vm>;
  readonly hiddenVms: ReadonlySet<number>;
  readonly failedVms: ReadonlySet<number>;
  readonly hiddenHosts: ReadonlySet<number>;
}

interface GhostPort {
  readonly host: Host;
  readonly network: number;
  readonly order: number;
}

const GHOSTS_PER_CLUSTER = 100;
/** Machines of a cloud have lower numbers, those of a day's churn included. */
const FIRST_GHOST_SERVER = 2_000_000_000;

/** Spread over the cluster, and the same for the same seed and plan. A plan beyond what there is gets what there is. */
export function chooseDrift(cloud: Cloud, cluster: number, plan: DriftPlan): ChosenDrift {
  const hosts = spread(cloud.seed, computeNodes(cloud, cluster), ({ index }) => index);
  const hiddenHosts = hosts.slice(0, Math.min(plan.hostsUnknownToNova, Math.max(0, hosts.length - 2)));
  const known = hosts.slice(hiddenHosts.length);
  const vms = spread(
    cloud.seed,
    known.flatMap((host) => machinesOn(cloud, host)),
    ({ index }) => index,
  );
  const hidden = vms.slice(0, plan.domainsUnknownToNova);
  const failed = vms.slice(hidden.length, hidden.length + plan.bindingsFailed);
  const networks = cloud.networks.filter((network) => network.cluster === cluster);
  const at = <T>(list: readonly T[], n: number) => list[n % Math.max(1, list.length)];
  const ghostPorts = new Map<number, GhostPort>();
  for (let order = 0; order < Math.min(plan.portsNotOnHost, GHOSTS_PER_CLUSTER); order++) {
    const [host, network] = [at(known, order), at(networks, order)];
    if (host === undefined || network === undefined) break;
    ghostPorts.set(portNumber("ghost", cluster * GHOSTS_PER_CLUSTER + order), { host, network: network.index, order });
  }
  const ghostServers = new Map<number, Vm>();
  for (let order = 0; order < Math.min(plan.serversWithoutDomain, GHOSTS_PER_CLUSTER); order++) {
    const [host, network] = [at(known, order), at(networks, order)];
    if (host === undefined || network === undefined) break;
    const index = FIRST_GHOST_SERVER + cluster * GHOSTS_PER_CLUSTER + order;
    ghostServers.set(index, ghostServer(index, host, network.index));
  }
  const nameOf = (index: number) => cloud.hosts[index]?.name ?? "";
  return {
    ghostPorts,
    ghostServers,
    hiddenVms: new Set(hidden.map(({ index }) => index)),
    failedVms: new Set(failed.map(({ index }) => index)),
    hiddenHosts: new Set(hiddenHosts.map(({ index }) => index)),
    answers: {
      portsNotOnHost: [...ghostPorts].map(([number, { host }]) => ({
        port: portUuid(cloud, number),
        host: host.name,
      })),
      domainsUnknownToNova: hidden.map(({ index, host }) => ({ server: vmUuid(cloud, index), host: nameOf(host) })),
      serversWithoutDomain: [...ghostServers.values()].map(({ index, host }) => ({
        server: vmUuid(cloud, index),
        host: nameOf(host),
      })),
      bindingsFailed: failed.map(({ index, host }) => ({
        port: portUuid(cloud, index),
        server: vmUuid(cloud, index),
        host: nameOf(host),
      })),
      hostsUnknownToNova: hiddenHosts.map(({ name }) => name),
    },
  };
}

/** The end of the pool is what is taken last. */
export function ghostPort(view: View, number: number, { host, network, order }: GhostPort): OpenStackObject {
  return portOf(view, {
    ...{ number, network, project: projectId(view.cloud, network), host, owner: "compute:nova" },
    ...{ address: tenantAddress(network, poolLastOffset(network) - order), createdMs: -3_600_000 },
    device: uuidOf(view.cloud.seed, "ghost", number),
  });
}

function ghostServer(index: number, host: Host, network: number): Vm {
  return {
    ...{ index, network, address: 0, flavor: 0, host: host.index, target: undefined, state: "running" },
    ...{ tapLost: false, securityRevision: 0, bornMs: -3_600_000, startedMs: -3_600_000 },
  };
}

function spread<T>(seed: number, list: readonly T[], numberOf: (item: T) => number): readonly T[] {
  return list.toSorted((a, b) => hash32(seed, 0xd71f7, numberOf(a)) - hash32(seed, 0xd71f7, numberOf(b)));
}
