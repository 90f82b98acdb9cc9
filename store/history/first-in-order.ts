/** A place in the change log. */
export interface Place {
  readonly at: number;
  readonly revision: number;
  readonly ordinal: number;
}

/** Of all that is offered in any order, the first `limit` beyond a place. */
export class FirstInOrder<T> {
  readonly #limit: number;
  readonly #order: (left: Place, right: Place) => number;
  readonly #after: Place | undefined;
  #kept: { readonly place: Place; readonly item: T }[] = [];
  #last: Place | undefined;

  constructor(limit: number, isNewestFirst: boolean, after: Place | undefined) {
    this.#limit = limit;
    this.#order = isNewestFirst ? (left, right) => inOrder(right, left) : inOrder;
    this.#after = after;
  }

  offer(place: Place, item: T): void {
    if (this.#after !== undefined && this.#order(place, this.#after) <= 0) return;
    if (this.#last !== undefined && this.#order(place, this.#last) >= 0) return;
    this.#kept.push({ place, item });
    if (this.#kept.length >= 2 * this.#limit) this.#cut();
  }

  /** Whether nothing that happened at `at` or later (earlier, newest first) could be among them any more. */
  isClosedTo(at: number): boolean {
    this.#cut();
    if (this.#last === undefined) return false;
    const first = { at, revision: this.#last.revision, ordinal: this.#last.ordinal };
    return at !== this.#last.at && this.#order(first, this.#last) > 0;
  }

  get items(): readonly T[] {
    this.#cut();
    return this.#kept.map(({ item }) => item);
  }

  #cut(): void {
    this.#kept.sort((left, right) => this.#order(left.place, right.place));
    this.#kept.length = Math.min(this.#kept.length, this.#limit);
    if (this.#kept.length === this.#limit) this.#last = this.#kept.at(-1)?.place;
  }
}

function inOrder(left: Place, right: Place): number {
  return left.at - right.at || left.revision - right.revision || left.ordinal - right.ordinal;
}
