import { type Element, isLink, type Node } from "../../../core/element.ts";
import type { Texts } from "../text/en.ts";
import { speakerCharts, vniCharts } from "./plans/fabric-charts.ts";
import { hostCharts } from "./plans/host-charts.ts";
import {
  bondCharts,
  deviceCharts,
  functionCharts,
  namespaceCharts,
  nicCharts,
  tapCharts,
} from "./plans/interface-charts.ts";
import { machineCharts } from "./plans/machine-charts.ts";
import { bridgeCharts, portCharts, tunnelCharts } from "./plans/switch-charts.ts";

export type Unit =
  | "bits_per_second"
  | "bytes_per_second"
  | "packets_per_second"
  | "per_second"
  | "bytes"
  | "seconds"
  | "percent"
  | "load"
  | "count";

export interface ChartLine {
  /** Of the line; behind the name of each series when there is `by`. */
  readonly name: string;
  readonly query: string;
  /** Labels that name the series of a query that has several: each of them is a line. */
  readonly by?: readonly string[];
  /** A series with this name is drawn even when others are larger. */
  readonly always?: string;
}

export interface ChartPlan {
  readonly key: string;
  readonly title: string;
  readonly unit: Unit;
  readonly lines: readonly ChartLine[];
  /** Selectors of series: where there never was one, what the chart shows is not measured. */
  readonly measuredBy: readonly string[];
  /** What whoever reads the chart has to know. */
  readonly note?: string | undefined;
  /** Why there is no chart: shown in its place. */
  readonly instead?: string | undefined;
}

/** What an element's charts are made of. */
export interface ChartSubject {
  readonly node: Node;
  readonly cluster: string | undefined;
  /** The host it is on; its own name when it is one. */
  readonly host: string;
  readonly texts: Texts;
}

/** The charts of an element; none when nothing is measured for its kind. */
export function chartsFor(element: Element, cluster: string | undefined, texts: Texts): readonly ChartPlan[] {
  if (isLink(element)) return [];
  const { kind, name, host } = element;
  if (host === undefined && kind !== "host") return [];
  return chartsOf({ node: element, cluster, host: host ?? name, texts });
}

function chartsOf(subject: ChartSubject): readonly ChartPlan[] {
  switch (subject.node.kind) {
    case "host":
      return hostCharts(subject);
    case "netns":
      return namespaceCharts(subject);
    case "nic":
      return nicCharts(subject);
    case "bond":
      return bondCharts(subject);
    case "tap":
    case "macvtap":
      return tapCharts(subject);
    case "vf":
      return functionCharts(subject);
    case "vxlan":
    case "geneve":
    case "gre":
      return tunnelCharts(subject);
    case "vlan":
    case "loopback":
    case "bridge":
    case "veth":
    case "tun":
    case "macvlan":
    case "interface":
      return deviceCharts(subject);
    case "ovs-bridge":
      return bridgeCharts(subject);
    case "ovs-port":
      return portCharts(subject);
    case "domain":
      return machineCharts(subject);
    case "bgp-speaker":
      return speakerCharts(subject);
    case "vni":
      return vniCharts(subject);
    default:
      return [];
  }
}
