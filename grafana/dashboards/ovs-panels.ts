import { meanOf, type PanelSpec, rateRatio, series, share } from "../panel.ts";
import { BOTH_WAYS, gauges, HALF, rates, THIRD } from "./panel-parts.ts";
import { PERCENT } from "./variables.ts";

const DATAPATH = { by: ["datapath"], of: "{{datapath}}" } as const;
const EACH_DATAPATH = { by: ["datapath"], legend: "{{datapath}}" } as const;

/** What ByteDance watches of Open vSwitch: how much of the traffic needs user space. */
export const UPCALL_PANELS: readonly PanelSpec[] = [
  {
    title: "OVS upcall ratio",
    description: "上送用户态的包占全部包的比例：missed /（hit + missed）。",
    ...THIRD,
    unit: "percent",
    queries: [series("ovs_datapath", rateRatio("missed", "hit", "missed"), { ...EACH_DATAPATH, scale: 100 })],
    thresholds: { warning: 5, critical: 20 },
  },
  {
    title: "OVS upcalls",
    description: "每秒上送用户态的包（missed）与来不及处理而丢失的包（lost）；lost 应为零。",
    ...THIRD,
    unit: "pps",
    queries: rates("ovs_datapath", { missed: "missed", lost: "lost" }, DATAPATH),
  },
  {
    title: "OVS flows against the limit",
    description: "数据通路流表数与 revalidator 允许的上限；接近上限时新连接变慢。",
    ...THIRD,
    unit: "short",
    queries: gauges("ovs_datapath", { flows: "flows", flow_limit: "limit" }, DATAPATH),
  },
];

const DATAPATHS: readonly PanelSpec[] = [
  {
    title: "Packets in the datapath",
    description: "每秒由数据通路流表直接转发的包（hit）与上送用户态的包（missed）。",
    ...THIRD,
    unit: "pps",
    queries: rates("ovs_datapath", { hit: "hit", missed: "missed" }, DATAPATH),
  },
  {
    title: "Masks and masks tried for each packet",
    description: "megaflow 掩码数，以及查找一个包平均尝试的掩码数；后者越大转发越费 CPU（仅内核数据通路）。",
    ...THIRD,
    unit: "short",
    queries: [
      ...gauges("ovs_datapath", { masks: "masks" }, DATAPATH),
      series("ovs_datapath", rateRatio("mask_hit", "hit", "missed"), {
        ...EACH_DATAPATH,
        legend: "{{datapath}} tried",
      }),
    ],
  },
  {
    title: "Mask cache hits",
    description: "掩码缓存命中的包占全部包的比例（内核 5.10 或更新）。",
    ...THIRD,
    ...PERCENT,
    queries: [series("ovs_datapath", rateRatio("cache_hit", "hit", "missed"), { ...EACH_DATAPATH, scale: 100 })],
  },
  {
    title: "Time a dump of all flows takes",
    description: "revalidator 转储全部流表的耗时；超过约 1 秒时流表上限会被自动降低。",
    ...THIRD,
    unit: "s",
    queries: [series("ovs_datapath", meanOf("dump_duration_s"), EACH_DATAPATH)],
    thresholds: { warning: 1, critical: 2 },
  },
  {
    title: "Flows used",
    description: "流表数占上限的比例。",
    ...THIRD,
    ...PERCENT,
    queries: [series("ovs_datapath", share("flows", "flow_limit"), { ...EACH_DATAPATH, scale: 100 })],
    thresholds: { warning: 70, critical: 90 },
  },
  {
    title: "Offloaded flows",
    description: "网卡已接管的流表数；被卸载的包不计入上面的包数。",
    ...THIRD,
    unit: "short",
    queries: gauges("ovs_datapath", { offloaded_flows: "offloaded" }, DATAPATH),
  },
];

const DAEMONS: readonly PanelSpec[] = [
  {
    title: "Time since the daemon started",
    description: "OVS 守护进程运行时长；突然变小说明重启过。",
    ...THIRD,
    unit: "s",
    queries: gauges("ovs_daemon", { uptime_s: "up" }, { by: ["daemon"], of: "{{daemon}}" }),
  },
  {
    title: "OpenFlow rules and ports",
    description: "OpenFlow 规则数、端口数与用户态跟踪的流表项数。",
    ...THIRD,
    unit: "short",
    queries: gauges(
      "ovs_daemon",
      { rules: "rules", ports: "ports", flow_keys: "flow keys" },
      { by: ["daemon"], of: "{{daemon}}" },
    ),
  },
  {
    title: "Handler and revalidator threads",
    description: "处理 upcall 的线程数与维护流表的线程数。",
    ...THIRD,
    unit: "short",
    queries: gauges("ovs_daemon", { handlers: "handlers", revalidators: "revalidators" }, { by: ["daemon"] }),
  },
];

const INTERFACES = { by: ["bridge", "interface"], of: "{{bridge}} {{interface}}" } as const;

const PORTS: readonly PanelSpec[] = [
  {
    title: "Traffic of tunnels and DPDK ports",
    description: "OVS 自己计数的接口（隧道、DPDK）收发速率；内核接口见主机接口面板。发送画在轴下方。",
    ...BOTH_WAYS,
    unit: "bps",
    queries: rates("ovs_interface", { rx_bytes: "in", tx_bytes: "out" }, { ...INTERFACES, scale: 8 }),
  },
  {
    title: "Drops and errors of ports",
    description: "OVS 接口每秒的丢弃与错误。",
    ...HALF,
    unit: "pps",
    queries: rates(
      "ovs_interface",
      { rx_dropped: "in dropped", tx_dropped: "out dropped", rx_errors: "in errors", tx_errors: "out errors" },
      INTERFACES,
    ),
  },
  {
    title: "Link of ports",
    description: "OVS 接口链路是否正常（1 正常，0 不正常）。",
    ...HALF,
    unit: "bool",
    max: 1,
    queries: gauges("ovs_interface", { link_up: "link" }, { ...INTERFACES, across: "min" }),
  },
  {
    title: "Bond members",
    description: "OVS 绑定成员是否启用、LACP 对端是否正常（1 是，0 否）。",
    ...HALF,
    unit: "bool",
    max: 1,
    queries: gauges(
      "ovs_bond",
      { enabled: "enabled", lacp_current: "LACP" },
      { by: ["bond", "member"], of: "{{bond}} {{member}}", across: "min" },
    ),
  },
];

const PMD: readonly PanelSpec[] = [
  {
    title: "PMD busy",
    description: "PMD 线程处理包的周期占全部周期的比例（DPDK）；接近 100 % 说明该核已饱和。",
    ...HALF,
    ...PERCENT,
    queries: [
      series("ovs_pmd", rateRatio("busy_cycles", "busy_cycles", "idle_cycles"), {
        by: ["core"],
        legend: "core {{core}}",
        scale: 100,
      }),
    ],
    thresholds: { warning: 80, critical: 95 },
  },
  {
    title: "PMD upcalls",
    description: "PMD 线程每秒上送用户态的包：成功（ok）与失败即丢弃（failed）。",
    ...HALF,
    unit: "pps",
    queries: rates("ovs_pmd", { miss_ok: "ok", miss_failed: "failed" }, { by: ["core"], of: "core {{core}}" }),
  },
];

export const OVS_ROWS = [
  { title: "Upcalls", panels: UPCALL_PANELS },
  { title: "Datapath", panels: DATAPATHS },
  { title: "Daemons", panels: DAEMONS },
  { title: "Ports", panels: PORTS },
  { title: "DPDK", panels: PMD },
] as const;
