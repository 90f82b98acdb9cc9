import type { Cloud, Host } from "../cloud/cloud.ts";
import { noise, textHash } from "../random.ts";
import { secondsOf } from "./host-points.ts";
import type { SimulatedPoint } from "./line-of.ts";
import type { Moment } from "./rhythm.ts";

const PROCESS = textHash("process");

/** A daemon: CPU seconds a second, memory, threads. */
interface Daemon {
  readonly comm: string;
  readonly busy: number;
  readonly rssBytes: number;
  readonly threads: number;
}

const OVS: Daemon = { comm: "ovs-vswitchd", busy: 0.04, rssBytes: 180e6, threads: 30 };
const NEUTRON: Daemon = { comm: "neutron-openvswitch-agent", busy: 0.02, rssBytes: 140e6, threads: 1 };
const ON_COMPUTE: readonly Daemon[] = [
  OVS,
  NEUTRON,
  { comm: "libvirtd", busy: 0.01, rssBytes: 60e6, threads: 24 },
  { comm: "nova-compute", busy: 0.015, rssBytes: 210e6, threads: 22 },
];
const ON_NETWORK: readonly Daemon[] = [
  OVS,
  NEUTRON,
  { comm: "neutron-l3-agent", busy: 0.02, rssBytes: 150e6, threads: 1 },
  { comm: "neutron-dhcp-agent", busy: 0.01, rssBytes: 130e6, threads: 1 },
];

/** The daemons a host is there for. Open vSwitch works more when more packets come up to it. */
export function processPoints(cloud: Cloud, host: Host, moment: Moment): readonly SimulatedPoint[] {
  const upcalls = secondsOf(cloud, host, moment, "upcalls");
  return (host.role === "network" ? ON_NETWORK : ON_COMPUTE).map(({ comm, busy, rssBytes, threads }, n) => ({
    measurement: "process",
    tags: { comm, guest: "" },
    fields: host.condition.missingProcesses.includes(comm)
      ? GONE
      : {
          cpu_s: busy * upcalls,
          rss_bytes: { int: rssBytes * (0.9 + 0.2 * noise(cloud.seed, PROCESS, host.index, n)) },
          threads: { int: threads },
          count: ONE,
          major_faults: NONE,
          running: NONE,
          sleeping: ONE,
          uninterruptible: NONE,
          zombies: NONE,
        },
  }));
}

const GONE = {
  rss_bytes: { int: 0 },
  threads: { int: 0 },
  count: { int: 0 },
  running: { int: 0 },
  sleeping: { int: 0 },
};
const NONE = { int: 0 };
const ONE = { int: 1 };
