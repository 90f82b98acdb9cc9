/** A queue whose members cost small whole numbers: one list for each cost. */
export class CostQueue<T> {
  readonly #byCost: T[][] = [];
  #least = 0;

  /** Infinity when it is empty. */
  get leastCost(): number {
    while (this.#least < this.#byCost.length && (this.#byCost[this.#least]?.length ?? 0) === 0) this.#least++;
    return this.#least < this.#byCost.length ? this.#least : Number.POSITIVE_INFINITY;
  }

  push(member: T, cost: number): void {
    while (this.#byCost.length <= cost) this.#byCost.push([]);
    this.#byCost[cost]?.push(member);
    this.#least = Math.min(this.#least, cost);
  }

  /** One of the cheapest. */
  pop(): T | undefined {
    const least = this.leastCost;
    return least === Number.POSITIVE_INFINITY ? undefined : this.#byCost[least]?.pop();
  }
}
