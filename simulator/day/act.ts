import type { Cloud, Load, NetworkFault } from "../cloud/cloud.ts";
import { networkAt } from "../cloud/identity.ts";

/** One thing that happens to the cloud. Hosts, machines and networks are named by their indexes. */
export type Act =
  | {
      readonly kind: "boot";
      readonly vm: number;
      readonly host: number;
      readonly network: number;
      readonly flavor: number;
    }
  | { readonly kind: "start"; readonly vm: number }
  | { readonly kind: "delete"; readonly vm: number }
  | { readonly kind: "resize"; readonly vm: number; readonly flavor: number }
  /** A second domain appears at `to`; `migrated` ends the first. */
  | { readonly kind: "migrate"; readonly vm: number; readonly to: number }
  | { readonly kind: "migrated"; readonly vm: number }
  | { readonly kind: "secure"; readonly vm: number }
  | { readonly kind: "tap"; readonly vm: number; readonly present: boolean }
  | { readonly kind: "nic"; readonly host: number; readonly nic: number; readonly up: boolean }
  | { readonly kind: "mtu"; readonly host: number; readonly mtu: number | undefined }
  | { readonly kind: "tunnel-peer"; readonly host: number; readonly peer: number; readonly known: boolean }
  /** What a route reflector says of its session with `peer`. */
  | { readonly kind: "session"; readonly host: number; readonly peer: number; readonly up: boolean }
  | { readonly kind: "controller"; readonly host: number; readonly connected: boolean }
  | { readonly kind: "ovs-restart"; readonly host: number }
  | { readonly kind: "release"; readonly host: number; readonly release: number }
  | { readonly kind: "power"; readonly host: number; readonly on: boolean }
  | { readonly kind: "agent"; readonly host: number; readonly running: boolean }
  /** Whether agent and collector can talk. */
  | { readonly kind: "reach"; readonly host: number; readonly reachable: boolean }
  /** A daemon ends, or is there again, by the name that `process` metrics give it. */
  | { readonly kind: "process"; readonly host: number; readonly name: string; readonly running: boolean }
  /** The kernel kills a process for want of memory; whoever watches over it starts it anew at once. */
  | { readonly kind: "oom-kill"; readonly host: number; readonly name: string }
  /** Whom its agent's probes do not reach. */
  | {
      readonly kind: "unreached";
      readonly host: number;
      readonly silent: readonly string[];
      readonly refused: readonly string[];
    }
  | { readonly kind: "clock"; readonly host: number; readonly skewMs: number }
  | { readonly kind: "load"; readonly host: number; readonly load: Load; readonly factor: number }
  | { readonly kind: "network"; readonly network: number; readonly fault: NetworkFault | undefined };

/** The hosts whose agents have something else to say afterwards. */
export function touchedHosts(cloud: Cloud, act: Act): readonly number[] {
  switch (act.kind) {
    case "boot":
    case "nic":
    case "mtu":
    case "tunnel-peer":
    case "controller":
    case "ovs-restart":
    case "release":
    case "power":
    case "unreached":
      return [act.host];
    case "session":
      return [act.host, act.peer];
    case "start":
    case "delete":
    case "resize":
    case "migrated":
    case "secure":
    case "tap":
      return hostsOfVm(cloud, act.vm);
    case "migrate":
      return [...hostsOfVm(cloud, act.vm), act.to];
    case "network":
      return networkAt(cloud, act.network).dhcpHosts;
    case "agent":
    case "reach":
    case "process":
    case "oom-kill":
    case "clock":
    case "load":
      return [];
  }
}

function hostsOfVm(cloud: Cloud, index: number): readonly number[] {
  const vm = cloud.vms.get(index);
  if (vm === undefined) return [];
  return vm.target === undefined ? [vm.host] : [vm.host, vm.target];
}
