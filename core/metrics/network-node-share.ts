/**
 * PromQL: the share of what the network nodes of a cluster carry, for each of them, 0 to 1. A packet that a router forwards is in
 * `rx` once and in `tx` once, so both together count it twice on every node alike.
 */
export function networkNodeShare(of: "bytes" | "packets", range = "5m"): string {
  const carried = `(rate(network_node_rx_${of}[${range}]) + rate(network_node_tx_${of}[${range}]))`;
  return `${carried} / on (cluster) group_left () sum by (cluster) ${carried}`;
}
