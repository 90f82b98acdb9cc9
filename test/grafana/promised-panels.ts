/** What a panel draws of `promised-samples`, computed by hand: each line by its name, below zero where it is drawn below the axis. */
interface PromisedPanel {
  readonly unit: string;
  readonly lines: Readonly<Record<string, number>>;
}
type Promised = Readonly<Record<string, PromisedPanel>>;

/** Traffic, share of traffic, packets, share of packets: ByteDance's network nodes. */
const NETWORK_NODES: Promised = {
  "Network nodes that carry most": { unit: "bps", lines: { "net-1": 8 * 2, "net-2": 8 * 37 } },
  "Network nodes that carry most packets": { unit: "pps", lines: { "net-1": 5, "net-2": 43 } },
  "Share of traffic": { unit: "percent", lines: { "net-1": 500 / 83, "net-2": 7_800 / 83 } },
  "Share of packets": { unit: "percent", lines: { "net-1": 1_200 / 102, "net-2": 9_000 / 102 } },
  "Traffic through routers": {
    unit: "bps",
    lines: { "net-1 in": 8 * 2, "net-1 out": -8 * 3, "net-2 in": 8 * 37, "net-2 out": -8 * 41 },
  },
  "Packets through routers": {
    unit: "pps",
    lines: { "net-1 in": 5, "net-1 out": -7, "net-2 in": 43, "net-2 out": -47 },
  },
  "Traffic of the network cards": {
    unit: "bps",
    lines: { "net-1 in": 8 * 11, "net-1 out": -8 * 13, "net-2 in": 8 * 53, "net-2 out": -8 * 59 },
  },
  "Packets of the network cards": {
    unit: "pps",
    lines: { "net-1 in": 17, "net-1 out": -19, "net-2 in": 61, "net-2 out": -67 },
  },
  Routers: {
    unit: "short",
    lines: { "net-1 routers": 23, "net-1 active": 29, "net-2 routers": 71, "net-2 active": 73 },
  },
  "Networks with DHCP": { unit: "short", lines: { "net-1": 31, "net-2": 79 } },
};

/** CPU of each process, traffic and connections of each machine, the upcall ratio: ByteDance's compute node. */
const COMPUTE_NODE: Promised = {
  "CPU of each process": { unit: "short", lines: { "nova-compute": 2, "qemu-kvm": 3 + 5 } },
  "Processes that use most CPU": { unit: "short", lines: { "nova-compute": 2, "qemu-kvm": 3 + 5 } },
  "Network traffic of each VM": { unit: "bps", lines: { "vm-1 in": 8 * (2 + 23), "vm-1 out": -8 * (3 + 29) } },
  "Packets of each VM": { unit: "pps", lines: { "vm-1 in": 5 + 31, "vm-1 out": -(7 + 37) } },
  "Connections of each VM": { unit: "short", lines: { "vm-1": 59 + 71 } },
  "VMs that send most": { unit: "bps", lines: { "vm-1": 8 * (3 + 29) } },
  "OVS upcall ratio": { unit: "percent", lines: { system: 8_900 / (83 + 89) } },
  "OVS upcalls": { unit: "pps", lines: { "system missed": 89, "system lost": 97 } },
  "OVS flows against the limit": { unit: "short", lines: { "system flows": 101, "system limit": 113 } },
};

/** NetEase's thirteen indicators of a machine, and the others of that page. */
const VM: Promised = {
  Running: { unit: "bool", lines: { "vm-1 running": 71 } },
  "Time since it was started here": { unit: "s", lines: { "vm-1 up": 2 } },
  vCPUs: { unit: "short", lines: { "vm-1 vCPUs": 3 } },
  "Connections now": { unit: "short", lines: { "vm-1 connections": 59 + 71 } },
  "CPU used": { unit: "percent", lines: { "vm-1": 500 / 3 } },
  "CPU of each vCPU": { unit: "percent", lines: { "vm-1 vCPU 0": 200, "vm-1 vCPU 1": 500 } },
  "CPU steal": { unit: "percent", lines: { "vm-1": 1_300 / 3 } },
  "Memory used": { unit: "percent", lines: { "vm-1": 100 - 3_100 / 97 } },
  "Memory allocated and held on the host": { unit: "bytes", lines: { "vm-1 allocated": 17, "vm-1 on the host": 23 } },
  "Swap and major faults in the guest": {
    unit: "short",
    lines: { "vm-1 in bytes": 43, "vm-1 out bytes": 47, "vm-1 major faults": 53 },
  },
  "Disk traffic": { unit: "Bps", lines: { "vm-1 vda read": 2, "vm-1 vda written": 7 } },
  "Disk operations": { unit: "iops", lines: { "vm-1 vda reads": 3, "vm-1 vda writes": 11 } },
  "Disk latency": { unit: "s", lines: { "vm-1 vda read": 5 / 3, "vm-1 vda write": 13 / 11 } },
  "Disk image allocated": { unit: "percent", lines: { "vm-1 vda": 2_900 / 23 } },
  "Partitions used": { unit: "percent", lines: { "vm-1 /": 4_100 / 37 } },
  "Load in the guest": { unit: "short", lines: { "vm-1 1 min": 43, "vm-1 5 min": 47, "vm-1 15 min": 53 } },
  "Network traffic": {
    unit: "bps",
    lines: { "vm-1 tap-1 in": 8 * 2, "vm-1 tap-1 out": -8 * 3, "vm-1 tap-2 in": 8 * 23, "vm-1 tap-2 out": -8 * 29 },
  },
  "Network packets": {
    unit: "pps",
    lines: { "vm-1 tap-1 in": 5, "vm-1 tap-1 out": -7, "vm-1 tap-2 in": 31, "vm-1 tap-2 out": -37 },
  },
  "Network drops and errors": {
    unit: "pps",
    lines: {
      ...{ "vm-1 tap-1 in dropped": 11, "vm-1 tap-1 out dropped": 13 },
      ...{ "vm-1 tap-1 in errors": 17, "vm-1 tap-1 out errors": 19 },
      ...{ "vm-1 tap-2 in dropped": 41, "vm-1 tap-2 out dropped": 43 },
      ...{ "vm-1 tap-2 in errors": 47, "vm-1 tap-2 out errors": 53 },
    },
  },
  Connections: {
    unit: "short",
    lines: { "vm-1 all": 59 + 71, "vm-1 TCP established": 61 + 73, "vm-1 UDP": 67 + 79 },
  },
  "CPU in the guest": {
    unit: "short",
    lines: { "vm-1 user": 59, "vm-1 system": 61, "vm-1 iowait": 71, "vm-1 steal": 73 },
  },
};

const VCPUS = { unit: "short", lines: { "az-1 used": 2, "az-1 total": 3, "az-1 left": 5 } };
const MEMORY = { unit: "bytes", lines: { "az-1 used": 7, "az-1 total": 11, "az-1 left": 13 } };

const CAPACITY: Promised = {
  "Used of each resource": {
    unit: "percent",
    lines: { vcpus: 200 / 3, memory: 700 / 11, disk: 1_700 / 19, floating_ips: 2_900 / 31 },
  },
  vCPUs: VCPUS,
  Memory: MEMORY,
  Disk: { unit: "bytes", lines: { "az-1 used": 17, "az-1 total": 19, "az-1 left": 23 } },
  "Used of each zone": { unit: "percent", lines: { "z-1 vcpus": 4_100 / 43 } },
  "Used of the host chosen": { unit: "percent", lines: { vcpus: 5_300 / 59 } },
  "Quota used by each project": { unit: "percent", lines: { "p-1 vcpus": 6_700 / 71 } },
  "Machines by status": { unit: "short", lines: { ACTIVE: 79, ERROR: 83 } },
  "Addresses used of each subnet": { unit: "percent", lines: { "net-a 10.0.0.0/24": 8_900 / 97 } },
  "Addresses used of each range": { unit: "percent", lines: { "r-1 net-a rack-1": 10_100 / 103 } },
  Sync: { unit: "s", lines: { age: 3, "last reading": 5 } },
  "Answers of each service": { unit: "s", lines: { compute: 29 } },
  "Agents and services that are not there": { unit: "bool", lines: { "L3 agent": 23, "nova-compute": 31 } },
  Notifications: { unit: "cps", lines: { received: 53, hints: 59, refused: 67, listening: 43 } },
};

const CLOUDS: Promised = {
  Hosts: { unit: "short", lines: { "az-1 hosts": 2 + 13 } },
  "Agents silent": { unit: "short", lines: { "az-1 silent": 5 + 19 } },
  VMs: { unit: "short", lines: { "az-1 VMs": 7 + 23 } },
  "Alerts firing": { unit: "short", lines: { "az-1 firing": 31 + 41 + 59 } },
  "Capacity that runs out": {
    unit: "short",
    lines: { "az-1 CapacityRunningOut": 31, "az-1 SubnetRangeNearlyFull": 41 },
  },
  "Resources used most": {
    unit: "percent",
    lines: {
      ...{ "az-1 vcpus": 1_100 / 12, "az-1 memory": 1_600 / 20 },
      ...{ "az-1 disk": 2_600 / 28, "az-1 floating_ips": 3_800 / 40 },
    },
  },
  "Address ranges used most": { unit: "percent", lines: { "az-1 r-1 net-a rack-1": 11_000 / 112 } },
  vCPUs: VCPUS,
  Memory: MEMORY,
  "Floating IPs": { unit: "short", lines: { "az-1 used": 29, "az-1 total": 31, "az-1 left": 37 } },
  "Capacity used": {
    unit: "percent",
    lines: {
      ...{ "az-1 vcpus": 200 / 3, "az-1 memory": 700 / 11 },
      ...{ "az-1 disk": 1_700 / 19, "az-1 floating_ips": 2_900 / 31 },
    },
  },
  "Hosts with an agent, and silent ones": {
    unit: "short",
    lines: {
      ...{ "az-1 z-1 with an agent": 3, "az-1 z-1 silent": 5 },
      ...{ "az-1 z-2 with an agent": 17, "az-1 z-2 silent": 19 },
    },
  },
  "VMs of each zone": { unit: "short", lines: { "az-1 z-1": 7, "az-1 z-2": 23 } },
  "Interfaces that should be up and are not": { unit: "short", lines: { "az-1": 11 + 29 } },
  "Alerts firing by severity": { unit: "short", lines: { "az-1 warning": 31, "az-1 critical": 41 + 59 } },
  "Rules with most alerts": {
    unit: "short",
    lines: { CapacityRunningOut: 31 + 9, SubnetRangeNearlyFull: 41 + 9, ConntrackFull: 59 + 9 },
  },
  "Topology changes": {
    unit: "short",
    lines: { "az-1 added": 3 * 67 + 20, "az-1 removed": 3 * 71 + 20, "az-1 updated": 3 * 73 + 20 },
  },
  "Traffic of the network nodes": {
    unit: "bps",
    lines: { "az-1 in": 8 * (11 + 53), "az-1 out": -8 * (13 + 59), "az-2 in": 8 * 103, "az-2 out": -8 * 107 },
  },
  "Traffic of all VMs": {
    unit: "bps",
    lines: { "az-1 in": 8 * 1_001 * (2 + 23), "az-1 out": -8 * 1_001 * (3 + 29) },
  },
  "Share of each network node": {
    unit: "percent",
    lines: { "az-1 net-1": 500 / 83, "az-1 net-2": 7_800 / 83, "az-2 net-9": 100 },
  },
  "Hosts whose OVS asks user space most": { unit: "pps", lines: { "compute-1": 89, "compute-2": 89_000 } },
};

/** All panels of these dashboards, by title. */
export const PROMISED: Readonly<Record<string, Promised>> = {
  "network-nodes": NETWORK_NODES,
  "compute-node": COMPUTE_NODE,
  vm: VM,
  capacity: CAPACITY,
  clouds: CLOUDS,
};
