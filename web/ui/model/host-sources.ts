import type { Attributes } from "../../../core/element.ts";

/** Sources of a host by the names its agent gives them, sorted. */
export interface HostSources {
  readonly there: readonly string[];
  /** Of those that such a host usually has. */
  readonly missing: readonly string[];
}

const OF_EVERY_HOST = ["connections", "conntrack", "lldp", "openvswitch", "ovs-vswitchd"] as const;

/** Every host of a cloud but a network node may have machines. Undefined: nothing is told. */
export function hostSources({ sources, role }: Attributes): HostSources | undefined {
  if (!Array.isArray(sources)) return undefined;
  const there = sources.map(String);
  const usual = role === "network" ? OF_EVERY_HOST : ["libvirt", ...OF_EVERY_HOST];
  return { there, missing: usual.filter((name) => !there.includes(name)) };
}
