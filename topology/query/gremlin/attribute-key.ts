import { attributeClass } from "../../../core/attribute-class.ts";
import type { AttributeValue, Element } from "../../../core/element.ts";
import { parseIpAddress } from "../../ip-address.ts";
import type { Lookup } from "../graph-source.ts";
import { type Network, parseNetwork, tokensAround } from "../network.ts";
import type { Item } from "./predicate.ts";

/** What a key of a query means: `Name`, `MAC`, `attributes.mtu`. */
export interface Key {
  /** As `Values` gives it; undefined when the element has no such thing. */
  read(element: Element): AttributeValue | undefined;
  /** Everything one item of the value is known by; itself when left out. */
  readonly forms?: ((item: Item, element: Element) => readonly Item[]) | undefined;
  /** How an expected value is written among the forms. */
  readonly normal?: ((expected: Item) => Item) | undefined;
  /** An element that stands for several of Skydive's satisfies a predicate when one of them does. */
  readonly isForEach?: boolean | undefined;
  /** Where an index finds all elements whose key equals this (normal) value; undefined when none does. */
  readonly lookup?: ((expected: Item) => readonly Lookup[] | undefined) | undefined;
  /** The same for addresses within a network. */
  readonly lookupNetwork?: ((network: Network) => readonly Lookup[] | undefined) | undefined;
}

export const NOTHING: readonly Lookup[] = [];

/** As in `identifiersOf`: filed under the element whose address it is. */
const OF_OTHERS: ReadonlySet<string> = new Set([
  ...["peers", "remote_ip", "options.remote_ip"],
  ...["vxlan_remote", "vxlan_group", "geneve_remote", "gre_remote"],
]);

/** The first of some attributes that an element has. */
export function attributeKey(names: readonly string[]): Key {
  const isKept = names.every((name) => attributeClass(name) !== "volatile" && !OF_OTHERS.has(name));
  return {
    read: ({ attributes }) => {
      for (const name of names) if (Object.hasOwn(attributes, name)) return attributes[name];
      return undefined;
    },
    lookup: (expected) => {
      if (!isKept || typeof expected !== "string" || !isIdentifier(expected, names)) return undefined;
      return [{ by: "identifier", token: expected.toLowerCase() }];
    },
  };
}

/** Values that `identifiersOf` files whatever attribute they stand in, letter for letter. */
function isIdentifier(value: string, names: readonly string[]): boolean {
  if (/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(value)) return !/^(00(:00){5}|ff(:ff){5})$/i.test(value);
  if (names.length === 1 && names[0] === "external_ids.iface-id") return value.length >= 3;
  return /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(value);
}

/** Where a node keeps addresses, each with or without its prefix length. */
const ADDRESS_ATTRIBUTES = ["addresses", "fixed_ips", "address", "ip_address", "floating_ip_address"];

/** All addresses of one version, as they are written and without their prefix lengths. */
export function addressKey(version: 4 | 6): Key {
  return {
    read: (element) => {
      const found = ADDRESS_ATTRIBUTES.flatMap((name) => textsIn(element.attributes[name])).filter(
        (text) => parseIpAddress(text.split("/")[0] ?? "")?.version === version,
      );
      return found.length === 0 ? undefined : found;
    },
    forms: (item) => (typeof item === "string" && item.includes("/") ? [item, item.split("/")[0] ?? ""] : [item]),
    lookup: (expected) => {
      if (typeof expected !== "string") return NOTHING;
      const address = expected.split("/")[0] ?? "";
      const network = parseNetwork(`${address}/${version === 4 ? 32 : 128}`);
      return network === undefined ? undefined : lookupsAround(network);
    },
    lookupNetwork: lookupsAround,
  };
}

function lookupsAround(network: Network): readonly Lookup[] | undefined {
  return tokensAround(network)?.map((token) => ({ by: "identifier", token }));
}

function textsIn(value: AttributeValue | undefined): readonly string[] {
  const items = typeof value === "object" ? value : [value];
  return items.filter((item) => typeof item === "string");
}
