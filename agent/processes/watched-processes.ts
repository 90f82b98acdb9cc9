/**
 * Processes that are always reported, and whose end and restart are told. `*` stands for any letters. Machines run by QEMU are
 * always reported too, each by its name, but nobody is told that one is missing: they come and go. So do Neutron's
 * helpers (`neutron-rootwrap-daemon` ends when it is idle), which is why the patterns are no wider.
 */
export const WATCHED_PROCESSES: readonly string[] = [
  "ovs-vswitchd",
  "ovsdb-server",
  "ovn-controller",
  "ovn-northd",
  "libvirtd",
  "virtqemud",
  "nova-compute",
  "nova-api*",
  "nova-conductor",
  "nova-scheduler",
  "nova-novncproxy",
  "neutron-server",
  "neutron-*-agent",
  "cinder-volume",
  "ironic-conductor",
  "dnsmasq",
  "haproxy",
  "keepalived",
  "radvd",
  "bgpd",
  "zebra",
  "bfdd",
  "ospfd",
  "gobgpd",
  "lldpd",
  "iscsid",
  "multipathd",
  "chronyd",
  "dockerd",
  "containerd",
];

/** Whether a name is one of these. */
export function createNameMatcher(patterns: readonly string[]): (name: string) => boolean {
  const names = new Set(patterns.filter((it) => !it.includes("*")));
  const expressions = patterns.filter((it) => it.includes("*")).map(expressionOf);
  return (name) => names.has(name) || expressions.some((it) => it.test(name));
}

function expressionOf(pattern: string): RegExp {
  const literal = pattern.split("*").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${literal.join(".*")}$`);
}
