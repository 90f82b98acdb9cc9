import { type Element, linkOf, type Node } from "../../core/element.ts";
import { elementIdOf, hostId, ovsBridgeId } from "../../core/element-id.ts";
import { attributesOf } from "../topology/attributes.ts";
import type { OvsDatabase, OvsInterface } from "./ovs-rows.ts";

/** Types of tunnel ports that make an end, with the UDP port of those that have one (RFC 7348 §8, RFC 8926 §3.3). */
const TUNNELS = {
  vxlan: { defaultPort: 4789 },
  geneve: { defaultPort: 6081 },
  gre: { defaultPort: undefined },
} as const;

type TunnelType = keyof typeof TUNNELS;

/** A list that would have to be cut says nothing: what is cut off would be a peer that is missed. */
const MAX_PEERS = 1_000;

/** A host's end of all tunnels of one type, gathered from their ports. */
interface End {
  readonly type: TunnelType;
  readonly bridges: Set<string>;
  readonly interfaces: OvsInterface[];
}

/**
 * One node for each type of tunnel, `host/<host>/tunnel/<type>`: a full mesh is a set of peers at each end. `mtu` is the
 * largest of the ports whose Neutron network is carried in such tunnels, since tunnel ports have none themselves.
 */
export function tunnelElements(host: string, database: OvsDatabase): readonly Element[] {
  return [...endsOf(database).values()].flatMap((end) => {
    const node = endNode(host, end, database);
    const bridges = [...end.bridges].sort();
    return [node, ...bridges.map((bridge) => linkOf("layer2", node.id, ovsBridgeId(host, bridge)))];
  });
}

function endsOf({ bridges }: OvsDatabase): ReadonlyMap<TunnelType, End> {
  const ends = new Map<TunnelType, End>();
  for (const bridge of bridges) {
    for (const port of bridge.ports) {
      for (const it of port.interfaces) {
        const type = it.type;
        if (!isTunnelType(type)) continue;
        const end = ends.get(type) ?? { type, bridges: new Set(), interfaces: [] };
        ends.set(type, end);
        end.bridges.add(bridge.name);
        end.interfaces.push(it);
      }
    }
  }
  return ends;
}

function endNode(host: string, { type, interfaces }: End, database: OvsDatabase): Node {
  const { defaultPort } = TUNNELS[type];
  // `flow`: the OpenFlow rules say it for each packet.
  const peers = valuesOf(interfaces, "remote_ip").filter((address) => address !== "flow");
  const ports = valuesOf(interfaces, "dst_port");
  return {
    id: elementIdOf("host", host, "tunnel", type),
    kind: type,
    name: type,
    cluster: "",
    host,
    // Beside the interface that has its address.
    parent: hostId(host),
    attributes: attributesOf({
      mtu: carriedMtu(type, database),
      local_ip: localIp(interfaces, database),
      [`${type}_port`]: ports.length === 0 ? defaultPort : onlyOf(ports.map(Number)),
      peers: peers.length <= MAX_PEERS ? peers : undefined,
      peer_count: peers.length <= MAX_PEERS ? undefined : peers.length,
    }),
  };
}

/** The address of all tunnels of a type; undefined when they have several, since then they are ends of several meshes. */
function localIp(interfaces: readonly OvsInterface[], { externalIds }: OvsDatabase): string | undefined {
  const addresses = valuesOf(interfaces, "local_ip").filter((address) => address !== "flow");
  return addresses.length === 0 ? externalIds["ovn-encap-ip"] : onlyOf(addresses);
}

function carriedMtu(type: TunnelType, { bridges }: OvsDatabase): number | undefined {
  let largest: number | undefined;
  for (const { ports } of bridges) {
    for (const port of ports) {
      if (port.otherConfig.network_type !== type) continue;
      for (const { mtu } of port.interfaces) if (mtu !== undefined) largest = Math.max(largest ?? 0, mtu);
    }
  }
  return largest;
}

function isTunnelType(type: string): type is TunnelType {
  return Object.hasOwn(TUNNELS, type);
}

/** What the options of these interfaces say under a name, each once, sorted. */
function valuesOf(interfaces: readonly OvsInterface[], option: string): readonly string[] {
  return [...new Set(interfaces.flatMap(({ options }) => options[option] ?? []))].sort();
}

function onlyOf<T>(values: readonly T[]): T | undefined {
  return values.length === 1 ? values[0] : undefined;
}
