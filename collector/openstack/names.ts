/** So many late ones are told by reading everything anew. */
const MANY_LATE = 20;

/** Names by id that other services use: of projects and images. What is not known yet has none. */
export class Names {
  #names: ReadonlyMap<string, string> = new Map();
  /** What was answered last, of each that was asked for; not of one whose name is another since, until it is asked for again. */
  readonly #given = new Map<string, string | undefined>();
  #unknown = new Set<string>();
  #generation = 0;
  #hasUnknown = false;
  readonly #late: ((ids: readonly string[]) => void)[] = [];
  readonly #strangers: (() => void)[] = [];

  /** Rises when everything that was told with old names has to be told again. */
  get generation(): number {
    return this.#generation;
  }

  /** How many ids are kept for those who asked for them. */
  get used(): number {
    return this.#given.size;
  }

  /** Whether somebody asked for one that was in no list. */
  get hasUnknown(): boolean {
    return this.#hasUnknown;
  }

  get(id: string | undefined): string | undefined {
    if (id === undefined) return undefined;
    const name = this.#names.get(id);
    if (name !== this.#given.get(id) || !this.#given.has(id)) this.#given.set(id, name);
    if (name === undefined && !this.#unknown.has(id)) {
      this.#unknown.add(id);
      const isFirst = !this.#hasUnknown;
      this.#hasUnknown = true;
      if (isFirst) for (const listener of this.#strangers) listener();
    }
    return name;
  }

  /** All there are. */
  replace(names: ReadonlyMap<string, string>): void {
    this.#names = names;
    this.#hasUnknown = false;
    this.#unknown = new Set([...this.#unknown].filter((id) => !names.has(id)));
    const late = [...this.#given].flatMap(([id, given]) => (names.get(id) === given ? [] : [id]));
    // Whoever still uses it asks again when he is told.
    for (const id of late) this.#given.delete(id);
    if (late.length === 0) return;
    if (late.length > MANY_LATE || this.#late.length === 0) this.#generation++;
    else for (const listener of this.#late) listener(late);
  }

  /** Some of them: what others are called stays as it was. */
  add(names: ReadonlyMap<string, string>): void {
    this.replace(new Map([...this.#names, ...names]));
  }

  /** Told of those, few at a time, whose name is another than was answered, or is no more. */
  onLate(listener: (ids: readonly string[]) => void): void {
    this.#late.push(listener);
  }

  /** Told when one is asked for that is in no list, once until the next list comes. */
  onUnknown(listener: () => void): void {
    this.#strangers.push(listener);
  }
}
