import type { AttributeValue } from "../../../../core/element.ts";
import type { ChartPlan, ChartSubject } from "../chart-plan.ts";
import { EACH_MINUTE, selecting } from "./selecting.ts";

/** A BGP speaker: sessions, prefixes by address family, messages. A session is in several families and counted once. */
export function speakerCharts({ node, cluster, host, texts }: ChartSubject): readonly ChartPlan[] {
  const { charts } = texts;
  const { bgp_daemon: daemon, path_space: space, vrf } = node.attributes;
  const tags = { daemon: textOf(daemon), space: textOf(space) ?? "", vrf: textOf(vrf) ?? "" };
  const speaker = selecting({ cluster, host, ...tags });
  const peers = (field: string): string => `max by (peer) (${speaker.of(`bgp_peer_${field}`)})`;
  const rate = (field: string): string =>
    `sum(max by (peer) (rate(${speaker.of(`bgp_peer_${field}`)}[${EACH_MINUTE}])))`;
  const byFamily = (field: string): string => `sum by (afi) (${speaker.of(`bgp_peer_${field}`)})`;
  const measuredBy = [speaker.of("bgp_peer_up")];
  return [
    {
      key: "bgp-peers",
      title: charts.bgpPeers,
      unit: "count",
      lines: [
        { name: charts.established, query: `sum(${peers("up")})` },
        { name: charts.total, query: `count(${peers("up")})` },
        { name: charts.shutDownHere, query: `sum(${peers("admin_down")})` },
      ],
      measuredBy,
    },
    {
      key: "bgp-prefixes",
      title: charts.bgpPrefixes,
      unit: "count",
      lines: [
        { name: charts.received, query: byFamily("prefixes_received"), by: ["afi"] },
        { name: charts.sent, query: byFamily("prefixes_sent"), by: ["afi"] },
      ],
      measuredBy: speaker.any("bgp_peer_prefixes_received", "bgp_peer_prefixes_sent"),
    },
    {
      key: "bgp-messages",
      title: charts.bgpMessages,
      unit: "per_second",
      lines: [
        { name: charts.received, query: rate("messages_received") },
        { name: charts.sent, query: rate("messages_sent") },
      ],
      measuredBy: speaker.any("bgp_peer_messages_received", "bgp_peer_messages_sent"),
    },
  ];
}

/** A network of EVPN: what is known in it, and where it is. */
export function vniCharts({ node, cluster, host, texts }: ChartSubject): readonly ChartPlan[] {
  const { charts } = texts;
  const { vni = node.name, path_space: space } = node.attributes;
  const here = selecting({ cluster, host, space: textOf(space) ?? "", vni: String(vni) });
  return [
    {
      key: "vni-addresses",
      title: charts.vniAddresses,
      unit: "count",
      lines: [
        { name: charts.macs, query: here.sum("evpn_vni_macs") },
        { name: charts.neighbourEntries, query: here.sum("evpn_vni_arp_nd") },
        { name: charts.duplicateMacs, query: here.sum("evpn_vni_duplicate_macs") },
      ],
      measuredBy: [here.of("evpn_vni_macs")],
    },
    {
      key: "vni-vteps",
      title: charts.remoteVteps,
      unit: "count",
      lines: [{ name: charts.remoteVteps, query: here.sum("evpn_vni_remote_vteps") }],
      measuredBy: [here.of("evpn_vni_remote_vteps")],
    },
  ];
}

/** What a network card lost, as it counts itself; the kernel's counters do not have all of it. */
export function dropCharts({ node, cluster, host, texts }: ChartSubject): readonly ChartPlan[] {
  const { charts } = texts;
  const card = selecting({ cluster, host, interface: node.name });
  const line = (name: string, field: string) => ({
    name,
    query: card.rate(`nic_drops_${field}`, { over: EACH_MINUTE }),
  });
  return [
    {
      key: "card-drops",
      title: charts.cardDrops,
      unit: "packets_per_second",
      lines: [
        line(charts.noBuffer, "rx_no_buffer"),
        line(charts.missedByCard, "rx_missed"),
        line(charts.discarded, "rx_discards"),
        line(charts.checksum, "rx_crc_errors"),
        line(charts.wrongLength, "rx_length_errors"),
        line(charts.rxErrors, "rx_errors"),
        line(charts.txDropped, "tx_dropped"),
        line(charts.txErrors, "tx_errors"),
      ],
      measuredBy: [card.of("nic_drops_total_dropped")],
    },
    {
      key: "pause",
      title: charts.pauseFrames,
      unit: "packets_per_second",
      lines: [line(charts.received, "rx_pause"), line(charts.sent, "tx_pause")],
      measuredBy: card.any("nic_drops_rx_pause", "nic_drops_tx_pause"),
    },
  ];
}

function textOf(value: AttributeValue | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}
