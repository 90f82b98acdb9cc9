import type { Sender } from "../spool/frame.ts";

/**
 * The numbered bodies that are durable already, the most recent ones. An agent that got no answer sends a body again
 * under its number; one that started anew may use a number again for another body, which the checksum tells.
 * Bounded: past `capacity` the longest known is forgotten, and its repeat would be taken as new. That does no harm to
 * the stores, where a sample's identity is its series and millisecond.
 */
export class RecentSequences {
  readonly #crcByNumber = new Map<string, number>();
  readonly #capacity: number;

  constructor(capacity = 100_000) {
    this.#capacity = capacity;
  }

  has(sender: Sender): boolean {
    return this.#crcByNumber.get(keyOf(sender)) === sender.bodyCrc;
  }

  remember(sender: Sender): void {
    const key = keyOf(sender);
    this.#crcByNumber.delete(key);
    this.#crcByNumber.set(key, sender.bodyCrc);
    if (this.#crcByNumber.size <= this.#capacity) return;
    const [longestKnown] = this.#crcByNumber.keys();
    if (longestKnown !== undefined) this.#crcByNumber.delete(longestKnown);
  }
}

function keyOf({ agent, sequence }: Sender): string {
  return `${sequence} ${agent}`;
}
