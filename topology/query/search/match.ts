import { type Element, isLink } from "../../../core/element.ts";
import { identifiersOf } from "../../identifiers.ts";
import { parseIpAddress } from "../../ip-address.ts";
import { holds } from "../network.ts";
import type { SearchQuery, TokenKind } from "./search-query.ts";

/** Why an element is an answer; the lower the rank, the better. */
export interface Match {
  readonly rank: number;
  readonly what: TokenKind | "id" | "network" | "name prefix";
  /** Where it stands: `name`, `id`, `attributes.mac`; undefined when only the store remembers. */
  readonly key: string | undefined;
  readonly value: string;
}

export const RANK = { identifier: 0, name: 1, network: 2, prefix: 3 } as const;

/** The best reason why an element answers a search; undefined when it does not. */
export function matchOf(query: SearchQuery, element: Element): Match | undefined {
  if (query.id === element.id) return { rank: RANK.identifier, what: "id", key: "id", value: element.id };
  return tokenMatch(query, element) ?? networkMatch(query, element) ?? prefixMatch(query, element);
}

function tokenMatch({ token }: SearchQuery, element: Element): Match | undefined {
  if (token === undefined || !identifiersOf(element).includes(token.text)) return undefined;
  const key = keyOfToken(element, token.text);
  const isName = key === "name";
  return { rank: rankOf(token.what, isName), what: isName ? "name" : token.what, key, value: token.text };
}

/** A text that is nothing but a name ranks as one, wherever it stands. */
export function rankOf(what: TokenKind, isName: boolean): number {
  return isName || what === "name" ? RANK.name : RANK.identifier;
}

function networkMatch({ network }: SearchQuery, element: Element): Match | undefined {
  if (network === undefined) return undefined;
  for (const token of identifiersOf(element)) {
    const address = parseIpAddress(token);
    if (address === undefined || !holds(network.network, address)) continue;
    return { rank: RANK.network, what: "network", key: keyOfToken(element, token), value: token };
  }
  return undefined;
}

function prefixMatch({ prefix }: SearchQuery, element: Element): Match | undefined {
  if (prefix === undefined || isLink(element) || !element.name.toLowerCase().startsWith(prefix)) return undefined;
  return { rank: RANK.prefix, what: "name prefix", key: "name", value: element.name };
}

/** Where a token comes from. */
function keyOfToken(element: Element, token: string): string {
  if (!isLink(element) && element.name.toLowerCase() === token) return "name";
  const { network_type: type } = element.attributes;
  for (const [name, value] of Object.entries(element.attributes)) {
    const attributes = { [name]: value, ...(type === undefined ? {} : { network_type: type }) };
    const alone = { id: element.id, kind: "layer2", from: element.id, to: element.id, attributes } as const;
    if (identifiersOf(alone).includes(token)) return `attributes.${name}`;
  }
  return "id";
}
