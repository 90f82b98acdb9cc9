import { messageOf } from "../../core/errors.ts";
import type { Log } from "../../core/log.ts";
import type { SqlDatabase, SqlReader } from "../sql-database.ts";
import { sql } from "../sql-text.ts";
import { numberCell, textCell } from "./cells.ts";
import type { Directories } from "./directories.ts";
import { renewKeyframes, writeKeyframes } from "./keyframe-writer.ts";
import type { Keyframe } from "./keyframes.ts";
import {
  addSegment,
  dueKeyframes,
  KEYFRAME_PACE,
  type KeyframePace,
  type PartProgress,
  readProgress,
} from "./part-progress.ts";
import { sealSegment } from "./seal-segment.ts";
import type { Tails } from "./tails.ts";

/** When and how history is sealed; small numbers are for tests. */
export interface SealingSizes {
  /** A tail of this many changes has its older half sealed. */
  readonly tailChanges: number;
  readonly blockChanges: number;
  readonly keyframes?: KeyframePace | undefined;
  /** As `MOST_HELD_BYTES`. */
  readonly mostHeldBytes?: number | undefined;
  /** As `MOST_HELD_PLACES`. */
  readonly mostHeldPlaces?: number | undefined;
}

export const SEALING_SIZES: SealingSizes = { tailChanges: 131_072, blockChanges: 256 };

export interface SealerDeps {
  readonly database: SqlDatabase;
  readonly log: Log;
  readonly sizes: SealingSizes;
  readonly tails: Tails;
  readonly directories: Directories;
  /** The last acknowledged revision of a cluster: what lies behind it may yet be taken back, and stays in the tail. */
  readonly acknowledged: (cluster: string) => number;
}

/** Seals the tails of clusters in the background, one segment at a time. */
export class Sealer {
  readonly #database: SqlDatabase;
  readonly #log: Log;
  readonly #sizes: SealingSizes;
  readonly #tailSizes: Map<string, number>;
  readonly #tails: Tails;
  readonly #directories: Directories;
  readonly #acknowledged: (cluster: string) => number;
  readonly #progress = new Map<string, Map<string, PartProgress>>();
  #work: Promise<unknown> = Promise.resolve();
  #isScheduled = false;
  #isClosed = false;

  static async open(deps: SealerDeps): Promise<Sealer> {
    const { database } = deps;
    const rows = await database.read("background", (reader) =>
      reader.rows(sql`SELECT cluster, count(*) FROM changes GROUP BY cluster`),
    );
    const tailSizes = new Map(rows.map(([cluster, changes]) => [textCell(cluster), numberCell(changes)]));
    const sealer = new Sealer({ ...deps, tailSizes });
    sealer.#schedule();
    return sealer;
  }

  private constructor(parts: SealerDeps & { readonly tailSizes: Map<string, number> }) {
    this.#database = parts.database;
    this.#log = parts.log;
    this.#sizes = parts.sizes;
    this.#tailSizes = parts.tailSizes;
    this.#tails = parts.tails;
    this.#directories = parts.directories;
    this.#acknowledged = parts.acknowledged;
  }

  /** Called after each commit. */
  committed(cluster: string, changes: number): void {
    this.#tailSizes.set(cluster, (this.#tailSizes.get(cluster) ?? 0) + changes);
    this.#schedule();
  }

  /** Until nothing is left to seal. Rejects never: a sealing that failed is tried again after the next commit. */
  async settled(): Promise<void> {
    let work: unknown;
    while (work !== this.#work) {
      work = this.#work;
      await this.#work;
    }
  }

  /** Runs work that must not meet a sealing. */
  exclusively<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#work.then(work);
    // Whoever asked is told of a failure; what waits in line only waits.
    this.#work = result.catch(() => undefined);
    return result;
  }

  /** Seals all that is acknowledged of the tail up to a revision; false when that is nothing. To be run `exclusively`. */
  async sealUpTo(cluster: string, revision: number): Promise<boolean> {
    const upToRevision = Math.min(revision, this.#acknowledged(cluster));
    const progress = await this.#progressOf(cluster);
    const { blockChanges } = this.#sizes;
    try {
      const { tail } = this.#tails.known(cluster);
      const sealing = { cluster, upToRevision, blockChanges, knownParts: progress, tail };
      const segment = await sealSegment(this.#database, sealing);
      if (segment === undefined) return false;
      this.#tails.sealed(cluster, segment.lastRevision);
      this.#directories.added(cluster, segment);
      for (const keyframe of segment.keyframes) progress.set(keyframe.part, newPart(keyframe));
      addSegment(progress, segment.lastRevision, segment.partCounts);
      const sealed = [...segment.partCounts.values()].reduce((sum, count) => sum + count, 0);
      this.#tailSizes.set(cluster, (this.#tailSizes.get(cluster) ?? 0) - sealed);
      await this.#writeDue(cluster, segment.lastRevision, progress);
      return true;
    } catch (error) {
      this.forget(cluster);
      this.#tails.letGo(cluster);
      throw error;
    }
  }

  /** For whoever changes keyframes, or drops segments: what is known of them is read again when it is needed. */
  forget(cluster: string): void {
    this.#progress.delete(cluster);
    this.#directories.letGo(cluster);
    this.#schedule();
  }

  /** The sealing under way is finished, no other is begun. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#work;
  }

  #schedule(): void {
    if (this.#isScheduled || this.#isClosed) return;
    const isWanted = this.#tails.wanted !== undefined || this.#directories.wanted !== undefined;
    if (this.#due() === undefined && !isWanted) return;
    this.#isScheduled = true;
    void this.exclusively(async () => {
      try {
        for (let cluster = this.#due(); cluster !== undefined && !this.#isClosed; cluster = this.#due()) {
          if (!(await this.#sealOlderHalf(cluster))) break;
        }
        for (let cluster = this.#tails.wanted; cluster !== undefined && !this.#isClosed; cluster = this.#tails.wanted) {
          await this.#tails.load(this.#database, cluster);
        }
        for (
          let next = this.#directories.wanted;
          next !== undefined && !this.#isClosed;
          next = this.#directories.wanted
        ) {
          await this.#directories.load(this.#database, next);
        }
      } catch (error) {
        // Nothing is lost: the changes stay in the tail, and the next commit tries again.
        this.#log.warn({ error: messageOf(error) }, "topology history not sealed");
      } finally {
        this.#isScheduled = false;
      }
    });
  }

  /** The longest tail, when it is too long or all of them together are. */
  #due(): string | undefined {
    let [longest, most, all] = ["", 0, 0];
    for (const [cluster, changes] of this.#tailSizes) {
      all += changes;
      if (changes > most) [longest, most] = [cluster, changes];
    }
    const { tailChanges } = this.#sizes;
    return most >= tailChanges || all >= 4 * tailChanges ? longest : undefined;
  }

  /** False when there is nothing to seal after all: what is in doubt has to be taken back, or acknowledged, first. */
  async #sealOlderHalf(cluster: string): Promise<boolean> {
    const upTo = await this.#database.read("background", (reader) => this.#middleOf(reader, cluster));
    if (upTo === undefined) return this.#due() !== cluster;
    const isSealed = await this.sealUpTo(cluster, upTo);
    if (isSealed) await this.reclaim();
    this.#log.debug({ cluster, revision: upTo }, "topology history sealed");
    return isSealed;
  }

  /** After much was deleted. That it could not be done is no failure of whoever deleted it. */
  async reclaim(): Promise<void> {
    try {
      await this.#database.reclaim();
    } catch (error) {
      this.#log.warn({ error: messageOf(error) }, "room in the topology store not given back yet");
    }
  }

  /** The last revision of the older half of a tail, which has one revision at least; undefined when the tail is short after all. */
  async #middleOf(reader: SqlReader, cluster: string): Promise<number | undefined> {
    const ofCluster = sql`FROM changes WHERE cluster = ${cluster}`;
    const before = this.#tailSizes.get(cluster) ?? 0;
    const [row] = await reader.rows(sql`SELECT count(*), min(revision) ${ofCluster}`);
    const changes = numberCell(row?.[0]);
    // What is committed while it is counted must not be forgotten; counted twice, it is counted again.
    const meanwhile = (this.#tailSizes.get(cluster) ?? 0) - before;
    this.#tailSizes.set(cluster, changes + meanwhile);
    if (changes === 0 || this.#due() !== cluster) return undefined;
    const half = Math.floor(Math.min(changes, this.#sizes.tailChanges) / 2);
    const [middle] = await reader.rows(sql`SELECT revision ${ofCluster} ORDER BY revision LIMIT 1 OFFSET ${half}`);
    return Math.max(numberCell(middle?.[0]) - 1, numberCell(row?.[1]));
  }

  async #progressOf(cluster: string): Promise<Map<string, PartProgress>> {
    const known = this.#progress.get(cluster);
    if (known !== undefined) return known;
    const read = await this.#database.read("background", (reader) => readProgress(reader, cluster));
    this.#progress.set(cluster, read);
    return read;
  }

  async #writeDue(cluster: string, revision: number, progress: Map<string, PartProgress>): Promise<void> {
    const due = dueKeyframes(progress, this.#sizes.keyframes ?? KEYFRAME_PACE);
    const parts = new Map(due.changed.map((part) => [part, progress.get(part)?.keyframe.elements ?? 0]));
    const took = (keyframes: readonly Keyframe[]) => {
      this.#directories.added(cluster, { keyframes });
      for (const keyframe of keyframes) progress.set(keyframe.part, newPart(keyframe));
    };
    for await (const keyframes of writeKeyframes(this.#database, { cluster, revision, parts })) took(keyframes);
    const unchanged = due.unchanged.flatMap((part) => progress.get(part)?.keyframe ?? []);
    took(await renewKeyframes(this.#database, { cluster, revision }, unchanged));
  }
}

function newPart(keyframe: Keyframe): PartProgress {
  return { keyframe, changes: 0, segments: 0 };
}
