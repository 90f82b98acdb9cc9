import { crc32 } from "node:zlib";
import type { Frame, Sender } from "../spool/frame.ts";

/**
 * The numbered bodies that are durable already, the most recent ones. An agent that got no answer sends a body again
 * under its number; one that started anew may use a number again for another body, which the checksum tells.
 * Bounded: past `capacity` the longest known is forgotten, and its repeat would be taken as new. That does no harm to
 * the stores, where a sample's identity is its series and millisecond.
 */
export class RecentSequences {
  readonly #bodies = new Map<string, { readonly bodyCrc: number; readonly keptCrc: number }>();
  readonly #capacity: number;

  constructor(capacity = 100_000) {
    this.#capacity = capacity;
  }

  /**
   * The checksum of what was kept of a body that came before: its own when that was all of it, else that of its good lines. Undefined
   * when it did not come.
   */
  keptCrcOf(sender: Sender): number | undefined {
    const known = this.#bodies.get(keyOf(sender));
    return known?.bodyCrc === sender.bodyCrc ? known.keptCrc : undefined;
  }

  remember(sender: Sender, keptCrc: number): void {
    const key = keyOf(sender);
    this.#bodies.delete(key);
    this.#bodies.set(key, { bodyCrc: sender.bodyCrc, keptCrc });
    if (this.#bodies.size <= this.#capacity) return;
    const [longestKnown] = this.#bodies.keys();
    if (longestKnown !== undefined) this.#bodies.delete(longestKnown);
  }

  /** What a start finds in the spool. */
  rememberFrame({ sender, body }: Frame): void {
    if (sender !== undefined) this.remember(sender, crc32(body));
  }
}

function keyOf({ agent, sequence }: Sender): string {
  return `${sequence} ${agent}`;
}
