/** Addresses from the first to the last, both included; IPv4 or IPv6. */
export interface AddressRange {
  readonly family: 4 | 6;
  readonly first: bigint;
  readonly last: bigint;
}

/** `10.0.0.2-10.0.0.254`, `10.0.0.0/24` or one address. Undefined when it is none of these. */
export function parseAddressRange(text: string): AddressRange | undefined {
  const [from = "", to] = text.split("-").map((part) => part.trim());
  if (to !== undefined) return between(parseAddress(from), parseAddress(to));
  const [address = "", length] = from.split("/");
  const parsed = parseAddress(address);
  if (parsed === undefined || length === undefined) return between(parsed, parsed);
  const bits = parsed.family === 4 ? 32 : 128;
  if (!/^\d{1,3}$/.test(length) || Number(length) > bits) return undefined;
  const size = 1n << BigInt(bits - Number(length));
  const first = (parsed.value / size) * size;
  return { family: parsed.family, first, last: first + size - 1n };
}

/** How many addresses two ranges have in common. */
export function commonAddresses(one: AddressRange, other: AddressRange): bigint {
  if (one.family !== other.family) return 0n;
  const first = one.first > other.first ? one.first : other.first;
  const last = one.last < other.last ? one.last : other.last;
  return last < first ? 0n : last - first + 1n;
}

interface Address {
  readonly family: 4 | 6;
  readonly value: bigint;
}

function between(from: Address | undefined, to: Address | undefined): AddressRange | undefined {
  if (from === undefined || to === undefined || from.family !== to.family || to.value < from.value) return undefined;
  return { family: from.family, first: from.value, last: to.value };
}

function parseAddress(text: string): Address | undefined {
  return text.includes(":") ? parseIpv6(text) : parseIpv4(text);
}

function parseIpv4(text: string): Address | undefined {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255)) return undefined;
  return { family: 4, value: parts.reduce((sum, part) => sum * 256n + BigInt(part), 0n) };
}

function parseIpv6(text: string): Address | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const [before = [], after = []] = halves.map((half) => (half === "" ? [] : half.split(":")));
  const missing = 8 - before.length - after.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const groups = [...before, ...Array.from({ length: missing }, () => "0"), ...after];
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return undefined;
  return { family: 6, value: groups.reduce((sum, group) => sum * 65_536n + BigInt(`0x${group}`), 0n) };
}
