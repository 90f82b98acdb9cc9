/** Names by id that other services use: of projects and images. What is not known yet has none. */
export class Names {
  readonly #names = new Map<string, string>();
  /** Asked for so far: of the others nothing was told. */
  readonly #used = new Set<string>();
  #generation = 0;

  /** Rises when a name that was asked for is new or another: what was told with the old one has to be told again. */
  get generation(): number {
    return this.#generation;
  }

  get(id: string | undefined): string | undefined {
    if (id === undefined) return undefined;
    this.#used.add(id);
    return this.#names.get(id);
  }

  /** All there are. */
  replace(names: ReadonlyMap<string, string>): void {
    let isChanged = false;
    for (const [id, name] of names) if (this.#used.has(id) && this.#names.get(id) !== name) isChanged = true;
    this.#names.clear();
    for (const [id, name] of names) this.#names.set(id, name);
    if (isChanged) this.#generation++;
  }
}
