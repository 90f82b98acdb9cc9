/** What IPv4 (20) or IPv6 (40) and UDP (8) add to a packet. */
export const headerBytesOf = (address: string): number => (address.includes(":") ? 48 : 28);

/** Sizes that networks are made of: the search goes by them first. */
const USUAL_MTUS = [9_000, 8_950, 4_000, 1_600, 1_550, 1_500, 1_476, 1_450, 1_400, 1_280, 576] as const;
/** No finer than this. */
const STEP_BYTES = 8;
/** Tries of one size: one lost packet proves nothing. */
const TRIES = 3;

/**
 * Searches the largest packet that gets through to a peer and back. Each turn asks one size; what of three tries none comes back is too
 * large. Begins with the MTU of the way out; when that passes the search is over with the first packet.
 */
export class PathMtuSearch {
  /** Passes, as far as is known; 0: nothing yet. */
  #passes = 0;
  /** Does not pass. */
  #fails: number;
  #trying: number;
  #triesLeft = TRIES;

  constructor(linkMtuBytes: number) {
    this.#fails = linkMtuBytes + 1;
    this.#trying = linkMtuBytes;
  }

  /** The size to try next, as an MTU; undefined when it is found. */
  get next(): number | undefined {
    return this.#isOver() ? undefined : this.#trying;
  }

  /** Undefined until the search is over, or when not even the smallest passes. */
  get found(): number | undefined {
    return this.#isOver() && this.#passes > 0 ? this.#passes : undefined;
  }

  answered(): void {
    this.#passes = Math.max(this.#passes, this.#trying);
    this.#tryNext();
  }

  lost(): void {
    if (--this.#triesLeft > 0) return;
    this.#fails = Math.min(this.#fails, this.#trying);
    this.#tryNext();
  }

  #isOver(): boolean {
    return this.#passes > 0 ? this.#fails - this.#passes <= STEP_BYTES : this.#fails <= 576;
  }

  #tryNext(): void {
    this.#triesLeft = TRIES;
    const usual = USUAL_MTUS.find((mtu) => mtu < this.#fails && mtu > this.#passes);
    this.#trying = usual ?? Math.floor((this.#passes + this.#fails) / 2);
  }
}
