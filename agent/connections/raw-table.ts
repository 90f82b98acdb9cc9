/**
 * Device → conntrack zone, from `iptables-save -t raw`: Neutron's firewall by iptables gives each port's device a zone, from
 * 4097 on, by `-A neutron-openvswi-PREROUTING -m physdev --physdev-in qvb1a2b3c4d-5e … -j CT --zone 4097` and by the same
 * with `-i` (neutron/agent/linux/iptables_firewall.py).
 */
export function zonesOfDevices(rawTable: string): ReadonlyMap<string, number> {
  const zones = new Map<string, number>();
  for (const line of rawTable.split("\n")) {
    const zone = /^-A .* -j CT .*--zone(?:-orig)? (\d+)/.exec(line)?.[1];
    const device = /(?: --physdev-in| -i) (\S+)/.exec(line)?.[1];
    if (zone !== undefined && device !== undefined) zones.set(device, Number(zone));
  }
  return zones;
}
