const SLOT_MS = 1_000;

/** What is due when, to the second: one timer serves any number of waits. An entry nobody wants any more is let go by. */
export class DueWheel<T> {
  readonly #slots = new Map<number, T[]>();
  /** No slot before this one has anything. */
  #first = Number.POSITIVE_INFINITY;

  add(item: T, dueMs: number): void {
    const slot = Math.ceil(dueMs / SLOT_MS);
    const items = this.#slots.get(slot);
    if (items === undefined) this.#slots.set(slot, [item]);
    else items.push(item);
    this.#first = Math.min(this.#first, slot);
  }

  /** What is due by now, at most `limit`; never before its time, and at most a second after. */
  take(nowMs: number, limit: number): readonly T[] {
    const taken: T[] = [];
    const current = Math.floor(nowMs / SLOT_MS);
    while (this.#slots.size > 0 && this.#first <= current && taken.length < limit) {
      const items = this.#slots.get(this.#first) ?? [];
      taken.push(...items.splice(0, limit - taken.length));
      if (items.length > 0) break;
      this.#slots.delete(this.#first);
      this.#first++;
    }
    if (this.#slots.size === 0) this.#first = Number.POSITIVE_INFINITY;
    return taken;
  }

  /** When `take` next may have something; undefined when nothing waits. */
  nextDueMs(): number | undefined {
    return this.#slots.size === 0 ? undefined : this.#first * SLOT_MS;
  }
}
