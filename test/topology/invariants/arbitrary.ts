import {
  type Attributes,
  type AttributeValue,
  type Element,
  isLink,
  type LinkKind,
  type NodeKind,
} from "../../../core/element.ts";
import {
  agentId,
  type ElementId,
  elementIdOf,
  hostId,
  interfaceId,
  linkId,
  netnsId,
  ovsPortId,
} from "../../../core/element-id.ts";
import { OPENSTACK_ID } from "../../../topology/openstack-node.ts";

// Worlds in which everything an invariant reads takes few values, so that breaches begin and end all the time.

const TAP = "tapaaaaaaaa-01";
const NEUTRON_PORT = "5a1b1c1d-0000-4000-8000-0000000000aa";
const ADDRESSES = ["10.0.0.1/24", "10.0.0.2/24", "fe80::1/64"] as const;
const MACS = ["fa:16:3e:00:00:01", "fa:16:3e:00:00:02", "00:00:5e:00:01:07"] as const;
const UNDERLAY_IPS = ["172.16.0.1", "172.16.0.2", "172.16.0.3"] as const;

type Values = { readonly [name: string]: readonly (AttributeValue | undefined)[] };

const lists = (...items: readonly string[]): readonly string[][] => [[], [...items.slice(0, 1)], [...items]];

const DEVICE: Values = {
  mtu: [undefined, 1450, 1500, 65_000],
  mac: [undefined, ...MACS],
  addresses: [undefined, ...lists(...ADDRESSES), ["172.16.0.1/24"]],
  network_id: [undefined, undefined, "n1"],
  vni: [undefined, undefined, 7],
  anycast: [undefined, true],
  carrier: [undefined, true, false],
  bus_address: [undefined, "0000:03:00.1"],
  lldp_neighbour: [undefined, "tor-1/e1", "tor-1/e2"],
  lldp_neighbour_baseline: [undefined, "tor-1/e1"],
  "external_ids.iface-id": [undefined, "p1", NEUTRON_PORT],
  device_owner: [undefined, "network:dhcp"],
  ifindex: [undefined, 0, 4],
};

const TUNNEL: Values = {
  local_ip: [undefined, ...UNDERLAY_IPS],
  peers: [undefined, ...lists(...UNDERLAY_IPS), ["172.16.0.3", "172.16.0.2"]],
  vni: [undefined, undefined, 7],
  mtu: [undefined, 1450, 1451, 65_000],
};

const VALUES: { readonly [kind in NodeKind]?: Values } = {
  host: {
    libvirt_version: [undefined, "9.0"],
    ovs_version: [undefined, "3.1"],
    "sysctl.net.a": [undefined, "1", "2"],
    "sysctl_configured.net.a": [undefined, "1"],
    dhcp_servers: [undefined, ["dnsmasq:unbound:67"], ["dnsmasq:unbound:67", "dnsmasq:unbound:67"]],
  },
  agent: { clock_offset_ms: [undefined, 10, 4_000, -4_020], session: ["connected", "silent"] },
  netns: { dhcp_servers: [undefined, ["dnsmasq:bound:eth0"], ["dnsmasq:unbound:67", "dnsmasq:unbound:67"]] },
  nic: DEVICE,
  veth: DEVICE,
  tap: DEVICE,
  vf: DEVICE,
  interface: DEVICE,
  bridge: DEVICE,
  macvtap: DEVICE,
  "ovs-port": {
    ...DEVICE,
    error: [undefined, undefined, "could not open network device"],
    ofport: [undefined, -1, 3],
    type: [undefined, "system", "patch", "dpdkvhostuser"],
    tag: [undefined, 7, 4095],
  },
  domain: {
    state: [undefined, "running", "shutoff", "migrating"],
    uuid: [undefined, "v1", "V1"],
    interfaces: [undefined, [`tap:${TAP}`], ["macvtap:eth1", "vf:0000:03:00.1"], [`vhost-user:${TAP}`]],
  },
  vxlan: TUNNEL,
  geneve: TUNNEL,
  vni: {
    vni: [undefined, 7],
    remote_vteps: [undefined, ...lists(...UNDERLAY_IPS)],
    duplicate_macs: [undefined, [MACS[0]]],
  },
  "bgp-speaker": { peers_down: [undefined, ["10.0.0.9"]] },
  vm: { status: ["ACTIVE", "SHUTOFF"] },
  port: {
    binding_vif_type: [undefined, "ovs", "binding_failed"],
    binding_host: [undefined, "a", "b"],
    admin_up: [undefined, false],
    status: ["ACTIVE", "DOWN"],
    device_id: [undefined, "v1"],
    device_owner: [undefined, "compute:nova", "network:router_interface_distributed"],
    network_id: ["n1", "n2"],
    mac: [...MACS],
    fixed_ips: [undefined, ["10.0.0.1"], ["10.0.0.2"]],
    allowed_address_pairs: [undefined, ["10.0.0.1"], [`10.0.0.1|${MACS[1]}`]],
  },
  service: { servers: ["all", "all", "some"], ports: ["all", "stale"] },
  subnet: { used: [10, 86, 97], total: [undefined, 100] },
};

const LINK_VALUES: Values = { session: [undefined, "established", "idle"], admin_down: [undefined, true] };

/** Draws from a seed: far faster than composed arbitraries, so that stories can be long. */
export class Draw {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** 0 <= result < n; mulberry32. */
  below(n: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * n);
  }

  of<T>(items: readonly T[]): T {
    const item = items[this.below(items.length)];
    return item as T;
  }
}

function attributesFrom(draw: Draw, values: Values): Attributes {
  const attributes: Record<string, AttributeValue> = {};
  for (const [name, items] of Object.entries(values)) {
    const value = draw.of(items);
    if (value !== undefined) attributes[name] = value;
  }
  return attributes;
}

/** The places of the world and what may stand there; a place may change its kind. */
function placesOf(host: string): readonly (readonly [ElementId, readonly NodeKind[]])[] {
  return [
    [hostId(host), ["host"]],
    [agentId(host), ["agent"]],
    [netnsId(host, "qdhcp-n1"), ["netns"]],
    [interfaceId(host, undefined, TAP), ["tap", "interface"]],
    [interfaceId(host, "qdhcp-n1", TAP), ["tap", "interface"]],
    [interfaceId(host, undefined, "eth0"), ["nic", "bridge"]],
    [interfaceId(host, undefined, "eth1"), ["veth", "macvtap", "vf"]],
    [interfaceId(host, undefined, "vx0"), ["vxlan", "geneve"]],
    [interfaceId(host, undefined, "vx1"), ["vxlan"]],
    [ovsPortId(host, "br-int", TAP), ["ovs-port"]],
    [elementIdOf("host", host, "domain", "d1"), ["domain"]],
    [elementIdOf("host", host, "vni", "7"), ["vni"]],
    [elementIdOf("host", host, "bgp"), ["bgp-speaker"]],
    [elementIdOf("vm", "v1"), ["vm"]],
    [elementIdOf("neutron", "port", "p1"), ["port"]],
    [elementIdOf("neutron", "port", NEUTRON_PORT), ["port"]],
    [OPENSTACK_ID, ["service"]],
    [elementIdOf("neutron", "port", "p2"), ["port"]],
    [elementIdOf("neutron", "subnet", "s1"), ["subnet"]],
  ];
}

/** Whether elements of a kind are worth having. */
export type Kinds = (kind: Element["kind"]) => boolean;

const LINKS: readonly LinkKind[] = ["veth-pair", "layer2", "vlan-of", "patch", "attached", "bgp-session"];

function nodeOf(draw: Draw, host: string, kinds: Kinds): Element {
  const places = placesOf(host).filter(([, stand]) => stand.some((kind) => kinds(kind)));
  const [id, stand] = draw.of(places);
  const kind = draw.of(stand);
  const attributes = attributesFrom(draw, VALUES[kind] ?? {});
  const name = id.includes("/domain/") ? "instance-1" : draw.of([TAP, TAP, "other"]);
  return { id, kind, name, cluster: "c", host, parent: hostId(host), attributes };
}

function linkBetween(draw: Draw, host: string, kinds: Kinds): Element {
  const ends = placesOf(host).map(([id]) => id);
  const [from, to] = [draw.of(ends), draw.of(ends)];
  const kind = draw.of(LINKS.filter(kinds));
  return { id: linkId("l", from, to), kind, from, to, attributes: attributesFrom(draw, LINK_VALUES) };
}

/** What is said of an element: all of it, one attribute of it as in `element`, or that it is gone. */
export interface Saying {
  readonly element: Element;
  readonly how: "put" | "remove" | { readonly attribute: string };
}

function sayingOf(draw: Draw, kinds: Kinds): Saying {
  const host = draw.of(["a", "b"]);
  const isLinkSaid = LINKS.some(kinds) && draw.below(4) === 0;
  const element = isLinkSaid ? linkBetween(draw, host, kinds) : nodeOf(draw, host, kinds);
  const how = draw.below(12);
  if (how === 0) return { element, how: "remove" };
  if (how < 4) return { element, how: "put" };
  const names = Object.keys(isLink(element) ? LINK_VALUES : (VALUES[element.kind] ?? {}));
  return { element, how: { attribute: draw.of([...names, "@name"]) } };
}

/** Revisions about elements of these kinds. */
export function* storyOf(seed: number, steps: number, kinds: Kinds = () => true): Iterable<readonly Saying[]> {
  const draw = new Draw(seed);
  for (let step = 0; step < steps; step++) {
    yield Array.from({ length: 1 + draw.below(3) }, () => sayingOf(draw, kinds));
  }
}

/** What a saying makes of the element that is there. */
export function said({ element, how }: Saying, present: Element | undefined): Element | undefined {
  if (how === "remove") return undefined;
  if (how === "put" || present === undefined || present.kind !== element.kind) return element;
  if (how.attribute === "@name") return { ...present, ...("name" in element ? { name: element.name } : {}) };
  const { [how.attribute]: _old, ...others } = present.attributes;
  const value = element.attributes[how.attribute];
  return { ...present, attributes: value === undefined ? others : { ...others, [how.attribute]: value } };
}
