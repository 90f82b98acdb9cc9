import { type Element, isLink } from "../../../core/element.ts";
import { ownerHostOf } from "../../../core/element-id.ts";
import { type Invariant, named } from "../invariant.ts";
import { joinInvariant } from "../join-invariant.ts";
import { localInvariant } from "../local-invariant.ts";
import { MAX_LISTED, numberOf, textOf, textsOf } from "./attribute-values.ts";

/** EVPN has seen a MAC move back and forth too often (RFC 7432, 15.1) and stopped following it. */
export const evpnDuplicateMac: Invariant = localInvariant({
  name: "evpn_duplicate_mac",
  level: "critical",
  settleMs: 60_000,
  readsVolatile: false,
  reads: { vni: named("duplicate_macs") },
  wrongWith: ({ id, attributes }) => {
    const macs = textsOf(attributes, "duplicate_macs");
    if (macs.length === 0) return undefined;
    return { elements: [id], detail: { macs: macs.slice(0, MAX_LISTED), count: macs.length } };
  },
});

/** A BGP session that is meant to be up is established; one that somebody shut down is not meant to be. */
export const bgpSessionDown: Invariant = localInvariant({
  name: "bgp_session_down",
  level: "critical",
  settleMs: 60_000,
  readsVolatile: false,
  reads: { "bgp-session": named("session", "admin_down", "last_reset"), "bgp-speaker": named("peers_down") },
  wrongWith: (element) => {
    const { id, attributes } = element;
    if (!isLink(element)) {
      const peers = textsOf(attributes, "peers_down");
      return peers.length === 0 ? undefined : { elements: [id], detail: { peers: peers.slice(0, MAX_LISTED) } };
    }
    const session = textOf(attributes, "session");
    if (session === undefined || session.toLowerCase() === "established" || attributes.admin_down === true) {
      return undefined;
    }
    const reset = textOf(attributes, "last_reset");
    const detail = { session, ...(reset === undefined ? {} : { last_reset: reset }) };
    return { elements: [id, element.from, element.to], detail };
  },
});

/**
 * Where EVPN tells which VTEPs there are, a tunnel end has no other peers: frames would be flooded to, or taken from, one
 * that the control plane does not know.
 */
export const vtepUnknownToEvpn: Invariant = joinInvariant({
  name: "vtep_unknown_to_evpn",
  level: "warning",
  settleMs: 120_000,
  readsVolatile: false,
  reads: { vxlan: named("vni", "vxlan_id", "peers"), vni: named("vni", "remote_vteps") },
  keysOf: (element) => {
    const [host, vni] = [ownerHostOf(element.id), vniOf(element)];
    return host === undefined || vni === undefined ? [] : [`${host}|${vni}`];
  },
  wrongWith: (members) => {
    const told = members.filter(({ kind, attributes }) => kind === "vni" && attributes.remote_vteps !== undefined);
    if (told.length === 0) return undefined;
    const known = new Set(told.flatMap(({ attributes }) => textsOf(attributes, "remote_vteps")));
    const ends = members.filter(({ kind }) => kind === "vxlan");
    const unknown = new Set(
      ends.flatMap(({ attributes }) => textsOf(attributes, "peers")).filter((ip) => !known.has(ip)),
    );
    if (unknown.size === 0) return undefined;
    return {
      elements: [...ends, ...told].map(({ id }) => id),
      detail: { vteps: [...unknown].toSorted().slice(0, MAX_LISTED), count: unknown.size },
    };
  },
});

function vniOf({ attributes }: Element): number | undefined {
  return numberOf(attributes, "vni") ?? numberOf(attributes, "vxlan_id");
}
