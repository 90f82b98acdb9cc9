import { type AttributeValue, type Element, isLink, type Node } from "../../core/element.ts";
import { ipAddressText, parseIpAddress } from "../ip-address.ts";
import type { GraphSource } from "./graph-source.ts";

/** One end of tunnels: the address it sends from and those it sends to. Tunnels themselves are built when asked for. */
export interface TunnelEnd {
  readonly node: Node;
  readonly localIp: string;
  readonly peers: readonly string[];
}

/** Undefined for what is no tunnel end, or does not say its addresses. */
export function tunnelEndOf(element: Element | undefined): TunnelEnd | undefined {
  if (element === undefined || isLink(element)) return undefined;
  const { attributes } = element;
  const local = firstOf(attributes, ["local_ip", "vxlan_local", "gre_local", "options.local_ip"]);
  const [localIp] = addressesIn(local);
  if (localIp === undefined) return undefined;
  const remote = ["vxlan_remote", "geneve_remote", "gre_remote", "options.remote_ip"] as const;
  const peers = addressesIn(attributes.peers ?? firstOf(attributes, remote));
  return peers.length === 0 ? undefined : { node: element, localIp, peers };
}

/** Whether two ends make a tunnel: each sends to the other's address. */
export function areJoined(a: TunnelEnd, b: TunnelEnd): boolean {
  return a.node.id !== b.node.id && a.peers.includes(b.localIp) && b.peers.includes(a.localIp);
}

/** The other ends of an end's tunnels, found by their addresses. */
export async function endsJoinedTo(source: GraphSource, end: TunnelEnd): Promise<readonly TunnelEnd[]> {
  const found: TunnelEnd[] = [];
  for (const token of end.peers) {
    for await (const chunk of source.find({ by: "identifier", token })) {
      for (const element of chunk) {
        const other = tunnelEndOf(element);
        if (other?.localIp === token && areJoined(end, other)) found.push(other);
      }
    }
  }
  return found;
}

function firstOf(attributes: Element["attributes"], names: readonly string[]): AttributeValue | undefined {
  for (const name of names) if (Object.hasOwn(attributes, name)) return attributes[name];
  return undefined;
}

function addressesIn(value: AttributeValue | undefined): readonly string[] {
  const items = typeof value === "object" ? value : [value];
  return items.flatMap((item) => {
    const address = typeof item === "string" ? parseIpAddress(item) : undefined;
    return address === undefined ? [] : [ipAddressText(address)];
  });
}
