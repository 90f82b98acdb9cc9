import { OperatorError } from "../../core/errors.ts";
import { isRecord } from "../../core/json.ts";
import { numberOf, textOf } from "../json-value.ts";

/** What an interface stands on or is paired with. */
export type Lower =
  /** In the same network namespace. */
  | { readonly kind: "name"; readonly name: string }
  /** In another one: `nsid` is its number as seen from here, undefined when the kernel does not tell. */
  | { readonly kind: "index"; readonly ifindex: number; readonly nsid: number | undefined };

/** One interface as `ip -j -d addr` shows it, reduced to what the topology keeps. */
export interface IpInterface {
  readonly ifindex: number;
  readonly name: string;
  readonly adminUp: boolean;
  readonly carrier: boolean;
  /** Lower case: up, down, unknown, lowerlayerdown … */
  readonly operstate: string;
  readonly mtu: number | undefined;
  readonly mac: string | undefined;
  /** ether, loopback, none … */
  readonly linkType: string;
  /** What made it: veth, tun, bridge …; undefined for hardware and loopback. */
  readonly infoKind: string | undefined;
  readonly info: Readonly<Record<string, unknown>>;
  readonly master: string | undefined;
  /** What the master is: bridge, bond … */
  readonly memberKind: string | undefined;
  readonly memberInfo: Readonly<Record<string, unknown>>;
  readonly lower: Lower | undefined;
  /** Whether what it stands on is in another namespace: names in `info` are then looked up in the wrong one. */
  readonly linkedElsewhere: boolean;
  /** Sorted CIDRs. */
  readonly addresses: readonly string[];
  readonly alias: string | undefined;
  readonly altNames: readonly string[];
  /** The device's own address on its bus, such as a PCI address; only hardware has one. */
  readonly parentDevice: string | undefined;
}

/** Parses the output of `ip -j -d addr`; nothing at all is printed for a namespace without interfaces. */
export function parseIpAddr(text: string): readonly IpInterface[] {
  return parseList(text, "addr").flatMap((item) => {
    const parsed = parseInterface(item);
    return parsed === undefined ? [] : [parsed];
  });
}

/** Parses `ip -j netns list-id`: number → name, for those namespaces that have a name. */
export function parseNetnsIds(text: string): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  for (const item of parseList(text, "netns list-id")) {
    if (isRecord(item) && typeof item.nsid === "number" && typeof item.name === "string") {
      names.set(item.nsid, item.name);
    }
  }
  return names;
}

function parseList(text: string, command: string): readonly unknown[] {
  if (text.trim() === "") return [];
  try {
    const parsed: unknown = JSON.parse(text);
    if (Array.isArray(parsed)) return parsed;
  } catch (cause) {
    throw unreadable(command, cause);
  }
  throw unreadable(command, undefined);
}

function unreadable(command: string, cause: unknown): OperatorError {
  return new OperatorError({
    code: "agent.ip_output",
    message: `\`ip -j ${command}\` printed something that is not a JSON list`,
    hint: "the agent needs iproute2 4.14 or newer (`ip -V`)",
    cause,
  });
}

function parseInterface(item: unknown): IpInterface | undefined {
  if (!isRecord(item)) return undefined;
  const { ifindex, ifname } = item;
  if (typeof ifindex !== "number" || typeof ifname !== "string" || ifname === "") return undefined;
  const flags = new Set(stringsOf(item.flags));
  const linkInfo = recordOf(item.linkinfo);
  return {
    ifindex,
    name: ifname,
    adminUp: flags.has("UP"),
    carrier: flags.has("LOWER_UP"),
    operstate: (textOf(item.operstate) ?? "unknown").toLowerCase(),
    mtu: numberOf(item.mtu),
    mac: textOf(item.address),
    linkType: textOf(item.link_type) ?? "none",
    infoKind: textOf(linkInfo.info_kind),
    info: recordOf(linkInfo.info_data),
    master: textOf(item.master),
    memberKind: textOf(linkInfo.info_slave_kind),
    memberInfo: recordOf(linkInfo.info_slave_data),
    lower: lowerOf(item),
    linkedElsewhere: item.link_netnsid !== undefined,
    addresses: addressesOf(item.addr_info),
    alias: textOf(item.ifalias),
    altNames: stringsOf(item.altnames).toSorted(),
    parentDevice: textOf(item.parentdev),
  };
}

/** `link` may be null beside `link_index`, and `link_netnsid` may be the word "unknown". */
function lowerOf(item: Record<string, unknown>): Lower | undefined {
  if (typeof item.link === "string") return { kind: "name", name: item.link };
  const ifindex = numberOf(item.link_index);
  return ifindex === undefined ? undefined : { kind: "index", ifindex, nsid: numberOf(item.link_netnsid) };
}

/** Temporary addresses (RFC 8981) are left out: they come and go daily and nobody set them. Lifetimes likewise. */
function addressesOf(list: unknown): readonly string[] {
  const cidrs: string[] = [];
  for (const address of Array.isArray(list) ? list : []) {
    if (!isRecord(address) || address.temporary === true) continue;
    const [local, length] = [textOf(address.local), numberOf(address.prefixlen)];
    if (local !== undefined && length !== undefined) cidrs.push(`${local}/${length}`);
  }
  return cidrs.sort();
}

function recordOf(value: unknown): Record<string, unknown> {
  return isRecord(value) ? value : {};
}

function stringsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}
