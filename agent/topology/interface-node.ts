import type { AttributeValue, Node, NodeKind } from "../../core/element.ts";
import { hostId, interfaceId, netnsId } from "../../core/element-id.ts";
import { numberOf, textOf } from "../json-value.ts";
import { attributesOf } from "./attributes.ts";
import type { DeviceFacts } from "./device-facts.ts";
import type { IpInterface } from "./ip-json.ts";

/** `info_kind` of rtnetlink → what we call it. A kind that is not here is an `interface` with a `device_type`. */
const KIND_BY_INFO: { readonly [infoKind: string]: NodeKind } = {
  bond: "bond",
  bridge: "bridge",
  geneve: "geneve",
  gre: "gre",
  gretap: "gre",
  ip6gre: "gre",
  ip6gretap: "gre",
  macvlan: "macvlan",
  macvtap: "macvtap",
  veth: "veth",
  vlan: "vlan",
  vxlan: "vxlan",
};

export function kindOf(it: IpInterface, device: DeviceFacts | undefined): NodeKind {
  if (it.linkType === "loopback") return "loopback";
  if (it.infoKind === "tun") return it.info.type === "tap" ? "tap" : "tun";
  if (it.infoKind !== undefined) return KIND_BY_INFO[it.infoKind] ?? "interface";
  if (device?.physicalFunction !== undefined) return "vf";
  return it.linkType === "ether" ? "nic" : "interface";
}

/** The node of one interface. `netns` undefined: the host's own namespace. `cluster` is the collector's to fill in. */
export function interfaceNode(
  host: string,
  netns: string | undefined,
  it: IpInterface,
  device: DeviceFacts | undefined,
): Node {
  const kind = kindOf(it, device);
  return {
    id: interfaceId(host, netns, it.name),
    kind,
    name: it.name,
    cluster: "",
    host,
    parent: netns === undefined ? hostId(host) : netnsId(host, netns),
    attributes: attributesOf({
      admin_up: it.adminUp,
      operstate: it.operstate,
      carrier: it.carrier,
      mtu: it.mtu,
      mac: it.mac === "00:00:00:00:00:00" ? undefined : it.mac,
      addresses: it.addresses,
      ifindex: it.ifindex,
      alias: it.alias,
      alt_names: it.altNames,
      device_type: kind === "interface" ? it.infoKind : undefined,
      bus_address: it.parentDevice,
      driver: device?.driver,
      speed_mbps: device?.speedMbps,
      duplex: device?.duplex,
      bridge_port_state: it.memberKind === "bridge" ? textOf(it.memberInfo.state) : undefined,
      ...detailsOf(kind, it.info),
    }),
  };
}

/** What a kind of device has of its own: `info_data` of `ip -d`. */
function detailsOf(
  kind: NodeKind,
  info: Readonly<Record<string, unknown>>,
): { readonly [name: string]: AttributeValue | undefined } {
  switch (kind) {
    case "bond":
      return {
        bond_mode: textOf(info.mode),
        bond_active_member: textOf(info.active_slave),
        bond_miimon_ms: numberOf(info.miimon),
        bond_lacp_rate: textOf(info.ad_lacp_rate),
      };
    case "bridge":
      return {
        bridge_stp: flagOf(info.stp_state),
        bridge_vlan_filtering: flagOf(info.vlan_filtering),
        bridge_ageing_time_s: centisecondsOf(info.ageing_time),
      };
    case "vlan":
      return { vlan_id: numberOf(info.id), vlan_protocol: textOf(info.protocol) };
    case "vxlan":
      return {
        vxlan_id: numberOf(info.id),
        vxlan_local: textOf(info.local) ?? textOf(info.local6),
        vxlan_remote: textOf(info.remote) ?? textOf(info.remote6),
        vxlan_group: textOf(info.group) ?? textOf(info.group6),
        vxlan_port: numberOf(info.port),
        vxlan_learning: flagOf(info.learning),
      };
    case "geneve":
      return {
        geneve_id: numberOf(info.id),
        geneve_remote: textOf(info.remote) ?? textOf(info.remote6),
        geneve_port: numberOf(info.port),
      };
    case "gre":
      return { gre_local: textOf(info.local), gre_remote: textOf(info.remote) };
    case "macvtap":
      return { macvtap_mode: textOf(info.mode) };
    case "macvlan":
      return { macvlan_mode: textOf(info.mode) };
    case "tap":
    case "tun":
      return {
        tun_type: textOf(info.type),
        tun_persist: flagOf(info.persist),
        tun_multi_queue: flagOf(info.multi_queue),
      };
    default:
      return {};
  }
}

/** iproute2 prints some flags as booleans and some as 0 and 1. */
function flagOf(value: unknown): boolean | undefined {
  if (typeof value === "boolean") return value;
  return typeof value === "number" ? value !== 0 : undefined;
}

function centisecondsOf(value: unknown): number | undefined {
  return typeof value === "number" ? value / 100 : undefined;
}
