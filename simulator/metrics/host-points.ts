import { UNDERLAY_MTU } from "../cloud/addresses.ts";
import type { Cloud, Host, Load } from "../cloud/cloud.ts";
import { duties } from "../elements/namespace-elements.ts";
import { CONNTRACK_MAX, NICS } from "../elements/underlay-elements.ts";
import { noise, textHash } from "../random.ts";
import type { ConntrackFigures } from "./conntrack-table.ts";
import type { SimulatedPoint } from "./line-of.ts";
import { countedUntilMs, growthAt, type Moment, PEAK, rhythm, surgeFactor } from "./rhythm.ts";
import { type Carried, carriedTraffic } from "./traffic.ts";

const BUSY = textHash("cpu");
const FIGURES = textHash("figures");
const BUSIEST = 0.97;

/** What the agent of a host measures of the machine itself. */
export function hostPoints(
  cloud: Cloud,
  host: Host,
  moment: Moment,
  connections: ConntrackFigures,
): readonly SimulatedPoint[] {
  const carried = carriedTraffic(cloud, host, moment);
  return [
    ...cpuPoints(cloud, host, moment),
    memoryPoint(cloud, host, moment),
    diskPoint(cloud, host, moment),
    conntrackPoint(connections),
    ...interfacePoints(host, carried),
    ...networkNodePoints(cloud, host, carried),
    {
      measurement: "softnet",
      tags: { cpu: "0" },
      fields: {
        processed: { int: carried.packets },
        dropped: { int: carried.droppedPackets },
        time_squeeze: { int: carried.packets / 1e5 },
      },
    },
    datapathPoint(cloud, host, moment, carried),
    tunnelPoint(host, carried),
    {
      measurement: "agent",
      tags: {},
      fields: {
        sample_cpu_s: 0.02 + 0.01 * noise(host.index, moment.atMs),
        rss_bytes: { int: 62e6 },
        buffered_bytes: { int: 0 },
      },
    },
  ];
}

/** Average seconds of a load so far. */
export function secondsOf(cloud: Cloud, host: Host, moment: Moment, load: Load): number {
  const growth = growthAt(cloud, countedUntilMs(moment, host.index), { condition: host.condition, load });
  return growth.usual + growth.surplus;
}

function cpuPoints(cloud: Cloud, host: Host, moment: Moment): readonly SimulatedPoint[] {
  const cpus = host.role === "network" ? 32 : 64;
  const usual = 0.1 + 0.45 * noise(cloud.seed, BUSY, host.index);
  const mostFactor = BUSIEST / (usual * PEAK);
  const untilMs = countedUntilMs(moment, host.index);
  const growth = growthAt(cloud, untilMs, { condition: host.condition, load: "cpu", mostFactor });
  const busy = cpus * usual * (growth.usual + growth.surplus);
  const now =
    usual * rhythm(cloud, moment.atMs) * Math.min(mostFactor, surgeFactor(host.condition, "cpu", moment.atMs));
  return [
    {
      measurement: "cpu",
      tags: { cpu: "all" },
      fields: {
        user_s: busy * 0.7,
        system_s: busy * 0.2,
        softirq_s: busy * 0.1,
        idle_s: growth.seconds * cpus - busy,
        steal_s: 0,
        guest_s: host.role === "network" ? 0 : busy * 0.6,
      },
    },
    {
      measurement: "system",
      tags: {},
      fields: {
        load1: now * cpus,
        load5: now * cpus * 0.97,
        load15: now * cpus * 0.95,
        cpus: { int: cpus },
        context_switches: { int: busy * 1_500 },
        processes_running: { int: Math.ceil(now * cpus) },
        uptime_s: uptimeSeconds(host, moment),
      },
    },
  ];
}

/** Hosts that have not booted since the cloud began have run for forty days by then. */
export function uptimeSeconds({ condition }: Host, { atMs }: Moment): number {
  const { bootedMs } = condition;
  return bootedMs === undefined ? 40 * 86_400 + atMs / 1_000 : Math.max(0, atMs - bootedMs) / 1_000;
}

function memoryPoint(cloud: Cloud, host: Host, { atMs }: Moment): SimulatedPoint {
  const total = (host.role === "network" ? 128 : 512) * 2 ** 30;
  const usual = 0.35 + 0.4 * noise(cloud.seed, FIGURES, host.index) + 0.02 * rhythm(cloud, atMs);
  const used = Math.min(0.995, usual * surgeFactor(host.condition, "memory", atMs));
  return {
    measurement: "mem",
    tags: {},
    fields: {
      total_bytes: { int: total },
      available_bytes: { int: total * (1 - used) },
      free_bytes: { int: total * (1 - used) * 0.6 },
      cached_bytes: { int: total * Math.min(0.08, (1 - used) / 2) },
      swap_total_bytes: { int: 0 },
      swap_free_bytes: { int: 0 },
      oom_kills: { int: host.condition.oomKills },
    },
  };
}

/** Of one request on an ordinary day, and of one in a surge. */
const READ_S = 0.000_1;
const WRITE_S = 0.000_05;
const CROWDED = 10;

/** Requests take longer the more there are. */
function diskPoint(cloud: Cloud, host: Host, moment: Moment): SimulatedPoint {
  const untilMs = countedUntilMs(moment, host.index);
  const { usual, surplus } = growthAt(cloud, untilMs, { condition: host.condition, load: "disk" });
  const [seconds, crowded] = [usual + surplus, usual + CROWDED * surplus];
  const factor = surgeFactor(host.condition, "disk", moment.atMs);
  const slower = (1 + CROWDED * (factor - 1)) / factor;
  const spread = 0.9 + 0.2 * noise(host.index, moment.atMs);
  const [read, write] = [READ_S * slower * spread, WRITE_S * slower * spread];
  return {
    measurement: "diskio",
    tags: { device: "nvme0n1" },
    fields: {
      reads: { int: seconds * 80 },
      writes: { int: seconds * 240 },
      read_bytes: { int: seconds * 3e6 },
      write_bytes: { int: seconds * 9e6 },
      read_time_s: crowded * 80 * READ_S,
      write_time_s: crowded * 240 * WRITE_S,
      io_time_s: seconds * 0.03,
      weighted_io_time_s: seconds * 0.04,
      in_flight: { int: Math.round(factor) - 1 },
      read_latency_s: read,
      read_latency_p50_s: read * 0.9,
      read_latency_p95_s: read * 2,
      read_latency_p99_s: read * 3.5,
      write_latency_s: write,
      write_latency_p50_s: write * 0.9,
      write_latency_p95_s: write * 2,
      write_latency_p99_s: write * 3.5,
    },
  };
}

function conntrackPoint({ count, dropped }: ConntrackFigures): SimulatedPoint {
  return {
    measurement: "conntrack",
    tags: { netns: "" },
    fields: {
      count: { int: count },
      max: { int: CONNTRACK_MAX },
      buckets: { int: CONNTRACK_MAX / 4 },
      insert_failed: { int: dropped / 3 },
      drop: { int: dropped },
      early_drop: { int: dropped / 10 },
    },
  };
}

/** The cards and their bond. */
function interfacePoints({ condition }: Host, { bytes, packets, droppedPackets }: Carried): readonly SimulatedPoint[] {
  return [...NICS, "bond0"].map((name, nic): SimulatedPoint => {
    const isBond = name === "bond0";
    const share = isBond ? 1 : 0.5;
    const up = isBond ? condition.downNics.length < NICS.length : !condition.downNics.includes(nic);
    return {
      measurement: "net_if",
      tags: { netns: "", interface: name, kind: isBond ? "bond" : "nic" },
      fields: {
        rx_bytes: { int: bytes * share },
        rx_packets: { int: packets * share },
        rx_errors: { int: 0 },
        rx_dropped: { int: droppedPackets * share },
        tx_bytes: { int: bytes * share * 0.8 },
        tx_packets: { int: packets * share * 0.8 },
        tx_errors: { int: 0 },
        tx_dropped: { int: 0 },
        up: { int: up ? 1 : 0 },
        speed_bps: { int: isBond ? 50e9 : 25e9 },
        mtu_bytes: { int: condition.mtu ?? UNDERLAY_MTU },
      },
    };
  });
}

/** Of a network node: what its routers carry, of which nine tenths leave again as they came. */
function networkNodePoints(cloud: Cloud, host: Host, { bytes, packets }: Carried): readonly SimulatedPoint[] {
  if (host.role !== "network") return [];
  const { routers, networks } = duties(cloud, host);
  return [
    {
      measurement: "network_node",
      tags: {},
      fields: {
        rx_bytes: { int: bytes },
        rx_packets: { int: packets },
        tx_bytes: { int: bytes * 0.9 },
        tx_packets: { int: packets * 0.9 },
        uplink_rx_bytes: { int: bytes },
        uplink_rx_packets: { int: packets },
        uplink_tx_bytes: { int: bytes * 0.8 },
        uplink_tx_packets: { int: packets * 0.8 },
        routers: { int: routers.length },
        dhcp_networks: { int: networks.length },
      },
    },
  ];
}

/** `missed`: packets that went up to user space; `lost`: those it did not take in time. */
function datapathPoint(cloud: Cloud, host: Host, moment: Moment, { packets }: Carried): SimulatedPoint {
  const upcalls = secondsOf(cloud, host, moment, "upcalls") * 200;
  return {
    measurement: "ovs_datapath",
    tags: { datapath: "system@ovs-system" },
    fields: {
      hit: { int: packets },
      missed: { int: upcalls },
      lost: { int: upcalls * 0.0001 },
      flows: { int: Math.round((500 + 120 * host.vms.size) * rhythm(cloud, moment.atMs)) },
    },
  };
}

/** The one device all tunnels go through: all that the host carries, in packets of the underlay. */
function tunnelPoint(host: Host, { bytes, packets }: Carried): SimulatedPoint {
  return {
    measurement: "ovs_interface",
    tags: { bridge: "br-tun", port: "vxlan", interface: "vxlan", type: "vxlan", remote_ip: "flow" },
    fields: {
      rx_bytes: { int: bytes * 0.9 },
      rx_packets: { int: packets * 0.9 },
      tx_bytes: { int: bytes * 0.7 },
      tx_packets: { int: packets * 0.7 },
      tx_errors: { int: 0 },
      link_up: { int: 1 },
      admin_up: { int: 1 },
      link_resets: { int: host.condition.ovsRestarts },
    },
  };
}
