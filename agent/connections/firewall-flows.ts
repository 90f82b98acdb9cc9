import { addressKey } from "./conntrack-entry.ts";

/** Where Neutron's firewall in Open vSwitch lets a port send only from its own addresses: BASE_EGRESS_TABLE. */
const TABLE = "table_id=71,";

/**
 * Port number → addresses of the port, from what ovs-vswitchd answers to `bridge/dump-flows br-int`:
 * `table_id=71, duration=3s, n_packets=0, n_bytes=0, priority=65,ip,reg5=0x5,in_port=5,dl_src=fa:16:…,nw_src=10.0.0.5,actions=ct(…)`.
 * Ranges, which allowed address pairs may give, say nothing of who has an address in them and are left out.
 */
export function addressesOfFlows(flows: string): ReadonlyMap<number, readonly string[]> {
  const byPort = new Map<number, Set<string>>();
  for (let at = flows.indexOf(TABLE); at >= 0; at = flows.indexOf(TABLE, at + TABLE.length)) {
    const end = flows.indexOf("\n", at);
    const flow = end < 0 ? flows.slice(at) : flows.slice(at, end);
    const port = /[, ]in_port=(\d+)/.exec(flow)?.[1];
    const address = /[, ](?:nw_src|ipv6_src)=([0-9a-f.:]+)[, ]/.exec(flow)?.[1];
    if (port === undefined || address === undefined) continue;
    const known = byPort.get(Number(port)) ?? new Set();
    byPort.set(Number(port), known.add(addressKey(address)));
  }
  return new Map([...byPort].map(([port, addresses]) => [port, [...addresses].toSorted()]));
}
