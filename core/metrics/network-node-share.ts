/**
 * PromQL: the share of what the network nodes of a cluster carry, for each of them, 0 to 1. A packet that a router forwards is in
 * `rx` once and in `tx` once, so both together count it twice on every node alike. `matchers` may name the cluster
 * (`{cluster="a"}`), never a host: a share is one of all.
 */
export function networkNodeShare(of: "bytes" | "packets", range = "5m", matchers = ""): string {
  const rate = (way: "rx" | "tx"): string => `rate(network_node_${way}_${of}${matchers}[${range}])`;
  const carried = `(${rate("rx")} + ${rate("tx")})`;
  return `${carried} / on (cluster) group_left () sum by (cluster) ${carried}`;
}
