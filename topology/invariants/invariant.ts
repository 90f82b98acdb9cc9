import type { Attributes, Element } from "../../core/element.ts";
import type { ElementId } from "../../core/element-id.ts";
import type { GraphView } from "../live-graph.ts";

/** Every invariant there is. `docs/invariants.md` says of each what it means and what to do. */
export const INVARIANT_NAMES = [
  "ovs_port_without_device",
  "ovs_dead_vlan",
  "domain_interface_without_backend",
  "tap_without_owner",
  "neutron_port_not_bound",
  "vm_not_on_host",
  "domain_unknown_to_nova",
  "ovs_port_unknown_to_neutron",
  "tunnel_one_end",
  "mtu_mismatch",
  "tunnel_mtu_too_large",
  "duplicate_ip",
  "duplicate_mac",
  "evpn_duplicate_mac",
  "vtep_unknown_to_evpn",
  "bgp_session_down",
  "dhcp_servers_collide",
  "sysctl_not_as_configured",
  "lldp_neighbour_changed",
  "subnet_used_up",
  "agent_clock_offset",
  "host_name_unresolved",
] as const;
export type InvariantName = (typeof INVARIANT_NAMES)[number];

export type Level = "warning" | "critical";

/**
 * What a judgement is about: an element's id, or a key several elements meet at, such as a network and an address.
 * Unique within its invariant; stays the same as long as the breach is the same one.
 */
export type Subject = string;

/** What is wrong with a subject. */
export interface Verdict {
  /** What is concerned, the likeliest culprit first. A breach is known only while the agents of their hosts speak. */
  readonly elements: readonly ElementId[];
  /** The invariant's own unless told otherwise. */
  readonly level?: Level | undefined;
  readonly detail: Attributes;
}

/**
 * One thing that must hold, said so that a change costs what it touches: which elements matter and by which
 * attributes, which subjects an element has a part in, and what is wrong with one subject.
 */
export interface Invariant {
  readonly name: InvariantName;
  readonly level: Level;
  /** A breach that ends within this time was a change under way, not a fault. */
  readonly settleMs: number;
  /** What it rests on is not kept over a restart of the collector (`attributeClass` volatile). */
  readonly readsVolatile: boolean;
  readonly reads: Reads;
  judgeOf(view: GraphView): Judge;
}

/** Kinds whose elements matter, each with the attributes that do: an update of other attributes touches nothing. */
export type Reads = { readonly [kind in Element["kind"]]?: AttributeTest };

/** Whether a change of this attribute matters; names as in `Change`: `mtu`, `@name`. */
export type AttributeTest = (name: string) => boolean;

/** The part of an invariant that lives with one graph. */
export interface Judge {
  /**
   * Takes in an element as the graph has it now, undefined when it is gone or of a kind that does not matter, and
   * names every subject whose judgement that may change. Taking in the same state again changes nothing.
   */
  take(id: ElementId, element: Element | undefined, touch: (subject: Subject) => void): void;
  /** What is wrong with this subject now; undefined when nothing is, or when nothing is known of it. */
  judge(subject: Subject): Verdict | undefined;
}

/** An attribute test for a fixed list of names. */
export function named(...names: readonly string[]): AttributeTest {
  return (name) => names.includes(name);
}
