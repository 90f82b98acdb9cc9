import type { TightChanges } from "../../store/embedded/metrics/series-counts.ts";
import type { SeriesScope } from "../../store/embedded/metrics/series-limits.ts";

/** Scopes of the head that may have no room for another series, as it told of them last. */
export class TightScopes {
  #isStoreTight = false;
  readonly #clusters = new Set<string>();
  readonly #names = { host: new Map<string, Set<string>>(), measurement: new Map<string, Set<string>>() };
  #count = 0;
  #forgettings = 0;

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  /** How many times the head forgot series: what it said before may not hold. */
  get forgettings(): number {
    return this.#forgettings;
  }

  /** Whether a series is in one of them. */
  has(cluster: string, host: string | undefined, measurement: string): boolean {
    if (this.#isStoreTight || this.#clusters.has(cluster)) return true;
    if (host !== undefined && this.#names.host.get(cluster)?.has(host) === true) return true;
    return this.#names.measurement.get(cluster)?.has(measurement) === true;
  }

  apply({ forgettings, scopes }: TightChanges): void {
    this.#forgettings = forgettings;
    for (const { scope, isTight } of scopes) {
      this.#set(scope, isTight);
      this.#count += isTight ? 1 : -1;
    }
  }

  #set({ kind, cluster, name }: SeriesScope, isTight: boolean): void {
    switch (kind) {
      case "store":
        this.#isStoreTight = isTight;
        return;
      case "cluster":
        put(this.#clusters, cluster, isTight);
        return;
      case "host":
      case "measurement": {
        const names = this.#names[kind].get(cluster) ?? new Set();
        put(names, name, isTight);
        if (names.size > 0) this.#names[kind].set(cluster, names);
        else this.#names[kind].delete(cluster);
      }
    }
  }
}

function put(set: Set<string>, name: string, isIn: boolean): void {
  if (isIn) set.add(name);
  else set.delete(name);
}
