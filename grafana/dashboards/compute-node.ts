import { type DashboardSpec, lastOf, type PanelSpec, rateOf, series } from "../panel.ts";
import { UPCALL_PANELS } from "./ovs-panels.ts";
import { BOTH_WAYS, HALF, rates, TOP } from "./panel-parts.ts";
import { CLUSTER, HOST, ZONE } from "./variables.ts";

const EACH_PROCESS = { by: ["comm"], legend: "{{comm}}" } as const;
const EACH_VM = { by: ["vm_id"], legend: "{{vm_id}}" } as const;
const VM_LINES = { by: ["vm_id"], of: "{{vm_id}}" } as const;

const PROCESSES: readonly PanelSpec[] = [
  {
    title: "CPU of each process",
    description: "按进程名合计的 CPU（核数）；代理只上报占用靠前的进程。",
    ...HALF,
    unit: "short",
    stacked: true,
    queries: [series("process", rateOf("cpu_s"), EACH_PROCESS)],
  },
  {
    title: "Processes that use most CPU",
    description: "所选时间内 CPU 占用最高的进程（核数）。",
    ...TOP,
    unit: "short",
    queries: [series("process", rateOf("cpu_s"), { ...EACH_PROCESS, top: 10 })],
  },
];

const MACHINES: readonly PanelSpec[] = [
  {
    title: "Network traffic of each VM",
    description: "每台虚拟机收发的速率（虚拟机视角）；发送画在轴下方。",
    ...BOTH_WAYS,
    unit: "bps",
    queries: rates("vm_net", { rx_bytes: "in", tx_bytes: "out" }, { ...VM_LINES, scale: 8 }),
  },
  {
    title: "Packets of each VM",
    description: "每台虚拟机每秒收发的包数（虚拟机视角）；发送画在轴下方。",
    ...BOTH_WAYS,
    unit: "pps",
    queries: rates("vm_net", { rx_packets: "in", tx_packets: "out" }, VM_LINES),
  },
  {
    title: "Connections of each VM",
    description: "每台虚拟机的连接跟踪条目数。",
    ...HALF,
    unit: "short",
    queries: [series("vm_connections", lastOf("count"), EACH_VM)],
  },
  {
    title: "VMs that send most",
    description: "所选时间内平均发送速率最高的虚拟机。",
    ...TOP,
    unit: "bps",
    queries: [series("vm_net", rateOf("tx_bytes"), { ...EACH_VM, scale: 8, top: 10 })],
  },
];

/** What ByteDance shows of a compute node, and no more: each of the four in its own panels. */
export const COMPUTE_NODE_DASHBOARD: DashboardSpec = {
  name: "compute-node",
  title: "Nephoscope / Compute node",
  description: "计算节点：每个进程的 CPU、每台虚拟机的流量与连接数、OVS upcall 比例。",
  variables: [CLUSTER, ZONE, HOST],
  rows: [
    { title: "Processes", panels: PROCESSES },
    { title: "Machines", panels: MACHINES },
    { title: "Open vSwitch", panels: UPCALL_PANELS },
  ],
};
