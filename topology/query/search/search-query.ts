import { type ElementId, parseElementId } from "../../../core/element-id.ts";
import { OperatorError } from "../../../core/errors.ts";
import { identifierText } from "../../identifiers.ts";
import { parseIpAddress } from "../../ip-address.ts";
import { type Network, parseNetwork, tokensAround, tokensInside } from "../network.ts";

/** What somebody typed into the search field may mean. */
export interface SearchQuery {
  /** The id of an element, as `host/c-1/if/eth0`. */
  readonly id: ElementId | undefined;
  /** A token of `identifiersOf` that an element has to have. */
  readonly token: { readonly text: string; readonly what: TokenKind } | undefined;
  /** A network that one of the element's addresses has to be in. */
  readonly network: SearchedNetwork | undefined;
  /** How a name has to begin, in lower case; undefined when it cannot be a name. */
  readonly prefix: string | undefined;
}

export interface SearchedNetwork {
  readonly network: Network;
  /** The tokens to look under. */
  readonly tokens: readonly string[];
  /** Tokens that no address outside of the network has; none when there are too many. */
  readonly exactTokens: readonly string[];
}

export type TokenKind = "mac" | "ip" | "uuid" | "vlan" | "vni" | "name";

export const MAX_SEARCH_LENGTH = 600;
const NUMBERED = /^(vlan|vni|vxlan|segment)\s*[:=#\s]\s*(\d{1,8})$/;
const UUID = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/;

/**
 * Reads a search: a name or its beginning, an id, a UUID, an IP address, a network, a MAC in any notation, `vlan 100`,
 * `vni:7001`. Undefined when nothing was typed. Errors: `search.network_too_large` (400).
 */
export function parseSearch(typed: string): SearchQuery | undefined {
  const text = typed.trim().slice(0, MAX_SEARCH_LENGTH);
  if (text === "") return undefined;
  const lower = text.toLowerCase();
  const numbered = NUMBERED.exec(lower);
  if (numbered?.[2] !== undefined) {
    const what = numbered[1] === "vlan" ? "vlan" : "vni";
    return { ...NOTHING, token: { text: `${what}:${Number(numbered[2])}`, what } };
  }
  const network = parseNetwork(text);
  if (network !== undefined) return { ...NOTHING, network: searchedNetwork(network, text) };
  return {
    id: text.includes("/") ? parseElementId(text) : undefined,
    token: tokenOf(lower),
    network: undefined,
    prefix: lower,
  };
}

const NOTHING: SearchQuery = { id: undefined, token: undefined, network: undefined, prefix: undefined };

function tokenOf(lower: string): SearchQuery["token"] {
  if (UUID.test(lower)) {
    const hex = lower.replaceAll("-", "");
    return { text: hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5"), what: "uuid" };
  }
  const text = identifierText(lower);
  if (/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/.test(text)) return { text, what: "mac" };
  return { text, what: parseIpAddress(text) === undefined ? "name" : "ip" };
}

function searchedNetwork(network: Network, text: string): SearchedNetwork {
  const tokens = tokensAround(network);
  if (tokens !== undefined) return { network, tokens, exactTokens: tokensInside(network) ?? [] };
  throw new OperatorError({
    code: "search.network_too_large",
    message: `the addresses of ${text} are not in the index`,
    hint: "search for a network of at least /8 (IPv6: /32) outside of loopback and link-local",
    status: 400,
  });
}
