import type { Measurement } from "../core/metric-catalogue.ts";
import { hostName } from "./metric-load.ts";
import { mixed } from "./random-updates.ts";

export interface CloudLoad {
  readonly hosts: number;
  readonly clusters: number;
  /** Of each host. */
  readonly vms: number;
}

type Kind = readonly [
  measurement: Measurement,
  fields: readonly string[],
  /** Tags of the lines of a host, each with a comma before it. */
  lines: (host: number, load: CloudLoad) => readonly string[],
  everySeconds: number,
];

const ZONES = 3;
const RESOURCES = ["vcpus", "memory", "disk", "instances"];
const numbered = (count: number, tags: (n: number) => string) => () => Array.from({ length: count }, (_, n) => tags(n));
const zoneOf = (host: number) => `,zone=az-${host % ZONES}`;
const isNetworkNode = (host: number) => host % 20 === 0;

/** What the dashboards of clouds, network nodes, capacity and meshes ask of every host. */
const KINDS: readonly Kind[] = [
  ["system", ["load1"], () => [""], 10],
  ["cloud_host", ["up"], (host) => [`${zoneOf(host)},region=r-1,rack=k-${host % 250}`], 60],
  ["ovs_datapath", ["missed"], () => [",datapath=system@ovs-system"], 10],
  [
    "network_node",
    [
      ...["rx_bytes", "tx_bytes", "rx_packets", "tx_packets", "routers", "active_routers", "dhcp_networks"],
      ...["uplink_rx_bytes", "uplink_tx_bytes", "uplink_rx_packets", "uplink_tx_packets"],
    ],
    (host) => (isNetworkNode(host) ? [""] : []),
    10,
  ],
  [
    "vm_net",
    ["rx_bytes", "tx_bytes"],
    (host, { vms }) =>
      Array.from({ length: vms }, (_, n) => `,vm_id=${mixed(host, n).toString(16)}-${n},interface=tap${n}`),
    10,
  ],
  [
    "mesh",
    ["sent", "lost", "rtt_s"],
    (host, { hosts }) =>
      numbered(
        10,
        (n) => `,peer=${hostName((host + 37 * n + 1) % hosts)},path=underlay,class=${n < 4 ? "rack" : "zone"}`,
      )(),
    10,
  ],
  ["bgp_table", ["peers", "peers_down"], () => [",daemon=frr,afi=l2vpn-evpn"], 10],
  ["evpn_vni", ["macs", "remote_vteps", "duplicate_macs"], numbered(8, (n) => `,vni=${5_000 + n}`), 10],
  [
    "alerts",
    ["count", "started"],
    (host) => (host % 2 === 0 ? [",alertname=ConntrackFull,severity=critical,alertstate=firing"] : []),
    10,
  ],
  [
    "os_capacity",
    ["used", "total", "available"],
    (host) => RESOURCES.map((resource) => `,scope=host,resource=${resource},region=r-1${zoneOf(host)}`),
    60,
  ],
  ["os_service", ["up"], () => [",binary=nova-compute,region=r-1"], 60],
  ["os_agent", ["alive"], () => [",type=Open\\ vSwitch\\ agent,region=r-1"], 60],
];

/** Of each cluster, besides. */
const OF_CLUSTERS: readonly Kind[] = [
  [
    "cloud",
    ["hosts", "agents", "agents_silent", "vms", "interfaces_down"],
    numbered(ZONES, (n) => `,region=r-1,zone=az-${n}`),
    10,
  ],
  [
    "os_capacity",
    ["used", "total", "available"],
    () => [...RESOURCES, "floating_ips"].map((resource) => `,scope=cluster,resource=${resource}`),
    60,
  ],
  [
    "os_subnet_range",
    ["used", "total"],
    numbered(200, (n) => `,subnet=s-${n >> 2},region=r-${n % 4},range=10.0.${n}.0-10.0.${n}.255`),
    60,
  ],
  ["os_servers", ["count"], () => [",status=ACTIVE", ",status=SHUTOFF"], 60],
];

export const clusterName = (cluster: number): string => `cloud-${String(cluster).padStart(2, "0")}`;

/** Line protocol of some hosts at one moment, in milliseconds; those that are first of their cluster tell of it as well. */
export function bodyAt(load: CloudLoad, [first, end]: readonly [first: number, end: number], atMs: number): string {
  const lines: string[] = [];
  for (let host = first; host < end; host++) {
    const cluster = host % load.clusters;
    const kinds = host < load.clusters ? [...KINDS, ...OF_CLUSTERS] : KINDS;
    for (const [measurement, fields, of, everySeconds] of kinds) {
      if (atMs % (everySeconds * 1_000) !== 0) continue;
      const isOfCluster = OF_CLUSTERS.some(([, , each]) => each === of);
      const tags = `,cluster=${clusterName(cluster)}${isOfCluster ? "" : `,host=${hostName(host)}`}`;
      for (const [n, own] of of(host, load).entries()) {
        const values = fields.map((field, place) => `${field}=${fieldAt(field, mixed(host, n * 16 + place), atMs)}`);
        lines.push(`${measurement}${tags}${own} ${values.join(",")} ${atMs}`);
      }
    }
  }
  return lines.join("\n");
}

const COUNTERS = /bytes|packets|missed|sent|lost/;

/** A counter grows at its own pace; a gauge wanders a little. */
function fieldAt(field: string, own: number, atMs: number): number {
  const ticks = (atMs / 10_000) % 1e6;
  if (field === "up" || field === "alive") return 1;
  if (field === "total") return 4_096;
  if (COUNTERS.test(field)) return Math.round((own % 1e6) + ticks * ((own % 9_973) + 1));
  return own % 1_000;
}
