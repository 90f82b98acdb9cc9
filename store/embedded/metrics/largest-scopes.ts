import type { CountedScope } from "./series-limits.ts";

const MOST = 3;

/** The few hosts or measurements with the most series. Told of each that grows; when one shrinks, of all anew. */
export class LargestScopes {
  readonly #kind: "host" | "measurement";
  #scopes: CountedScope[] = [];

  constructor(kind: "host" | "measurement") {
    this.#kind = kind;
  }

  /** The largest first. */
  get scopes(): readonly CountedScope[] {
    return this.#scopes;
  }

  saw(cluster: string, name: string, series: number): void {
    const least = this.#scopes.length < MOST ? 0 : (this.#scopes.at(-1)?.series ?? 0);
    // One that is among them has grown past the least of them, or is it.
    if (series <= least) return;
    const others = this.#scopes.filter((scope) => scope.name !== name || scope.cluster !== cluster);
    others.push({ kind: this.#kind, cluster, name, series });
    this.#scopes = others.sort((left, right) => right.series - left.series).slice(0, MOST);
  }

  clear(): void {
    this.#scopes = [];
  }
}
