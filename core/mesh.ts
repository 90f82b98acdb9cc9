/**
 * The mesh of probes between agents: small UDP packets that are sent back by whoever gets them. The collector says who asks whom.
 */

/** What lies between the two: the same rack, another rack of the zone, another zone, a network node, the overlay. */
export const MESH_CLASSES = ["rack", "zone", "region", "network", "overlay"] as const;
export type MeshClass = (typeof MESH_CLASSES)[number];

/** Where a host answers. Written into the attribute `mesh_endpoints` of its node as `<path>|<address>|<port>`. */
export interface MeshEndpoint {
  /** The addresses of the machines themselves, which tunnels run between; or an address within the tunnels. */
  readonly path: "underlay" | "overlay";
  /** Without the length of its prefix. */
  readonly address: string;
  /** Of an overlay: the length of its prefix, which says who else is in it. */
  readonly prefixLength?: number | undefined;
  readonly port: number;
}

export interface MeshPeer {
  readonly host: string;
  readonly path: MeshEndpoint["path"];
  readonly class: MeshClass;
  readonly address: string;
  readonly port: number;
}

/** What the collector tells an agent; it stands until another comes, also while the collector is away. */
export interface MeshPlan {
  /** 32 bytes in hexadecimal, the same for all agents of a cluster: what is not signed with it is not answered. */
  readonly key: string;
  /** Between two packets to one peer. */
  readonly interval_ms: number;
  readonly peers: readonly MeshPeer[];
}

export const MAX_MESH_PEERS = 20;

export function endpointText({ path, address, prefixLength, port }: MeshEndpoint): string {
  return `${path}|${address}${prefixLength === undefined ? "" : `/${prefixLength}`}|${port}`;
}

export function parseEndpoint(text: string): MeshEndpoint | undefined {
  const match = /^(underlay|overlay)\|([0-9a-fA-F.:]{2,45})(?:\/(\d{1,3}))?\|(\d{1,5})$/.exec(text);
  if (match === null) return undefined;
  const [, path, address = "", prefix, port] = match;
  return {
    path: path === "overlay" ? "overlay" : "underlay",
    address,
    prefixLength: prefix === undefined ? undefined : Number(prefix),
    port: Number(port),
  };
}
