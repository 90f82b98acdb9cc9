export interface TurnLimits {
  readonly atOnce: number;
  /** How many may wait for a turn; one more gets none. */
  readonly waiting: number;
  readonly waitMs: number;
}

/** Lets a few do at once what costs much memory, first come, first served. */
export class Turns {
  readonly #limits: TurnLimits;
  readonly #waiting = new Set<() => void>();
  #taken = 0;

  constructor(limits: TurnLimits) {
    this.#limits = limits;
  }

  /** Resolves with how to give the turn back, once; with undefined when too many wait or it took too long. */
  take(): Promise<(() => void) | undefined> {
    if (this.#taken < this.#limits.atOnce) {
      this.#taken++;
      return Promise.resolve(this.#giveBack());
    }
    if (this.#waiting.size >= this.#limits.waiting) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const begin = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(begin);
        resolve(this.#giveBack());
      };
      const timer = setTimeout(() => {
        this.#waiting.delete(begin);
        resolve(undefined);
      }, this.#limits.waitMs);
      this.#waiting.add(begin);
    });
  }

  /** The turn goes straight to the one that waits longest. */
  #giveBack(): () => void {
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      const [next] = this.#waiting;
      if (next === undefined) this.#taken--;
      else next();
    };
  }
}
