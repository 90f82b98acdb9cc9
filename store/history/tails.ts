import type { SqlDatabase } from "../sql-database.ts";
import { sql } from "../sql-text.ts";
import { numberCell } from "./cells.ts";
import type { DirectoryView } from "./directory.ts";
import { ENTRY_COLUMNS, type Entry, entryOf } from "./stored-changes.ts";

/**
 * The tail of a cluster in memory: all changes after `sealedRevision`, by part, rising by revision. Later commits are added
 * to it: whoever reads it bounds what it reads by a revision. A sealing puts another in its place.
 */
export interface Tail {
  readonly sealedRevision: number;
  readonly parts: ReadonlyMap<string, readonly Entry[]>;
}

/** What is acknowledged at one moment. */
export interface Known {
  /** The last revision; -1 when there is none. */
  readonly upToRevision: number;
  /** Undefined when it is not in memory: then it is read from its table. */
  readonly tail: Tail | undefined;
  /** Undefined when it is not in memory: then tables are looked through. */
  readonly directory?: DirectoryView | undefined;
}

/** Text of the changes held of all clusters together, each with its overhead; past this tails are let go. */
const MOST_HELD_BYTES = 128 * 1_024 * 1_024;
const ENTRY_BYTES = 160;

interface HeldTail {
  readonly sealedRevision: number;
  readonly parts: Map<string, Entry[]>;
  bytes: number;
  /** False while it is read: it has only what was committed since. */
  isWhole: boolean;
}

/**
 * Keeps the tails in memory, so that no question has to look through their table. A tail that would be too much is let go
 * and taken up again when it has been sealed. To be told of every commit and sealing in the turn in which it is acknowledged.
 */
export class Tails {
  readonly #last: (cluster: string) => number | undefined;
  readonly #mostBytes: number;
  readonly #held = new Map<string, HeldTail>();
  /** Not held, but to be read when there is time. */
  readonly #wanted: Set<string>;
  /** Not held: too much. */
  readonly #tooLong = new Set<string>();

  /** `stored` are the clusters whose tails are not read yet; `last` says the last acknowledged revision of a cluster. */
  constructor(
    stored: Iterable<string>,
    last: (cluster: string) => number | undefined,
    mostBytes: number = MOST_HELD_BYTES,
  ) {
    this.#wanted = new Set(stored);
    this.#last = last;
    this.#mostBytes = mostBytes;
  }

  /** To be asked before the transaction begins that reads the rest: what is sealed here must be sealed there. */
  known(cluster: string): Known {
    const held = this.#held.get(cluster);
    return { upToRevision: this.#last(cluster) ?? -1, tail: held?.isWhole === true ? held : undefined };
  }

  committed(cluster: string, entries: readonly Entry[]): void {
    if (this.#wanted.has(cluster) || this.#tooLong.has(cluster)) return;
    const held = this.#held.get(cluster) ?? newTail(0);
    this.#held.set(cluster, held);
    for (const entry of entries) add(held, entry);
    if (this.#bytes() > this.#mostBytes) this.#refuse(cluster);
  }

  /** All up to a revision lies in blocks now. */
  sealed(cluster: string, sealedRevision: number): void {
    const held = this.#held.get(cluster);
    if (this.#tooLong.delete(cluster)) this.#wanted.add(cluster);
    if (held === undefined) return;
    const rest: HeldTail = { ...newTail(sealedRevision), isWhole: held.isWhole };
    for (const [part, entries] of held.parts) {
      const first = entries.findIndex(({ revision }) => revision > sealedRevision);
      if (first < 0) continue;
      const kept = entries.slice(first);
      rest.parts.set(part, kept);
      for (const entry of kept) rest.bytes += bytesOf(entry);
    }
    this.#held.set(cluster, rest);
  }

  /** For whoever changes the table by other means, or does not know whether it has. */
  letGo(cluster: string): void {
    this.#held.delete(cluster);
    this.#tooLong.delete(cluster);
    this.#wanted.add(cluster);
  }

  /** A cluster whose tail is to be read. */
  get wanted(): string | undefined {
    const [cluster] = this.#wanted;
    return cluster;
  }

  /** Reads a tail; commits go on meanwhile, a sealing must not. */
  async load(database: SqlDatabase, cluster: string): Promise<void> {
    const upTo = this.#last(cluster) ?? -1;
    const since: HeldTail = { ...newTail(-1), isWhole: false };
    this.#wanted.delete(cluster);
    this.#held.set(cluster, since);
    try {
      const read = await this.#read(database, cluster, upTo);
      if (this.#held.get(cluster) !== since) return;
      if (read === undefined) return this.#refuse(cluster);
      for (const entries of since.parts.values()) for (const entry of entries) add(read, entry);
      this.#held.set(cluster, read);
    } catch (error) {
      this.#refuse(cluster);
      throw error;
    }
  }

  /** Undefined when it is too much. */
  #read(database: SqlDatabase, cluster: string, upTo: number): Promise<HeldTail | undefined> {
    return database.read("background", async (reader) => {
      const [sealed] = await reader.rows(sql`SELECT max(last_revision) FROM segments WHERE cluster = ${cluster}`);
      const tail = newTail(numberCell(sealed?.[0] ?? -1));
      const rows = reader.stream(
        sql`SELECT ${ENTRY_COLUMNS} FROM changes WHERE cluster = ${cluster} AND revision <= ${upTo} ORDER BY revision`,
      );
      let isTooMuch = false;
      for await (const chunk of rows) {
        if (isTooMuch) continue;
        for (const row of chunk) add(tail, entryOf(row));
        isTooMuch = this.#bytes() + tail.bytes > this.#mostBytes;
      }
      return isTooMuch ? undefined : tail;
    });
  }

  #refuse(cluster: string): void {
    this.#held.delete(cluster);
    this.#tooLong.add(cluster);
  }

  #bytes(): number {
    let bytes = 0;
    for (const held of this.#held.values()) bytes += held.bytes;
    return bytes;
  }
}

function newTail(sealedRevision: number): HeldTail {
  return { sealedRevision, parts: new Map(), bytes: 0, isWhole: true };
}

function add(tail: HeldTail, entry: Entry): void {
  const entries = tail.parts.get(entry.part);
  if (entries === undefined) tail.parts.set(entry.part, [entry]);
  else entries.push(entry);
  tail.bytes += bytesOf(entry);
}

function bytesOf({ id, body }: Entry): number {
  return id.length + body.length + ENTRY_BYTES;
}
