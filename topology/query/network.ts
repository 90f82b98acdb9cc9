import { INDEXED_PREFIX_LENGTHS } from "../identifiers.ts";
import { type IpAddress, networkText, parseIpAddress } from "../ip-address.ts";

/** `10.0.0.0/22`, or `2001:db8::/32`; bits past the prefix do not count. */
export interface Network {
  readonly address: IpAddress;
  readonly prefixLength: number;
}

/** Undefined when it is no CIDR. */
export function parseNetwork(text: string): Network | undefined {
  const match = /^([0-9a-f:.]+)\/(\d{1,3})$/i.exec(text.trim());
  if (match?.[1] === undefined) return undefined;
  const address = parseIpAddress(match[1]);
  const prefixLength = Number(match[2]);
  if (address === undefined || prefixLength > (address.version === 4 ? 32 : 128)) return undefined;
  return { address, prefixLength };
}

export function holds(network: Network, address: IpAddress): boolean {
  const { prefixLength } = network;
  if (network.address.version !== address.version) return false;
  return networkText(address, prefixLength) === networkText(network.address, prefixLength);
}

/** Up to so many look-ups inside a network are made rather than one around it. */
const MOST_INSIDE = 256;

/**
 * The tokens under which `identifiersOf` files every address of a network, and perhaps others: `10.0.0.0/22` is
 * `net:10.0.0.0/24` to `net:10.0.3.0/24`, `10.0.0.4/31` is `10.0.0.4` and `10.0.0.5`. Undefined when the network is
 * larger than anything indexed, or holds addresses that never are (loopback, unspecified, link-local).
 */
export function tokensAround(network: Network): readonly string[] | undefined {
  if (isPartlyUnindexed(network)) return undefined;
  const inside = tokensInside(network);
  if (inside !== undefined) return inside;
  const { address, prefixLength } = network;
  const around = INDEXED_PREFIX_LENGTHS[address.version].find((length) => length <= prefixLength);
  return around === undefined ? undefined : [`net:${networkText(address, around)}`];
}

/** The tokens of exactly the network's addresses; undefined when they are too many. */
export function tokensInside({ address, prefixLength }: Network): readonly string[] | undefined {
  const whole = address.version === 4 ? 32 : 128;
  const lengths = [...INDEXED_PREFIX_LENGTHS[address.version], whole].sort((a, b) => a - b);
  const inside = lengths.find((length) => length >= prefixLength);
  if (inside === undefined || 2 ** (inside - prefixLength) > MOST_INSIDE) return undefined;
  const isTooLarge = prefixLength < (lengths[0] ?? 0);
  if (isTooLarge) return undefined;
  return subnets(address, prefixLength, inside).map((each) =>
    inside === whole ? each.replace(/\/\d+$/, "") : `net:${each}`,
  );
}

function subnets(address: IpAddress, from: number, to: number): readonly string[] {
  const bits = address.version === 4 ? 8 : 16;
  return Array.from({ length: 2 ** (to - from) }, (_, number) => {
    const parts = [...address.parts];
    for (let bit = from; bit < to; bit++) {
      const index = Math.floor(bit / bits);
      const mask = 1 << (bits - 1 - (bit % bits));
      const isSet = ((number >> (to - 1 - bit)) & 1) === 1;
      const part = parts[index] ?? 0;
      parts[index] = isSet ? part | mask : part & ~mask;
    }
    return networkText({ version: address.version, parts }, to);
  });
}

/** `identifiersOf` leaves out 0.0.0.0/8, 127.0.0.0/8, ::/112 and files fe80::/10 without networks. */
function isPartlyUnindexed(network: Network): boolean {
  return UNINDEXED.some((other) =>
    other.prefixLength <= network.prefixLength ? holds(other, network.address) : holds(network, other.address),
  );
}

const UNINDEXED: readonly Network[] = [
  { address: { version: 4, parts: [0, 0, 0, 0] }, prefixLength: 8 },
  { address: { version: 4, parts: [127, 0, 0, 0] }, prefixLength: 8 },
  { address: { version: 6, parts: [0, 0, 0, 0, 0, 0, 0, 0] }, prefixLength: 112 },
  { address: { version: 6, parts: [0xfe80, 0, 0, 0, 0, 0, 0, 0] }, prefixLength: 10 },
];
