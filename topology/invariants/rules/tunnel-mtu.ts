import type { Element, Node } from "../../../core/element.ts";
import { ownerHostOf } from "../../../core/element-id.ts";
import { type Invariant, named } from "../invariant.ts";
import { joinInvariant } from "../join-invariant.ts";
import { isNode, numberOf, textOf, textsOf, withoutPrefixLength } from "./attribute-values.ts";

/** Bytes around the inner Ethernet frame, with its header of 14 that the MTU does not count. */
const OVERHEAD_BYTES: { readonly [kind: string]: { readonly ipv4: number; readonly ipv6: number } } = {
  // outer IP 20 or 40, UDP 8, VXLAN 8 (RFC 7348), inner Ethernet 14
  vxlan: { ipv4: 50, ipv6: 70 },
  // as VXLAN, without options (RFC 8926)
  geneve: { ipv4: 50, ipv6: 70 },
  // outer IP 20 or 40, GRE with key 8 (RFC 2890), inner Ethernet 14
  gre: { ipv4: 42, ipv6: 62 },
};

/** The one device of Open vSwitch for all its tunnels has an MTU near 64 KiB; the networks in it have their own. */
const COLLECTIVE_MTU = 60_000;

const TUNNEL = named("local_ip", "vxlan_local", "gre_local", "mtu", "@parent");
const UNDERLAY = named("addresses", "mtu", "@parent");

/** What goes into a tunnel fits, with what the tunnel adds, through the interface that has the tunnel's address. */
export const tunnelMtuTooLarge: Invariant = joinInvariant({
  name: "tunnel_mtu_too_large",
  level: "warning",
  settleMs: 120_000,
  readsVolatile: false,
  reads: {
    vxlan: TUNNEL,
    geneve: TUNNEL,
    gre: TUNNEL,
    nic: UNDERLAY,
    bond: UNDERLAY,
    vlan: UNDERLAY,
    bridge: UNDERLAY,
    interface: UNDERLAY,
  },
  keysOf: (element) => {
    const host = ownerHostOf(element.id);
    if (host === undefined || !isNode(element)) return [];
    // An address means something within one namespace.
    const place = element.parent ?? host;
    const addresses = OVERHEAD_BYTES[element.kind] === undefined ? addressesOf(element) : [localOf(element)];
    return [...new Set(addresses)].flatMap((address) => (address === undefined ? [] : [`${place}|${address}`]));
  },
  wrongWith: (members, key) => {
    const mtuOf = (element: Element): number => numberOf(element.attributes, "mtu") ?? 0;
    const tunnels = members.filter(isNode).filter(({ kind }) => OVERHEAD_BYTES[kind] !== undefined);
    const underlay = members.find((it) => OVERHEAD_BYTES[it.kind] === undefined && mtuOf(it) > 0);
    if (underlay === undefined) return undefined;
    const version = key.slice(key.lastIndexOf("|")).includes(":") ? "ipv6" : "ipv4";
    const tooLarge = tunnels.filter((tunnel) => {
      const mtu = mtuOf(tunnel);
      return mtu < COLLECTIVE_MTU && mtu + (OVERHEAD_BYTES[tunnel.kind]?.[version] ?? 0) > mtuOf(underlay);
    });
    const [worst] = tooLarge.toSorted((a, b) => mtuOf(b) - mtuOf(a) || (a.id < b.id ? -1 : 1));
    if (worst === undefined) return undefined;
    return {
      elements: [...tooLarge.map(({ id }) => id).toSorted(), underlay.id],
      detail: {
        mtu: mtuOf(worst),
        underlay_mtu: mtuOf(underlay),
        overhead_bytes: OVERHEAD_BYTES[worst.kind]?.[version] ?? 0,
      },
    };
  },
});

function addressesOf({ attributes }: Node): readonly string[] {
  return textsOf(attributes, "addresses").map(withoutPrefixLength);
}

function localOf({ kind, attributes }: Node): string | undefined {
  return textOf(attributes, "local_ip") ?? textOf(attributes, `${kind}_local`);
}
