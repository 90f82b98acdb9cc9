/** How much was taken within sliding windows. What is refused does not count. */
export class RateWindow {
  readonly #limits: readonly { readonly most: number; readonly withinMs: number }[];
  #taken: number[] = [];

  constructor(limits: readonly { readonly most: number; readonly withinMs: number }[]) {
    this.#limits = limits;
  }

  /** Undefined when taken; else the milliseconds until it would be, and the limit that is in the way. */
  take(nowMs: number): { readonly waitMs: number; readonly most: number } | undefined {
    for (const { most, withinMs } of this.#limits) {
      const oldestThatCounts = this.#taken.at(-most);
      const waitMs = oldestThatCounts === undefined ? 0 : oldestThatCounts + withinMs - nowMs;
      if (waitMs > 0) return { waitMs, most };
    }
    const longest = Math.max(...this.#limits.map(({ most }) => most));
    this.#taken = [...this.#taken, nowMs].slice(-longest);
    return undefined;
  }
}
