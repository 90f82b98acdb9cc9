import { type Element, isLink } from "../../../core/element.ts";
import { netnsNameOf } from "../model/contents.ts";
import type { Texts } from "../text/en.ts";

export type Unit = "bits_per_second" | "packets_per_second" | "bytes" | "percent" | "load" | "count";

export interface ChartPlan {
  readonly key: string;
  readonly title: string;
  readonly unit: Unit;
  readonly lines: readonly { readonly name: string; readonly query: string }[];
}

/** Rates look back this far: several samples of an agent that sends every ten seconds. */
const LOOK_BACK = "1m";

/** The charts of an element; none when nothing is measured for its kind. */
export function chartsFor(element: Element, cluster: string | undefined, texts: Texts): readonly ChartPlan[] {
  if (isLink(element)) return [];
  const { kind, name, host } = element;
  if (host === undefined && kind !== "host") return [];
  const labels = { cluster, host: host ?? name };
  switch (kind) {
    case "host":
      return hostCharts(matchersOf(labels), texts);
    case "netns":
      return interfaceCharts(matchersOf({ ...labels, netns: name }), texts);
    case "nic":
    case "bond":
    case "vlan":
    case "vf":
    case "loopback":
    case "bridge":
    case "ovs-bridge":
    case "ovs-port":
    case "veth":
    case "tap":
    case "tun":
    case "vxlan":
    case "geneve":
    case "gre":
    case "macvtap":
    case "macvlan":
    case "interface":
      return interfaceCharts(matchersOf({ ...labels, netns: netnsNameOf(element.id) ?? "", interface: name }), texts);
    default:
      return [];
  }
}

/** `{host="a",netns=""}`; an undefined label is left out, an empty one matches its absence. */
function matchersOf(labels: { readonly [name: string]: string | undefined }): string {
  const pairs = Object.entries(labels).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${JSON.stringify(value)}`],
  );
  return `{${pairs.join(",")}}`;
}

function interfaceCharts(matchers: string, texts: Texts): readonly ChartPlan[] {
  const rate = (field: string, factor = ""): string => `sum(rate(net_if_${field}${matchers}[${LOOK_BACK}]))${factor}`;
  const { charts } = texts;
  return [
    {
      key: "bits",
      title: charts.bits,
      unit: "bits_per_second",
      lines: [
        { name: charts.received, query: rate("rx_bytes", " * 8") },
        { name: charts.sent, query: rate("tx_bytes", " * 8") },
      ],
    },
    {
      key: "packets",
      title: charts.packets,
      unit: "packets_per_second",
      lines: [
        { name: charts.received, query: rate("rx_packets") },
        { name: charts.sent, query: rate("tx_packets") },
      ],
    },
    {
      key: "errors",
      title: charts.errors,
      unit: "packets_per_second",
      lines: [
        { name: charts.rxErrors, query: rate("rx_errors") },
        { name: charts.txErrors, query: rate("tx_errors") },
        { name: charts.rxDropped, query: rate("rx_dropped") },
        { name: charts.txDropped, query: rate("tx_dropped") },
      ],
    },
  ];
}

function hostCharts(matchers: string, texts: Texts): readonly ChartPlan[] {
  const { charts } = texts;
  const own = matchers.replace("}", ',netns=""}');
  const perCpu = matchers.replace("}", ',cpu!="all"}');
  return [
    {
      key: "cpu",
      title: charts.cpu,
      unit: "percent",
      lines: [{ name: charts.busy, query: `100 * (1 - avg(rate(cpu_idle_s${perCpu}[${LOOK_BACK}])))` }],
    },
    {
      key: "memory",
      title: charts.memory,
      unit: "bytes",
      lines: [
        { name: charts.used, query: `sum(mem_total_bytes${matchers}) - sum(mem_available_bytes${matchers})` },
        { name: charts.total, query: `sum(mem_total_bytes${matchers})` },
      ],
    },
    {
      key: "load",
      title: charts.load,
      unit: "load",
      lines: [
        { name: charts.load1, query: `sum(system_load1${matchers})` },
        { name: charts.load5, query: `sum(system_load5${matchers})` },
      ],
    },
    {
      key: "conntrack",
      title: charts.conntrack,
      unit: "count",
      lines: [
        { name: charts.count, query: `sum(conntrack_count${own})` },
        { name: charts.max, query: `sum(conntrack_max${own})` },
      ],
    },
  ];
}
