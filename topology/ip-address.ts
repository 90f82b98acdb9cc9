/** An IPv4 address as four bytes, or an IPv6 address as eight words of 16 bits. */
export type IpAddress =
  | { readonly version: 4; readonly parts: readonly number[] }
  | { readonly version: 6; readonly parts: readonly number[] };

/** Undefined when the text is no address; a zone (`%eth0`) is none. */
export function parseIpAddress(text: string): IpAddress | undefined {
  if (text.includes(":")) {
    const parts = wordsOf(text);
    return parts === undefined ? undefined : { version: 6, parts };
  }
  const parts = bytesOf(text);
  return parts === undefined ? undefined : { version: 4, parts };
}

/** The one way to write an address: IPv6 as RFC 5952 has it. */
export function ipAddressText({ version, parts }: IpAddress): string {
  if (version === 4) return parts.join(".");
  const [start, length] = longestZeros(parts);
  const hex = parts.map((part) => part.toString(16));
  if (length < 2) return hex.join(":");
  return `${hex.slice(0, start).join(":")}::${hex.slice(start + length).join(":")}`;
}

/** The network of `prefixLength` bits that holds the address: `10.1.2.0/24`. */
export function networkText(address: IpAddress, prefixLength: number): string {
  const bits = address.version === 4 ? 8 : 16;
  const parts = address.parts.map((part, index) => {
    const kept = Math.min(bits, Math.max(0, prefixLength - index * bits));
    return part & ~((1 << (bits - kept)) - 1);
  });
  return `${ipAddressText({ version: address.version, parts })}/${prefixLength}`;
}

function bytesOf(text: string): readonly number[] | undefined {
  const parts = text.split(".");
  if (parts.length !== 4) return undefined;
  const bytes: number[] = [];
  for (const part of parts) {
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return undefined;
    bytes.push(Number(part));
  }
  return bytes;
}

function wordsOf(text: string): readonly number[] | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map(halfOf);
  if (head === undefined || (halves.length === 2 && tail === undefined)) return undefined;
  if (tail === undefined) return head.length === 8 ? head : undefined;
  const zeros = 8 - head.length - tail.length;
  return zeros < 1 ? undefined : [...head, ...new Array<number>(zeros).fill(0), ...tail];
}

/** Words on one side of `::`; the last two may be written as an IPv4 address. */
function halfOf(text: string): readonly number[] | undefined {
  if (text === "") return [];
  const words: number[] = [];
  const groups = text.split(":");
  for (const [index, group] of groups.entries()) {
    if (/^[0-9a-f]{1,4}$/i.test(group)) {
      words.push(Number.parseInt(group, 16));
      continue;
    }
    const [a, b, c, d] = (index === groups.length - 1 ? bytesOf(group) : undefined) ?? [];
    if (a === undefined || b === undefined || c === undefined || d === undefined) return undefined;
    words.push(a * 256 + b, c * 256 + d);
  }
  return words;
}

/** Start and length of the first longest run of zero words. */
function longestZeros(words: readonly number[]): readonly [start: number, length: number] {
  let [best, bestLength, length] = [0, 0, 0];
  for (const [index, word] of words.entries()) {
    length = word === 0 ? length + 1 : 0;
    if (length > bestLength) [best, bestLength] = [index - length + 1, length];
  }
  return [best, bestLength];
}
