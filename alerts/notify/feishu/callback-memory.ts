import type { EpochMs } from "../../../core/clock.ts";

/** What was accepted lately, so that it is accepted once. Bounded by time, and by number. */
export class CallbackMemory {
  readonly #keptForMs: number;
  readonly #most: number;
  /** In the order of acceptance. */
  readonly #acceptedAt = new Map<string, EpochMs>();

  constructor(limits: { readonly keptForMs: number; readonly most: number }) {
    this.#keptForMs = limits.keptForMs;
    this.#most = limits.most;
  }

  has(key: string): boolean {
    return this.#acceptedAt.has(key);
  }

  /** False when it is full: forgetting one would let it be replayed. Who has no key cannot fill it. */
  accept(key: string, now: EpochMs): boolean {
    for (const [old, acceptedAt] of this.#acceptedAt) {
      // A clock set back forgets nothing.
      if (now - acceptedAt <= this.#keptForMs) break;
      this.#acceptedAt.delete(old);
    }
    if (this.#acceptedAt.size >= this.#most) return false;
    this.#acceptedAt.set(key, now);
    return true;
  }
}
