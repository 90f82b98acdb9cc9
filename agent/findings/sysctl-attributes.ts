import type { Attributes } from "../../core/element.ts";
import { type ConfiguredSysctls, sysctlName, sysctlPath } from "./sysctl-files.ts";

/** Settings that decide whether a network or compute node of a cloud works. */
export const SYSCTLS: readonly string[] = [
  "fs.aio-max-nr",
  "fs.file-max",
  "fs.inotify.max_user_instances",
  "kernel.panic",
  "kernel.panic_on_oops",
  "kernel.pid_max",
  "net.bridge.bridge-nf-call-arptables",
  "net.bridge.bridge-nf-call-ip6tables",
  "net.bridge.bridge-nf-call-iptables",
  "net.core.netdev_budget",
  "net.core.netdev_max_backlog",
  "net.core.rmem_max",
  "net.core.somaxconn",
  "net.core.wmem_max",
  "net.ipv4.conf.all.rp_filter",
  "net.ipv4.conf.default.rp_filter",
  "net.ipv4.ip_forward",
  "net.ipv4.ip_local_port_range",
  "net.ipv4.neigh.default.gc_thresh1",
  "net.ipv4.neigh.default.gc_thresh2",
  "net.ipv4.neigh.default.gc_thresh3",
  "net.ipv4.tcp_keepalive_time",
  "net.ipv6.conf.all.forwarding",
  "net.ipv6.neigh.default.gc_thresh1",
  "net.ipv6.neigh.default.gc_thresh2",
  "net.ipv6.neigh.default.gc_thresh3",
  "net.netfilter.nf_conntrack_buckets",
  "net.netfilter.nf_conntrack_max",
  "net.netfilter.nf_conntrack_tcp_timeout_established",
  "vm.dirty_background_ratio",
  "vm.dirty_ratio",
  "vm.max_map_count",
  "vm.min_free_kbytes",
  "vm.nr_hugepages",
  "vm.overcommit_memory",
  "vm.overcommit_ratio",
  "vm.swappiness",
];

const CONNTRACK_MAX = "net/netfilter/nf_conntrack_max";
const CONNTRACK_BUCKETS = "net/netfilter/nf_conntrack_buckets";

/** Buckets in one page of a table of 8-byte heads: the kernel rounds up to whole pages of 4 KiB. */
const BUCKETS_PER_PAGE = 512;

export interface SysctlReadings {
  readonly names: readonly string[];
  readonly configured: ConfiguredSysctls;
  /** The text of a setting's file in /proc/sys; undefined where this kernel has none. */
  readonly running: (path: string) => string | undefined;
  /** What the kernel sets for want of a file; see `conntrackDefault`. */
  readonly conntrackMaxDefault: string | undefined;
}

/**
 * Attributes of the host: `sysctl.<name>`, what runs, and `sysctl_configured.<name>`, what the next boot will bring. A setting that no file
 * names has no second one, but `nf_conntrack_max`: what the kernel makes of it is known, and a table that was enlarged by
 * hand under load and shrinks at the next boot is what people want to be told of.
 */
export function sysctlAttributes({ names, configured, running, conntrackMaxDefault }: SysctlReadings): Attributes {
  const attributes: Record<string, string> = {};
  for (const path of new Set(names.map(sysctlPath))) {
    const value = running(path)?.trim().replaceAll(/\s+/g, " ");
    if (value === undefined) continue;
    const name = sysctlName(path);
    attributes[`sysctl.${name}`] = value;
    const fallback = path === CONNTRACK_MAX ? conntrackMaxDefault : undefined;
    const wanted = configured.valueOf(path) ?? fallback;
    if (wanted !== undefined) attributes[`sysctl_configured.${name}`] = inForce(path, wanted);
  }
  return attributes;
}

/** What a setting reads as once it has been written. */
function inForce(path: string, wanted: string): string {
  if (path !== CONNTRACK_BUCKETS || !/^\d+$/.test(wanted)) return wanted.replaceAll(/\s+/g, " ");
  return String(Math.ceil(Number(wanted) / BUCKETS_PER_PAGE) * BUCKETS_PER_PAGE);
}

const GIB = 2 ** 30;

/**
 * What the kernel makes of nf_conntrack_max by itself (nf_conntrack_init_start): 262,144 on a machine of more than 4 GiB,
 * both since 5.15 and before. Undefined, since it depends on more, on smaller ones and where the module was given a size, in
 * modprobe.d or on the kernel's command line.
 */
export function conntrackDefault(memoryBytes: number, moduleSettings: readonly string[]): string | undefined {
  const isSized = moduleSettings.some((text) => /^[^#\n]*\bnf_conntrack\b[^\n]*\bhashsize=/m.test(text));
  // A little of 4 GiB is missing from what the kernel counts.
  return isSized || memoryBytes <= 4.5 * GIB ? undefined : "262144";
}
