import { DatabaseSync, type StatementSync } from "node:sqlite";
import { OperatorError } from "../../core/errors.ts";
import type { Json } from "../../core/json.ts";
import type { KeyRange, StateStore, StateWrite } from "../state-store.ts";
import { damagedState, stateError } from "./state-errors.ts";

/** "NEPH": tells our file from any other SQLite database. */
const APPLICATION_ID = 0x4e455048;
const SCHEMA_VERSION = 1;

/**
 * Opens the state file, creating it when absent. One process at a time has it.
 * Errors: `store.damaged`, `store.locked`, `store.full`, `store.unreadable`, `store.unavailable`.
 */
export function openEmbeddedState(path: string): StateStore {
  const database = guarded(path, () => new DatabaseSync(path, { timeout: 0 }));
  try {
    guarded(path, () => prepareDatabase(path, database));
    return new EmbeddedState(path, database);
  } catch (error) {
    database.close();
    throw error;
  }
}

/** WAL with an fsync per commit; the exclusive lock is taken by the first write and kept until `close`. */
function prepareDatabase(path: string, database: DatabaseSync): void {
  database.exec("PRAGMA locking_mode = EXCLUSIVE");
  database.exec("PRAGMA journal_mode = WAL");
  database.exec("PRAGMA synchronous = FULL");
  const applicationId = pragma(database, "application_id");
  const version = pragma(database, "user_version");
  const isNew = applicationId === 0 && version === 0 && pragma(database, "schema_version") === 0;
  if (!isNew && applicationId !== APPLICATION_ID) throw damagedState(path, "it is a database of something else");
  if (!isNew && version !== SCHEMA_VERSION) throw newerState(path, version);
  const check = database.prepare("PRAGMA quick_check(1)").get();
  if (check?.quick_check !== "ok") throw damagedState(path, String(check?.quick_check));
  database.exec("BEGIN IMMEDIATE");
  database.exec(`
    CREATE TABLE IF NOT EXISTS documents (
      collection TEXT NOT NULL,
      key TEXT NOT NULL,
      document TEXT NOT NULL,
      PRIMARY KEY (collection, key)
    ) STRICT, WITHOUT ROWID;
    PRAGMA application_id = ${APPLICATION_ID};
    PRAGMA user_version = ${SCHEMA_VERSION};
  `);
  database.exec("COMMIT");
}

class EmbeddedState implements StateStore {
  readonly #path: string;
  readonly #database: DatabaseSync;
  readonly #get: StatementSync;
  readonly #all: StatementSync;
  readonly #pages: { readonly [order in KeyRange["order"]]: StatementSync };
  readonly #size: StatementSync;
  readonly #put: StatementSync;
  readonly #delete: StatementSync;

  constructor(path: string, database: DatabaseSync) {
    this.#path = path;
    this.#database = database;
    this.#get = database.prepare("SELECT document FROM documents WHERE collection = ? AND key = ?");
    this.#all = database.prepare("SELECT key, document FROM documents WHERE collection = ? ORDER BY key");
    const page =
      "SELECT key, document FROM documents WHERE collection = ? AND key >= ? AND (? OR key < ?) ORDER BY key";
    this.#pages = {
      ascending: database.prepare(`${page} LIMIT ?`),
      descending: database.prepare(`${page} DESC LIMIT ?`),
    };
    this.#size = database.prepare("SELECT count(*) AS size FROM documents WHERE collection = ?");
    this.#put = database.prepare(
      "INSERT INTO documents VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET document = excluded.document",
    );
    this.#delete = database.prepare("DELETE FROM documents WHERE collection = ? AND key = ?");
  }

  get(collection: string, key: string): Json | undefined {
    const row = guarded(this.#path, () => this.#get.get(collection, key));
    return row === undefined ? undefined : this.#parse(row.document);
  }

  all(collection: string): ReadonlyMap<string, Json> {
    const rows = guarded(this.#path, () => this.#all.all(collection));
    return new Map(rows.map((row) => [String(row.key), this.#parse(row.document)]));
  }

  page(collection: string, { from = "", before, limit, order }: KeyRange): readonly (readonly [string, Json])[] {
    const open = before === undefined ? 1 : 0;
    const rows = guarded(this.#path, () => this.#pages[order].all(collection, from, open, before ?? "", limit));
    return rows.map((row) => [String(row.key), this.#parse(row.document)] as const);
  }

  size(collection: string): number {
    return Number(guarded(this.#path, () => this.#size.get(collection))?.size);
  }

  commit(writes: readonly StateWrite[]): void {
    guarded(this.#path, () => {
      this.#database.exec("BEGIN IMMEDIATE");
      try {
        for (const { collection, key, document } of writes) {
          if (document === undefined) this.#delete.run(collection, key);
          else this.#put.run(collection, key, JSON.stringify(document));
        }
        this.#database.exec("COMMIT");
      } catch (error) {
        // SQLite may have rolled back by itself, for instance when the disk is full.
        if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
        throw error;
      }
    });
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close();
  }

  #parse(text: unknown): Json {
    try {
      const document: Json = JSON.parse(String(text));
      return document;
    } catch (cause) {
      throw damagedState(this.#path, "a document is not JSON", cause);
    }
  }
}

function pragma(database: DatabaseSync, name: string): number {
  return Number(database.prepare(`PRAGMA ${name}`).get()?.[name]);
}

/** Runs a database call; what it throws becomes something an operator can act on. */
function guarded<T>(path: string, call: () => T): T {
  try {
    return call();
  } catch (error) {
    if (error instanceof OperatorError) throw error;
    throw stateError(path, error);
  }
}

function newerState(path: string, version: number): OperatorError {
  return new OperatorError({
    code: "store.newer",
    message: `${path} was written by another version of Nephoscope (schema ${version}, this one knows ${SCHEMA_VERSION})`,
    hint: "start the version that wrote it, or restore a backup of this version",
    status: 503,
  });
}
