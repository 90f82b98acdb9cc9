import type { DashboardSpec } from "../panel.ts";
import { OVS_ROWS } from "./ovs-panels.ts";
import { CLUSTER, HOST, ZONE } from "./variables.ts";

/** Open vSwitch of one host: how much needs user space, how full its tables are, its ports, its DPDK threads. */
export const OVS_DASHBOARD: DashboardSpec = {
  name: "ovs",
  title: "Nephoscope / Open vSwitch",
  description: "单台主机的 Open vSwitch：upcall、流表、守护进程、端口、DPDK。",
  variables: [CLUSTER, ZONE, HOST],
  rows: OVS_ROWS,
};
