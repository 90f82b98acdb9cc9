import { netnsNameOf } from "../../model/contents.ts";
import type { ChartPlan, ChartSubject } from "../chart-plan.ts";
import { connectionsChart } from "./connection-charts.ts";
import { dropCharts } from "./fabric-charts.ts";
import { EACH_MINUTE, type Selecting, selecting } from "./selecting.ts";
import { type Counted, countedCharts } from "./traffic-charts.ts";

/** The interface in its namespace, as `/proc/net/dev` counts it. */
function device({ node, cluster, host }: ChartSubject): Selecting {
  return selecting({ cluster, host, netns: netnsNameOf(node.id) ?? "", interface: node.name });
}

export function deviceCharts(subject: ChartSubject): readonly ChartPlan[] {
  return countedCharts(inKernel(device(subject)), subject.texts);
}

/** A network card: also what it lost before the kernel saw it. */
export function nicCharts(subject: ChartSubject): readonly ChartPlan[] {
  return [...deviceCharts(subject), ...dropCharts(subject)];
}

/** What a machine is attached by: what comes in here, the machine sent. */
export function tapCharts(subject: ChartSubject): readonly ChartPlan[] {
  const { texts, node, cluster, host } = subject;
  const isOfMachine = node.attributes["external_ids.vm-uuid"] !== undefined;
  const note = node.kind === "tap" && isOfMachine ? texts.charts.seenFromHost : undefined;
  const port = node.attributes["external_ids.iface-id"];
  const connections =
    typeof port !== "string" ? [] : [connectionsChart(selecting({ cluster, host, port_id: port }), texts)];
  return [...countedCharts(inKernel(device(subject)), texts, note), ...connections];
}

export function bondCharts(subject: ChartSubject): readonly ChartPlan[] {
  const { node, cluster, host, texts } = subject;
  const { charts } = texts;
  const here = selecting({ cluster, host });
  const bond = selecting({ cluster, host, bond: node.name });
  const each = (field: string) =>
    `${here.rate(`net_if_${field}`, { by: ["interface"], more: { netns: "" } })} * 8 and on (interface) ${bond.of("bond_member_up")}`;
  return [
    ...deviceCharts(subject),
    {
      key: "members",
      title: charts.bondMembers,
      unit: "bits_per_second",
      lines: [
        { name: charts.received, query: each("rx_bytes"), by: ["interface"] },
        { name: charts.sent, query: each("tx_bytes"), by: ["interface"] },
      ],
      measuredBy: [bond.of("bond_member_up")],
    },
    {
      key: "members-up",
      title: charts.bondMembersUp,
      unit: "count",
      lines: [
        { name: charts.working, query: bond.sum("bond_members_up") },
        { name: charts.total, query: bond.sum("bond_members") },
      ],
      measuredBy: [bond.of("bond_members")],
    },
  ];
}

/** A virtual function with an interface here is counted like any other, one that a machine has by its card at best. */
export function functionCharts(subject: ChartSubject): readonly ChartPlan[] {
  const { node, cluster, host, texts } = subject;
  const { physical_function: card, vf_index: index } = node.attributes;
  if (card === undefined || index === undefined) return deviceCharts(subject);
  const ofCard = selecting({ cluster, host, interface: String(card), vf: String(index) });
  const kernel = device(subject);
  const counted: Counted = {
    rate: (field) => `${kernel.rate(`net_if_${field}`)} or ${ofCard.rate(`vf_${field}`, { over: EACH_MINUTE })}`,
    measuredBy: ofCard.any("vf_rx_bytes", "vf_rx_packets"),
    hasErrors: false,
  };
  const isOnHost = node.name !== node.attributes.bus_address;
  return isOnHost ? deviceCharts(subject) : countedCharts(counted, texts);
}

/** All interfaces of a namespace together, and in a router each side of it. */
export function namespaceCharts(subject: ChartSubject): readonly ChartPlan[] {
  const { node, cluster, host, texts } = subject;
  const { charts } = texts;
  const inside = selecting({ cluster, host, netns: node.name });
  const bySide = (field: string) => `${inside.rate(`net_if_${field}`, { by: ["side"], others: ['side!=""'] })} * 8`;
  const sides: ChartPlan = {
    key: "sides",
    title: charts.sides,
    unit: "bits_per_second",
    lines: [
      { name: charts.received, query: bySide("rx_bytes"), by: ["side"] },
      { name: charts.sent, query: bySide("tx_bytes"), by: ["side"] },
    ],
    measuredBy: [inside.of("net_if_rx_bytes")],
  };
  return [
    ...(node.attributes.service === undefined ? [] : [sides]),
    ...countedCharts(inKernel(inside), texts),
    {
      key: "conntrack",
      title: charts.conntrack,
      unit: "count",
      lines: [{ name: charts.count, query: inside.sum("conntrack_count") }],
      measuredBy: [inside.of("conntrack_count")],
    },
  ];
}

function inKernel(selected: Selecting): Counted {
  return {
    rate: (field) => selected.rate(`net_if_${field}`),
    measuredBy: [selected.of("net_if_rx_bytes")],
    hasErrors: true,
  };
}
