import { type Element, isLink } from "../../core/element.ts";
import type { ElementId } from "../../core/element-id.ts";
import type { MeshEndpoint } from "../../core/mesh.ts";
import type { IpInterface } from "../topology/ip-json.ts";
import type { KernelSnapshot } from "../topology/kernel-elements.ts";

export interface EndpointOptions {
  readonly port: number;
  /** Undefined: the address that tunnels end at, else the one the collector is reached from. */
  readonly underlay: string | undefined;
  /** Addresses within the tunnels; besides those that are found. */
  readonly overlay: readonly string[];
}

export interface EndpointFacts {
  readonly kernel: KernelSnapshot | undefined;
  readonly elements: ReadonlyMap<ElementId, Element>;
  /** The local end of the connection to the collector. */
  readonly towardsCollector: string | undefined;
}

/**
 * Where this host can be asked. The underlay is where its tunnels end; an overlay is an address on a bridge that has a tunnel as member,
 * as with EVPN. Machines without either have the address they speak to the collector from. Nothing on loopback.
 */
export function meshEndpoints(options: EndpointOptions, facts: EndpointFacts): readonly MeshEndpoint[] {
  const { port } = options;
  const own = facts.kernel?.readings.find(({ namespace }) => namespace.name === undefined)?.interfaces ?? [];
  const ownAddresses = new Set(own.flatMap(({ addresses }) => addresses.map(addressOf)));
  const tunnel = tunnelAddresses(facts.elements).find((address) => ownAddresses.has(address));
  const underlay = options.underlay ?? tunnel ?? facts.towardsCollector;
  const within = own.filter((it) => isBridgedTunnel(it, own)).flatMap(({ addresses }) => addresses);
  const wanted = own.flatMap(({ addresses }) => addresses).filter((it) => options.overlay.includes(addressOf(it)));
  const overlay = [...new Set([...within, ...wanted])].filter((it) => isReachable(addressOf(it))).sort();
  return [
    ...(underlay !== undefined && isReachable(underlay)
      ? [{ path: "underlay", address: underlay, port } as const]
      : []),
    ...overlay.map((cidr) => ({
      ...({ path: "overlay", address: addressOf(cidr), port } as const),
      prefixLength: Number(cidr.split("/")[1]),
    })),
  ];
}

/** The interface of the host's own namespace that has an address. */
export function interfaceOf(kernel: KernelSnapshot | undefined, address: string): IpInterface | undefined {
  const own = kernel?.readings.find(({ namespace }) => namespace.name === undefined);
  return own?.interfaces.find(({ addresses }) => addresses.some((cidr) => addressOf(cidr) === address));
}

/** Of all tunnels that end on this host; those of other namespaces have addresses that are not the host's. */
function tunnelAddresses(elements: ReadonlyMap<ElementId, Element>): readonly string[] {
  const found: string[] = [];
  for (const element of elements.values()) {
    if (isLink(element) || !["vxlan", "geneve", "gre"].includes(element.kind)) continue;
    const local = element.attributes.local_ip ?? element.attributes.vxlan_local;
    if (typeof local === "string") found.push(local);
  }
  return found.sort();
}

function isBridgedTunnel(bridge: IpInterface, all: readonly IpInterface[]): boolean {
  return (
    bridge.infoKind === "bridge" &&
    all.some(({ master, infoKind }) => master === bridge.name && (infoKind === "vxlan" || infoKind === "geneve"))
  );
}

const addressOf = (cidr: string): string => cidr.split("/")[0] ?? "";

/** Loopback and link-local addresses lead to no other host. */
function isReachable(address: string): boolean {
  return address !== "" && !/^(127\.|169\.254\.|::1$|::ffff:127\.|fe80:)/i.test(address);
}
