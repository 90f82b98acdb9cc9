import { type Element, isLink, type Link, type Node } from "../../../core/element.ts";
import type { ElementId } from "../../../core/element-id.ts";
import { parseElementId } from "../../../core/element-id.ts";
import type { GraphView } from "../../live-graph.ts";
import { type Invariant, type Judge, named, type Subject, type Verdict } from "../invariant.ts";
import { isNode, numberOf } from "./attribute-values.ts";

const MTU = named("mtu");
const ANY = named();

/**
 * What one end of a link sends, the other takes: the ends of a veth pair or patch cord and the members of a bridge or bond
 * have one MTU, and a device that stands on another has none that is larger. Open vSwitch bridges carry networks with
 * different MTUs, so their ports are compared with nothing. The subject is the link.
 */
export const mtuMismatch: Invariant = {
  name: "mtu_mismatch",
  level: "warning",
  settleMs: 120_000,
  readsVolatile: false,
  reads: {
    nic: MTU,
    bond: MTU,
    vlan: MTU,
    bridge: MTU,
    veth: MTU,
    tap: MTU,
    vf: MTU,
    macvtap: MTU,
    macvlan: MTU,
    vxlan: MTU,
    geneve: MTU,
    gre: MTU,
    "ovs-port": MTU,
    switchport: MTU,
    "veth-pair": ANY,
    patch: ANY,
    layer2: ANY,
    "vlan-of": ANY,
  },
  judgeOf: (view) => new LinkJudge(view),
};

/** The graph has the links of each element indexed, so that nothing has to be kept here. */
class LinkJudge implements Judge {
  readonly #view: GraphView;

  constructor(view: GraphView) {
    this.#view = view;
  }

  take(id: ElementId, element: Element | undefined, touch: (subject: Subject) => void): void {
    if (element !== undefined && isLink(element)) {
      touch(id);
      return;
    }
    // Of an element that is gone it is not said whether it was a link.
    if (element === undefined) touch(id);
    for (const link of this.#view.linksAt(id)) if (mtuMismatch.reads[link.kind] !== undefined) touch(link.id);
  }

  judge(subject: Subject): Verdict | undefined {
    const id = parseElementId(subject);
    const link = id === undefined ? undefined : this.#view.get(id);
    if (link === undefined || !isLink(link)) return undefined;
    const [from, to] = [this.#view.get(link.from), this.#view.get(link.to)];
    if (from === undefined || to === undefined || !isNode(from) || !isNode(to)) return undefined;
    if (!isRead(from) || !isRead(to)) return undefined;
    const [fromMtu, toMtu] = [numberOf(from.attributes, "mtu"), numberOf(to.attributes, "mtu")];
    if (fromMtu === undefined || toMtu === undefined || fits(link, { from, to, fromMtu, toMtu })) return undefined;
    return { elements: [from.id, to.id, link.id], detail: { mtu: fromMtu, other_mtu: toMtu, link_kind: link.kind } };
  }
}

function isRead({ kind }: Node): boolean {
  return mtuMismatch.reads[kind] !== undefined;
}

interface Ends {
  readonly from: Node;
  readonly to: Node;
  readonly fromMtu: number;
  readonly toMtu: number;
}

function fits(link: Link, { from, to, fromMtu, toMtu }: Ends): boolean {
  switch (link.kind) {
    case "veth-pair":
    case "patch":
      return fromMtu === toMtu;
    case "vlan-of":
      return fromMtu <= toMtu;
    case "layer2":
      if (to.kind === "bridge" || to.kind === "bond") return fromMtu === toMtu;
      // A switch port that takes more than the host sends is how it should be.
      if (to.kind === "switchport") return fromMtu <= toMtu;
      if (from.kind === "switchport") return toMtu <= fromMtu;
      return from.kind === "macvtap" || from.kind === "macvlan" ? fromMtu <= toMtu : true;
    default:
      return true;
  }
}
