import { segmentsOf } from "../../../../core/element-id.ts";
import type { ChartPlan, ChartSubject } from "../chart-plan.ts";
import { connectionsChart } from "./connection-charts.ts";
import { deviceCharts } from "./interface-charts.ts";
import { SELDOM, selecting } from "./selecting.ts";
import { countedCharts } from "./traffic-charts.ts";

/** What the datapaths of a host cannot do alone. */
export function datapathCharts({ node, cluster, host, texts }: ChartSubject): readonly ChartPlan[] {
  const { charts } = texts;
  const here = selecting({ cluster, host });
  const rate = (field: string): string => here.rate(`ovs_datapath_${field}`, { by: ["datapath"] });
  const measuredBy = [here.of("ovs_datapath_missed")];
  const note = node.attributes.ovs_hw_offload === true ? charts.offloaded : undefined;
  return [
    {
      key: "upcall-ratio",
      title: charts.upcallRatio,
      unit: "percent",
      lines: [
        { name: "", query: `100 * ${rate("missed")} / (${rate("hit")} + ${rate("missed")} > 0)`, by: ["datapath"] },
      ],
      measuredBy,
      note,
    },
    {
      key: "upcalls",
      title: charts.upcalls,
      unit: "packets_per_second",
      lines: [
        { name: charts.missed, query: rate("missed"), by: ["datapath"] },
        { name: charts.lost, query: rate("lost"), by: ["datapath"] },
      ],
      measuredBy,
      note,
    },
  ];
}

/** A bridge's own device, where it has one: what goes between the bridge and the host. */
export function bridgeCharts({ node, cluster, host, texts }: ChartSubject): readonly ChartPlan[] {
  return countedCharts(deviceOrSwitch({ cluster, host, bridge: node.name, port: node.name, netns: "" }), texts);
}

export function portCharts({ node, cluster, host, texts }: ChartSubject): readonly ChartPlan[] {
  const { type, members, "external_ids.iface-id": portId } = node.attributes;
  const [, , , bridge] = segmentsOf(node.id);
  if (type === "patch") return [];
  const connections =
    typeof portId === "string" ? [connectionsChart(selecting({ cluster, host, port_id: portId }), texts)] : [];
  const place = { cluster, host, bridge, port: node.name };
  if (Array.isArray(members)) return memberCharts({ ...place, members: members.map(String) }, texts);
  // The device of an internal port may have been moved into any namespace, and its name is found only once.
  const counted = deviceOrSwitch({ ...place, netns: type === "internal" ? undefined : "" });
  const isInKernel = type === undefined || type === "system" || type === "internal";
  return [...countedCharts(counted, texts, isInKernel ? undefined : texts.charts.countedBySwitch), ...connections];
}

interface PortPlace {
  readonly cluster: string | undefined;
  readonly host: string;
  readonly bridge: string | undefined;
  readonly port: string;
}

/** The kernel counts what has a device, the switch all else, and never both the same. */
function deviceOrSwitch({ cluster, host, bridge, port, netns }: PortPlace & { readonly netns: string | undefined }) {
  const device = selecting({ cluster, host, netns, interface: port });
  const ofSwitch = selecting({ cluster, host, bridge, port });
  return {
    rate: (field: string) =>
      `${device.rate(`net_if_${field}`)} or ${ofSwitch.rate(`ovs_interface_${field}`, { over: SELDOM })}`,
    measuredBy: [device.of("net_if_rx_bytes"), ofSwitch.of("ovs_interface_rx_bytes")],
    hasErrors: true,
  };
}

/** The interfaces of a bond of the switch. */
function memberCharts(
  { cluster, host, port, members }: PortPlace & { readonly members: readonly string[] },
  { charts }: ChartSubject["texts"],
): readonly ChartPlan[] {
  const here = selecting({ cluster, host, netns: "" });
  const bond = selecting({ cluster, host, bond: port });
  const one = `interface=~${JSON.stringify(members.map(literal).join("|"))}`;
  const each = (field: string): string => `sum by (interface) (rate(${here.of(`net_if_${field}`, {}, one)}[1m])) * 8`;
  return [
    {
      key: "members",
      title: charts.bondMembers,
      unit: "bits_per_second",
      lines: [
        { name: charts.received, query: each("rx_bytes"), by: ["interface"] },
        { name: charts.sent, query: each("tx_bytes"), by: ["interface"] },
      ],
      measuredBy: [here.of("net_if_rx_bytes", {}, one)],
    },
    {
      key: "members-up",
      title: charts.bondMembersUp,
      unit: "count",
      lines: [
        { name: charts.working, query: bond.sum("ovs_bond_enabled") },
        { name: charts.total, query: `count(${bond.of("ovs_bond_enabled")})` },
      ],
      measuredBy: [bond.of("ovs_bond_enabled")],
    },
  ];
}

/** A name as a regular expression that matches it alone. */
function literal(name: string): string {
  return name.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}

/** All tunnels of a type at their end here, and each peer; a device of the kernel is one like any other. */
export function tunnelCharts(subject: ChartSubject): readonly ChartPlan[] {
  const { node, cluster, host, texts } = subject;
  if (segmentsOf(node.id)[2] !== "tunnel") return deviceCharts(subject);
  const { charts } = texts;
  const tunnels = selecting({ cluster, host, type: node.kind });
  const counted = {
    rate: (field: string) => tunnels.rate(`ovs_interface_${field}`, { over: SELDOM }),
    measuredBy: [tunnels.of("ovs_interface_rx_bytes")],
    hasErrors: true,
  };
  const byPeer = (field: string): string =>
    `${tunnels.rate(`ovs_interface_${field}`, { by: ["remote_ip"], over: SELDOM })} * 8`;
  return [
    ...countedCharts(counted, texts),
    {
      key: "peers",
      title: charts.tunnelPeers,
      unit: "bits_per_second",
      lines: [
        { name: charts.received, query: byPeer("rx_bytes"), by: ["remote_ip"] },
        { name: charts.sent, query: byPeer("tx_bytes"), by: ["remote_ip"] },
      ],
      measuredBy: [tunnels.of("ovs_interface_rx_bytes")],
    },
  ];
}
