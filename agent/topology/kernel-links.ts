import { type Link, type LinkKind, linkOf } from "../../core/element.ts";
import { type ElementId, interfaceId } from "../../core/element-id.ts";
import type { IpInterface } from "./ip-json.ts";
import type { NamespaceReading } from "./namespace.ts";
import { nsidKey, type VethEnd, type VethPairing } from "./veth-pairs.ts";

/** What of a master makes a link of layer 2; a VRF, for one, does not. */
const LAYER_2_MASTERS: ReadonlySet<string> = new Set(["bridge", "bond", "team"]);

/** Kinds of device that stand on another one, and what the link to it is. */
const LOWER_LINKS: { readonly [infoKind: string]: LinkKind } = {
  vlan: "vlan-of",
  macvlan: "layer2",
  macvtap: "layer2",
  ipvlan: "layer2",
};

/** Every link between interfaces that the kernel knows of, across the namespaces read. */
export function kernelLinks(
  host: string,
  readings: readonly NamespaceReading[],
  { pairs, inodeByNsid }: VethPairing,
): readonly Link[] {
  const byInode = new Map(readings.map((reading) => [reading.namespace.inode, indexReading(host, reading)]));
  const links: Link[] = [];
  for (const reading of readings) {
    const here = byInode.get(reading.namespace.inode);
    if (here === undefined) continue;
    for (const it of reading.interfaces) {
      const from = here.byName.get(it.name);
      if (from === undefined) continue;
      const master = memberOf(it, here);
      if (master !== undefined) links.push(linkOf("layer2", from, master));
      const lower = lowerLink(it, here, (nsid) => {
        const inode = inodeByNsid.get(nsidKey(reading.namespace.inode, nsid));
        return inode === undefined ? undefined : byInode.get(inode);
      });
      if (lower !== undefined) links.push(linkOf(lower.kind, from, lower.to));
    }
  }
  for (const pair of pairs) {
    const [a, b] = pair.map((end: VethEnd) => byInode.get(end.inode)?.byName.get(end.name));
    if (a !== undefined && b !== undefined) links.push(a < b ? linkOf("veth-pair", a, b) : linkOf("veth-pair", b, a));
  }
  return links;
}

interface IndexedNamespace {
  readonly byName: ReadonlyMap<string, ElementId>;
  readonly byIfindex: ReadonlyMap<number, ElementId>;
}

function indexReading(host: string, { namespace, interfaces }: NamespaceReading): IndexedNamespace {
  const byName = new Map<string, ElementId>();
  const byIfindex = new Map<number, ElementId>();
  for (const it of interfaces) {
    const id = interfaceId(host, namespace.name, it.name);
    byName.set(it.name, id);
    byIfindex.set(it.ifindex, id);
  }
  return { byName, byIfindex };
}

function memberOf(it: IpInterface, here: IndexedNamespace): ElementId | undefined {
  if (it.master === undefined || !LAYER_2_MASTERS.has(it.memberKind ?? "")) return undefined;
  return here.byName.get(it.master);
}

/** The device below, in this namespace or, by number, in another one. */
function lowerLink(
  it: IpInterface,
  here: IndexedNamespace,
  namespaceOf: (nsid: number) => IndexedNamespace | undefined,
): { readonly kind: LinkKind; readonly to: ElementId } | undefined {
  if (it.infoKind === "vxlan" && typeof it.info.link === "string" && !it.linkedElsewhere) {
    const to = here.byName.get(it.info.link);
    return to === undefined ? undefined : { kind: "layer2", to };
  }
  const kind = LOWER_LINKS[it.infoKind ?? ""];
  if (kind === undefined || it.lower === undefined) return undefined;
  const to =
    it.lower.kind === "name"
      ? here.byName.get(it.lower.name)
      : it.lower.nsid === undefined
        ? undefined
        : namespaceOf(it.lower.nsid)?.byIfindex.get(it.lower.ifindex);
  return to === undefined ? undefined : { kind, to };
}
