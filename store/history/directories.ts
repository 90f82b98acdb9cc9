import type { SqlDatabase } from "../sql-database.ts";
import { type BlockPlace, Directory, type DirectoryView, readDirectory } from "./directory.ts";
import type { Keyframe } from "./keyframes.ts";

/** Blocks and keyframes held of all clusters together, some 75 MB; past this their tables are looked through instead. */
export const MOST_HELD_PLACES = 500_000;

/** Keeps the directories of clusters. To be told of every commit to their tables in the turn in which it is done. */
export class Directories {
  readonly #most: number;
  readonly #held = new Map<string, Directory>();
  /** Not held, but to be read when there is time. */
  readonly #wanted: Set<string>;
  /** Not held: too much. */
  readonly #tooLong = new Set<string>();

  /** `stored` are the clusters whose tables are not read yet. */
  constructor(stored: Iterable<string>, most: number = MOST_HELD_PLACES) {
    this.#wanted = new Set(stored);
    this.#most = most;
  }

  /** Undefined when it is not in memory. */
  view(cluster: string): DirectoryView | undefined {
    return this.#held.get(cluster)?.view();
  }

  added(
    cluster: string,
    more: { readonly blocks?: readonly BlockPlace[]; readonly keyframes: readonly Keyframe[] },
  ): void {
    if (this.#wanted.has(cluster) || this.#tooLong.has(cluster)) return;
    const held = this.#held.get(cluster) ?? new Directory();
    this.#held.set(cluster, held);
    held.addSegment(more.blocks ?? []);
    held.addKeyframes(more.keyframes);
    if (this.#size() > this.#most) this.#refuse(cluster);
  }

  /** For whoever drops something from the tables, before it is done; and for whoever does not know what was written. */
  letGo(cluster: string): void {
    this.#held.get(cluster)?.letGo();
    this.#held.delete(cluster);
    this.#tooLong.delete(cluster);
    this.#wanted.add(cluster);
  }

  /** A cluster whose tables are to be read. */
  get wanted(): string | undefined {
    const [cluster] = this.#wanted;
    return cluster;
  }

  /** Nobody may write to the tables of the cluster meanwhile. */
  async load(database: SqlDatabase, cluster: string): Promise<void> {
    this.#wanted.delete(cluster);
    this.#tooLong.add(cluster);
    try {
      this.#held.set(cluster, await database.read("background", (reader) => readDirectory(reader, cluster)));
    } catch (error) {
      this.#wanted.add(cluster);
      throw error;
    } finally {
      this.#tooLong.delete(cluster);
    }
    if (this.#size() > this.#most) this.#refuse(cluster);
  }

  #refuse(cluster: string): void {
    this.#held.get(cluster)?.letGo();
    this.#held.delete(cluster);
    this.#tooLong.add(cluster);
  }

  #size(): number {
    let size = 0;
    for (const directory of this.#held.values()) size += directory.size;
    return size;
  }
}
