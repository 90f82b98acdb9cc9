/** Addresses, names and identifiers that follow from an index. */

export const UNDERLAY_MTU = 9_000;
export const TENANT_MTU = 8_950;

/** DHCP ports have the first offsets of a subnet, its router the very first. */
export const GATEWAY_OFFSET = 1;
export const DHCP_OFFSET = 2;
export const POOL_FIRST_OFFSET = 10;

/** Every tenth subnet is small, so that a range can run out. */
export function prefixLengthOf(network: number): number {
  return network % 10 === 3 ? 26 : 22;
}

/** The last address of the pool, as an offset in the subnet. */
export function poolLastOffset(network: number): number {
  return 2 ** (32 - prefixLengthOf(network)) - 2;
}

/** `10.x.y.z` of tenants; networks of different tenants may overlap once there are more than 16,384. */
export function tenantAddress(network: number, offset: number): string {
  return dottedAddress(0x0a000000 + (network % 16_384) * 1_024 + offset);
}

export function tenantCidr(network: number): string {
  return `${tenantAddress(network, 0)}/${prefixLengthOf(network)}`;
}

/** The tunnel end of a host, from the shared address space of RFC 6598. */
export function underlayAddress(host: number): string {
  return dottedAddress(0x64400000 + host + 1);
}

/** A router's way out, from the network for benchmarks of RFC 2544. */
export function externalAddress(index: number): string {
  return dottedAddress(0xc6120000 + (index % 131_000) + 10);
}

/** The whole network outside. */
export const EXTERNAL_CIDR = "198.18.0.0/15";
export const EXTERNAL_POOL = { start: "198.18.0.10", end: "198.19.255.254" } as const;

export function segmentationId(network: number): number {
  return 10_000 + network;
}

/** Ports of machines, of DHCP and of routers are numbered apart. */
export type PortKind = "vm" | "dhcp" | "router" | "snat" | "gateway" | "floating" | "vip" | "fabric" | "ghost";
const PORT_RANGE: { readonly [kind in PortKind]: number } = {
  vm: 0,
  dhcp: 10_000_000,
  router: 12_000_000,
  snat: 13_000_000,
  gateway: 14_000_000,
  floating: 15_000_000,
  vip: 15_100_000,
  fabric: 15_300_000,
  ghost: 16_600_000,
};

/** One number for each port of the cloud, below 2²⁴. */
export function portNumber(kind: PortKind, index: number): number {
  return PORT_RANGE[kind] + index;
}

export interface NumberedPort {
  readonly kind: PortKind;
  readonly index: number;
}

/** What a port's number says. */
export function numberedPort(port: number): NumberedPort {
  let found: NumberedPort = { kind: "vm", index: port };
  for (const kind of Object.keys(PORT_RANGE) as PortKind[]) {
    if (port >= PORT_RANGE[kind]) found = { kind, index: port - PORT_RANGE[kind] };
  }
  return found;
}

/** `fa:16:3e:` and 24 bits that differ for all ports: multiplying by an odd number loses nothing. */
export function portMac(port: number): string {
  return macOf(0xfa163e, Math.imul(port, 0x9e3779) & 0xffffff);
}

/** What libvirt gives the host's side of a machine's interface. */
export function tapMac(port: number): string {
  return macOf(0xfe163e, Math.imul(port, 0x9e3779) & 0xffffff);
}

export function nicMac(host: number, nic: number): string {
  return macOf(0xb8cef6, (host * 8 + nic) & 0xffffff);
}

/** `tap`, `qr-`, `qg-`, `sg-` and the first 11 characters of the port's UUID, as Neutron names devices. */
export function deviceName(prefix: string, portUuid: string): string {
  return prefix + portUuid.slice(0, 11);
}

function macOf(vendor: number, device: number): string {
  const hex = vendor.toString(16).padStart(6, "0") + device.toString(16).padStart(6, "0");
  return hex.match(/../g)?.join(":") ?? "";
}

export function dottedAddress(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join(".");
}
