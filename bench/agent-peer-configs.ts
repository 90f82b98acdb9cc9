export interface CollectdPlaces {
  readonly folder: string;
  readonly socket: string;
}

/** What a host has, and what the package can say of processes by name, Open vSwitch, libvirt and conntrack. */
const COLLECTD_PLUGINS = [
  ...["cpu", "memory", "disk", "df", "interface", "load", "processes", "conntrack", "contextswitch", "entropy"],
  ...["irq", "numa", "protocols", "swap", "tcpconns", "uptime", "vmem", "hugepages", "ovs_stats", "virt"],
  ...["network", "unixsock"],
];
const NAMED_PROCESSES = ["ovs-vswitchd", "ovsdb-server", "libvirtd", "qemu-system-x86", "nova-compute", "haproxy"];

/** collectd.conf(5). */
export function collectdConfig({ folder, socket }: CollectdPlaces, port: number): string {
  return `${[
    'Hostname "bench"',
    "FQDNLookup false",
    `BaseDir "${folder}"`,
    "Interval 10",
    'TypesDB "/usr/share/collectd/types.db"',
    ...COLLECTD_PLUGINS.map((name) => `LoadPlugin ${name}`),
    "<Plugin processes>",
    ...NAMED_PROCESSES.map((name) => `  Process "${name}"`),
    "</Plugin>",
    "<Plugin ovs_stats>",
    '  Socket "/var/run/openvswitch/db.sock"',
    '  Bridges "br-int"',
    "</Plugin>",
    "<Plugin virt>",
    '  Connection "qemu:///system"',
    "  RefreshInterval 60",
    "</Plugin>",
    "<Plugin network>",
    `  Server "127.0.0.1" "${port}"`,
    "</Plugin>",
    "<Plugin unixsock>",
    `  SocketFile "${socket}"`,
    '  SocketPerms "0600"',
    "  DeleteSocket true",
    "</Plugin>",
  ].join("\n")}\n`;
}

export interface NetdataPlaces {
  readonly folder: string;
  readonly everySeconds: number;
  readonly port: number;
}

/** All as it comes, but for folders, the port, the interval and what would ask the network. */
export function netdataConfig({ folder, everySeconds, port }: NetdataPlaces): string {
  return `[global]
  run as user = root
  hostname = bench
[directories]
  cache = ${folder}/cache
  lib = ${folder}/lib
  log = ${folder}/log
  config = ${folder}/etc
[db]
  update every = ${everySeconds}
[web]
  bind to = 127.0.0.1:${port}
[registry]
  enabled = no
`;
}
