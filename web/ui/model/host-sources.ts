import type { Attributes } from "../../../core/element.ts";

/** Sources of a host by the names its agent gives them, sorted. */
export interface HostSources {
  readonly there: readonly string[];
  /** Of those that such a host usually has. */
  readonly missing: readonly string[];
}

const OF_EVERY_HOST = ["connections", "conntrack", "lldp", "openvswitch", "ovs-vswitchd"] as const;

/** A network node has routers and no machines, every other host of a cloud may have machines. Undefined: nothing is told. */
export function hostSources({ sources, role }: Attributes): HostSources | undefined {
  if (!Array.isArray(sources)) return undefined;
  const there = sources.map(String);
  const usual = [...OF_EVERY_HOST, role === "network" ? "network_node" : "libvirt"];
  return { there, missing: usual.filter((name) => !there.includes(name)).sort() };
}
