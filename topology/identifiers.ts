import { attributeClass } from "../core/attribute-class.ts";
import { type Element, isLink } from "../core/element.ts";
import { type IpAddress, ipAddressText, networkText, parseIpAddress } from "./ip-address.ts";

/** Networks an address can be found by: a search for another length asks for the next shorter and filters. */
export const INDEXED_PREFIX_LENGTHS = { 4: [24, 16, 8], 6: [64, 48, 32] } as const;

/** Addresses of others: an end of a full mesh would be found by each of its 500 peers. */
const OF_OTHERS: ReadonlySet<string> = new Set([
  "peers",
  "remote_ip",
  "options.remote_ip",
  "vxlan_remote",
  "vxlan_group",
  "geneve_remote",
  "gre_remote",
]);

/** What joins an element of a host with OpenStack's, whatever it looks like. */
const JOINING: ReadonlySet<string> = new Set(["external_ids.iface-id", "external_ids.vm-uuid"]);

/** Whose it is: by name and id of the project, for what people look for when they look for a project. Ports and volumes are too many. */
const OF_PROJECT: ReadonlySet<string> = new Set(["project", "project_id"]);
const SHOWN_BY_PROJECT: ReadonlySet<Element["kind"]> = new Set([
  "vm",
  "network",
  "router",
  "load-balancer",
  "floating-ip",
]);

const MAC = /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const NO_MAC: ReadonlySet<string> = new Set(["00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff"]);

/**
 * What an element can be found by, lower case, each once: its name, the last segment of its id (nodes), its project, the MACs, IPs and
 * UUIDs in its attributes, `vni:<n>`, `vlan:<n>`, and for each address the networks that hold it: `net:10.1.2.0/24`.
 * Volatile attributes do not count, so that the live graph and the store find the same.
 */
export function identifiersOf(element: Element): readonly string[] {
  const tokens: string[] = [];
  if (!isLink(element)) {
    add(tokens, element.name.toLowerCase());
    add(tokens, lastSegmentOf(element.id).toLowerCase());
  }
  const { attributes } = element;
  for (const name in attributes) {
    if (OF_OTHERS.has(name)) continue;
    const value = attributes[name];
    if (OF_PROJECT.has(name) && typeof value === "string" && SHOWN_BY_PROJECT.has(element.kind)) {
      add(tokens, value.toLowerCase());
    }
    if (typeof value === "string") addText(tokens, name, value);
    else if (typeof value === "number") addNumber(tokens, name, value, attributes.network_type);
    else if (typeof value === "object") for (const item of value) addItem(tokens, name, item);
  }
  return tokens;
}

/** What somebody typed, as `identifiersOf` writes it: `AA-BB-CC-00-11-22` is `aa:bb:cc:00:11:22`. */
export function identifierText(typed: string): string {
  const text = typed.trim().toLowerCase();
  const hex = text.replaceAll(/[-.:]/g, "");
  const isMac =
    /^[0-9a-f]{12}$/.test(hex) && /^([0-9a-f]{2}([-:]?[0-9a-f]{2}){5}|([0-9a-f]{4}\.){2}[0-9a-f]{4})$/.test(text);
  if (isMac && hex.length !== text.length) return hex.replaceAll(/(..)(?=.)/g, "$1:");
  const address = parseIpAddress(text);
  return address === undefined ? text : ipAddressText(address);
}

function addItem(tokens: string[], name: string, item: string | number): void {
  if (typeof item === "string") addText(tokens, name, item);
}

function addText(tokens: string[], name: string, value: string): void {
  if (attributeClass(name) === "volatile") return;
  if (value.length === 17 && MAC.test(value)) {
    const mac = value.toLowerCase();
    if (!NO_MAC.has(mac)) add(tokens, mac);
  } else if (JOINING.has(name) || (value.length === 36 && UUID.test(value))) {
    add(tokens, value.toLowerCase());
  } else if (mayBeAddress(value)) {
    const slash = value.indexOf("/");
    const address = parseIpAddress(slash < 0 ? value : value.slice(0, slash));
    if (address !== undefined) addAddress(tokens, address);
  } else if (name === "options.key" && /^\d{1,8}$/.test(value)) {
    add(tokens, `vni:${Number(value)}`);
  }
}

function addNumber(tokens: string[], name: string, value: number, networkType: unknown): void {
  switch (name) {
    case "vni":
    case "vxlan_id":
    case "geneve_id":
      add(tokens, `vni:${value}`);
      return;
    case "vlan":
    case "vlan_id":
      add(tokens, `vlan:${value}`);
      return;
    case "segmentation_id":
      add(tokens, `${networkType === "vlan" ? "vlan" : "vni"}:${value}`);
      return;
    default:
  }
}

/** Loopback and unspecified addresses are everybody's; link-local networks are everywhere. */
function addAddress(tokens: string[], address: IpAddress): void {
  const { version, parts } = address;
  const isEverybodys =
    version === 4 ? parts[0] === 127 || parts[0] === 0 : parts.slice(0, 7).every((word) => word === 0);
  if (isEverybodys) return;
  add(tokens, ipAddressText(address));
  if (version === 6 && ((parts[0] ?? 0) & 0xffc0) === 0xfe80) return;
  for (const length of INDEXED_PREFIX_LENGTHS[version]) add(tokens, `net:${networkText(address, length)}`);
}

function mayBeAddress(value: string): boolean {
  if (value.length < 2 || value.length > 49) return false;
  const first = value.charCodeAt(0);
  const isDigit = first >= 48 && first <= 57;
  return isDigit
    ? value.includes(".") || value.includes(":")
    : value.includes("::") || /^[a-f][0-9a-f]{0,3}:/i.test(value);
}

function lastSegmentOf(id: string): string {
  const segment = id.slice(id.lastIndexOf("/") + 1);
  return segment.includes("%") ? decodeURIComponent(segment) : segment;
}

function add(tokens: string[], token: string): void {
  if (!tokens.includes(token)) tokens.push(token);
}
