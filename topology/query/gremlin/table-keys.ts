import type { AttributeValue } from "../../../core/element.ts";
import type { Key } from "./attribute-key.ts";

/** Skydive's tables of an interface, which are lists of texts here: see `agent/topology/routing-text.ts`. */
export const TABLE_KEYS: readonly (readonly [name: string, key: Key])[] = [
  ["RoutingTables", eachOf("routes", (route) => route)],
  ["RoutingTables.ID", eachOf("routes", tableOf)],
  ["RoutingTables.Routes.Prefix", eachOf("routes", prefixOf)],
  ["Neighbors", eachOf("neighbors", (neighbor) => neighbor)],
  ["Neighbors.IP", eachOf("neighbors", (neighbor) => wordsOf(neighbor)[0])],
  ["Neighbors.MAC", eachOf("neighbors", (neighbor) => wordsOf(neighbor)[1])],
];

/** `Features.highdma` is true when it is among the features that are on, and not there when those are not told. */
export function featureKey(name: string): Key | undefined {
  const feature = /^Features\.(.+)$/.exec(name)?.[1];
  if (feature === undefined) return undefined;
  return {
    read: ({ attributes: { features } }) =>
      typeof features === "object" ? (features as readonly unknown[]).includes(feature) : undefined,
  };
}

function eachOf(attribute: string, part: (text: string) => string | number | undefined): Key {
  return {
    read: ({ attributes }) => {
      const list: AttributeValue | undefined = attributes[attribute];
      return typeof list === "object" ? list.flatMap((item) => part(String(item)) ?? []) : undefined;
    },
  };
}

/** Tables have numbers in Skydive, names in iproute2 where they have one. */
const TABLES: ReadonlyMap<string, number> = new Map([
  ["default", 253],
  ["main", 254],
  ["local", 255],
]);

function tableOf(route: string): string | number {
  const table = / table (\S+)/.exec(route)?.[1] ?? "main";
  return TABLES.get(table) ?? (/^\d+$/.test(table) ? Number(table) : table);
}

/** `10.9.0.0/24 via …`, `blackhole 10.9.0.0/24`; a single address and the default are written in full, as Skydive does. */
function prefixOf(route: string): string | undefined {
  const [first, second] = wordsOf(route);
  const prefix = first !== undefined && /^[a-z]+$/.test(first) && first !== "default" ? second : first;
  if (prefix === undefined || prefix.includes("/")) return prefix;
  if (prefix === "default") return / via [^ ]*:/.test(route) ? "::/0" : "0.0.0.0/0";
  return `${prefix}/${prefix.includes(":") ? 128 : 32}`;
}

function wordsOf(text: string): readonly string[] {
  return text.split(" ");
}
