import { isVolatile } from "./attribute-class.ts";
import { type Element, isLink } from "./element.ts";
import { canonicalJson, type Json } from "./json.ts";

/**
 * A digest of a set of elements that can be kept up to date one element at a time, in any order: the sum of the
 * elements' hashes. Volatile attributes do not count. It tells agent and collector whether they agree; it is not
 * meant to resist an attacker.
 */
export interface Digest {
  readonly low: number;
  readonly high: number;
}

export const EMPTY_DIGEST: Digest = { low: 0, high: 0 };

export function addToDigest(digest: Digest, element: Element): Digest {
  const hash = hashOf(element);
  return { low: (digest.low + hash.low) >>> 0, high: (digest.high + hash.high) >>> 0 };
}

/** The same for a set of texts. */
export function addTextToDigest(digest: Digest, text: string): Digest {
  const hash = cyrb(text);
  return { low: (digest.low + hash.low) >>> 0, high: (digest.high + hash.high) >>> 0 };
}

export function removeFromDigest(digest: Digest, element: Element): Digest {
  const hash = hashOf(element);
  return { low: (digest.low - hash.low) >>> 0, high: (digest.high - hash.high) >>> 0 };
}

/** 16 hexadecimal digits, as `hello` carries it. */
export function digestText(digest: Digest): string {
  return hex32(digest.high) + hex32(digest.low);
}

function hashOf(element: Element): Digest {
  const attributes: Record<string, Json> = {};
  for (const name in element.attributes) {
    const value = element.attributes[name];
    if (value !== undefined && !isVolatile(name)) attributes[name] = value;
  }
  const body: Json = isLink(element)
    ? { id: element.id, kind: element.kind, from: element.from, to: element.to, attributes }
    : { id: element.id, kind: element.kind, name: element.name, parent: element.parent ?? null, attributes };
  return cyrb(canonicalJson(body));
}

/** cyrb53 by bryc (public domain), both 32-bit halves kept. */
function cyrb(text: string): Digest {
  let high = 0xdeadbeef;
  let low = 0x41c6ce57;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    high = Math.imul(high ^ code, 2654435761);
    low = Math.imul(low ^ code, 1597334677);
  }
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909);
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909);
  return { low: low >>> 0, high: high >>> 0 };
}

function hex32(word: number): string {
  return word.toString(16).padStart(8, "0");
}
