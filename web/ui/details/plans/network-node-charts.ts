import { networkNodeShare } from "../../../../core/metrics/network-node-share.ts";
import type { ChartPlan, ChartSubject } from "../chart-plan.ts";
import { selecting } from "./selecting.ts";

/** What a network node carries, and how much of what all network nodes of its cluster carry. */
export function networkNodeCharts({ cluster, host, texts }: ChartSubject): readonly ChartPlan[] {
  const { charts } = texts;
  const here = selecting({ cluster, host });
  const measuredBy = [here.of("network_node_rx_bytes")];
  const all = cluster === undefined ? "" : `{cluster=${JSON.stringify(cluster)}}`;
  const share = (of: "bytes" | "packets") => [
    { name: "", query: `100 * (${networkNodeShare(of, "5m", all)})`, by: ["host"], always: host },
  ];
  const rate = (field: string): string => here.rate(`network_node_${field}`);
  return [
    { key: "share-of-traffic", title: charts.shareOfTraffic, unit: "percent", lines: share("bytes"), measuredBy },
    { key: "share-of-packets", title: charts.shareOfPackets, unit: "percent", lines: share("packets"), measuredBy },
    {
      key: "routed-bits",
      title: charts.routedBits,
      unit: "bits_per_second",
      lines: [
        { name: charts.received, query: `${rate("rx_bytes")} * 8` },
        { name: charts.sent, query: `${rate("tx_bytes")} * 8` },
        { name: charts.uplinkReceived, query: `${rate("uplink_rx_bytes")} * 8` },
        { name: charts.uplinkSent, query: `${rate("uplink_tx_bytes")} * 8` },
      ],
      measuredBy,
    },
    {
      key: "routed-packets",
      title: charts.routedPackets,
      unit: "packets_per_second",
      lines: [
        { name: charts.received, query: rate("rx_packets") },
        { name: charts.sent, query: rate("tx_packets") },
        { name: charts.uplinkReceived, query: rate("uplink_rx_packets") },
        { name: charts.uplinkSent, query: rate("uplink_tx_packets") },
      ],
      measuredBy,
    },
  ];
}
