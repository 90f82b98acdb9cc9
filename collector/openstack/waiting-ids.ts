/** Ids that wait for somebody to do something with them; more than `most` are forgotten. */
export class WaitingIds {
  readonly #ids = new Set<string>();
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  readonly add = (ids: readonly string[]): void => {
    for (const id of ids) if (this.#ids.size < this.#most) this.#ids.add(id);
  };

  /** All of them; none waits any more. */
  readonly take = (): readonly string[] => {
    const taken = [...this.#ids];
    this.#ids.clear();
    return taken;
  };

  /** One after the other; one that fails waits on, and so do those behind it. */
  async each(act: (id: string) => Promise<void>): Promise<void> {
    for (const id of [...this.#ids]) {
      await act(id);
      this.#ids.delete(id);
    }
  }
}
