/** A source of chance that always gives the same numbers for the same seed. */
export interface Random {
  /** A whole number from 0 to 2³² − 1. */
  next(): number;
  /** From 0 up to, but without, 1. */
  float(): number;
  /** A whole number from 0 to `bound - 1`; 0 for a bound of 0. */
  below(bound: number): number;
  chance(probability: number): boolean;
  /** Undefined from an empty list. */
  pick<T>(list: readonly T[]): T | undefined;
  /** Exponentially distributed: the time to the next event of a Poisson process. */
  exponential(mean: number): number;
}

/**
 * The stream of `seed` for one purpose, as `randomOf(7, "churn", "boot", 12)`. Streams of different purposes have
 * nothing to do with each other, so that a new purpose leaves all others as they were.
 *
 * The generator is sfc32 of PractRand (Chris Doty-Humphrey, public domain): three words of state and a counter. The
 * purpose is folded into its first state with FNV-1a and the finaliser of MurmurHash3; 12 outputs are thrown away.
 */
export function randomOf(seed: number, ...purpose: readonly (string | number)[]): Random {
  const folded = textHash(purpose.join("/"));
  let a = hash32(seed, folded, 1);
  let b = hash32(seed, folded, 2);
  let c = hash32(seed, folded, 3);
  let counter = 1;
  const next = (): number => {
    const sum = (((a + b) | 0) + counter++) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  };
  for (let i = 0; i < 12; i++) next();
  const float = () => next() / 4_294_967_296;
  return {
    next,
    float,
    below: (bound) => Math.floor(float() * bound),
    chance: (probability) => float() < probability,
    pick: (list) => list[Math.floor(float() * list.length)],
    exponential: (mean) => -Math.log(1 - float()) * mean,
  };
}

/** Mixes numbers into 32 bits, without state: for what is looked up in any order (MurmurHash3 by Austin Appleby). */
export function hash32(...words: readonly number[]): number {
  let hash = 0x9747b28c;
  for (const word of words) {
    let k = Math.imul(word | 0, 0xcc9e2d51);
    k = (k << 15) | (k >>> 17);
    hash ^= Math.imul(k, 0x1b873593);
    hash = (hash << 13) | (hash >>> 19);
    hash = (Math.imul(hash, 5) + 0xe6546b64) | 0;
  }
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** FNV-1a: a purpose, named by a text, as a number for `hash32`. */
export function textHash(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/** From 0 up to 1, for noise that is looked up. */
export function noise(...words: readonly number[]): number {
  return hash32(...words) / 4_294_967_296;
}

/** What a UUID is of; numbers are fixed, since they are part of what a seed means. */
export const UUID_OF = {
  vm: 1,
  port: 2,
  network: 3,
  subnet: 4,
  router: 5,
  project: 6,
  user: 7,
  hypervisor: 8,
  agent: 9,
  flavor: 10,
  boot: 11,
  ovs: 12,
  floatingIp: 13,
  service: 14,
  group: 15,
  volume: 16,
  image: 17,
  loadBalancer: 18,
  aggregate: 19,
  rule: 20,
  segment: 21,
  endpoint: 22,
  role: 23,
  ghost: 24,
  notification: 25,
  listener: 26,
} as const;

/** A UUID of version 4, the same for the same seed, purpose and indexes. */
export function uuidOf(seed: number, purpose: keyof typeof UUID_OF, index: number, second = 0): string {
  // Asked for many times an element: one hash, and three cheap steps from it.
  const first = hash32(seed, UUID_OF[purpose], index, second);
  const words = [first, hash32(first, index, 1), hash32(first, index, 2), hash32(first, index, 3)] as const;
  const hex = hex32(words[0]) + hex32(words[1]) + hex32(words[2]) + hex32(words[3]);
  const variant = VARIANTS.charAt(words[2] & 3);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20)}`;
}

/** The two bits that say it is a UUID of RFC 9562. */
const VARIANTS = "89ab";

const HEX_BYTES = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

function hex32(word: number): string {
  return hexByte(word >>> 24) + hexByte(word >>> 16) + hexByte(word >>> 8) + hexByte(word);
}

function hexByte(word: number): string {
  return HEX_BYTES[word & 0xff] ?? "";
}
