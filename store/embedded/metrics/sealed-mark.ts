import { readFileSync, renameSync, writeFileSync } from "node:fs";
import type { DuckDBConnection } from "@duckdb/node-api";
import { messageOf } from "../../../core/errors.ts";
import { isRecord, parseJson } from "../../../core/json.ts";
import type { Log } from "../../../core/log.ts";

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS sealed_changes (id VARCHAR NOT NULL, changes BIGINT NOT NULL);
  INSERT INTO sealed_changes SELECT CAST(uuid() AS VARCHAR), 0 WHERE NOT EXISTS (FROM sealed_changes)`;

interface Note {
  /** Which database. */
  readonly id: string;
  /** How often it changed which sealed files count. */
  readonly changes: number;
}

/**
 * Which database knew the sealed files last, and after how many changes: in the database itself, and in a small file beside the
 * folder. A database that is behind the file, or not the one it names, does not know what was sealed since: files it does not know are
 * not what a crash left behind.
 * The file is not synced: it may be behind the database after a power cut, never ahead of it.
 */
export class SealedMark {
  readonly #path: string;
  readonly #log: Log;
  #note: Note;

  private constructor(path: string, note: Note, log: Log) {
    this.#path = path;
    this.#note = note;
    this.#log = log;
  }

  static async load(connection: DuckDBConnection, folder: string, log: Log): Promise<SealedMark> {
    await connection.run(SCHEMA);
    const found = await connection.runAndReadAll("SELECT id, changes FROM sealed_changes");
    const [id, changes] = found.getRows()[0] ?? [];
    return new SealedMark(`${folder}.mark`, { id: String(id), changes: Number(changes) }, log);
  }

  /** Whether the database knew all files that counted last. */
  isCurrent(): boolean {
    const noted = readNote(this.#path);
    return noted !== undefined && noted.id === this.#note.id && noted.changes <= this.#note.changes;
  }

  /** In a transaction that changes which files count. What it gives is to be called when that is committed. */
  async count(connection: DuckDBConnection): Promise<() => void> {
    const changes = this.#note.changes + 1;
    await connection.run(`UPDATE sealed_changes SET changes = ${changes}`);
    return () => {
      this.#note = { ...this.#note, changes };
      this.write();
    };
  }

  write(): void {
    const temporary = `${this.#path}.tmp`;
    try {
      writeFileSync(temporary, `${JSON.stringify(this.#note)}\n`);
      renameSync(temporary, this.#path);
    } catch (error) {
      // The change stands; what is missed is a warning should the database be lost later.
      this.#log.warn({ path: this.#path, error: messageOf(error) }, "mark of sealed files not written");
    }
  }
}

/** Undefined when there is none that can be read. */
function readNote(path: string): Note | undefined {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
  const value = parseJson(text);
  if (!isRecord(value) || typeof value.id !== "string" || typeof value.changes !== "number") return undefined;
  return { id: value.id, changes: value.changes };
}
