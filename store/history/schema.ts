import { OperatorError } from "../../core/errors.ts";
import { EVENTS } from "../events/events-table.ts";
import type { SqlDatabase, SqlWriter } from "../sql-database.ts";
import { createTable } from "../sql-table.ts";
import { sql } from "../sql-text.ts";
import { numberCell } from "./cells.ts";
import { HISTORY_TABLES } from "./tables.ts";

/**
 * Brings a database from the version before it to `version`, in one transaction. Migrations that were released are
 * never changed, only followed by others.
 */
export interface Migration {
  readonly version: number;
  run(writer: SqlWriter): Promise<void>;
}

/** The version of `HISTORY_TABLES`. */
export const HISTORY_VERSION = 2;

/** The newest: with the table of events. */
const SCHEMA_VERSION = 3;

/** For a database without a history. */
export function newHistory({ dialect }: SqlDatabase): Migration {
  return {
    version: HISTORY_VERSION,
    run: async (writer) => {
      for (const table of HISTORY_TABLES) {
        for (const statement of createTable(table, dialect)) await writer.execute(statement);
      }
    },
  };
}

/** Adds the table of events. */
export function withEvents({ dialect }: SqlDatabase): Migration {
  return {
    version: SCHEMA_VERSION,
    run: async (writer) => {
      for (const statement of createTable(EVENTS, dialect)) await writer.execute(statement);
    },
  };
}

/** `where` names the database in errors. Errors: OperatorError `store.newer` when a later Nephoscope wrote it. */
export async function migrate(database: SqlDatabase, migrations: readonly Migration[], where: string): Promise<void> {
  await database.write("write", async (writer) => {
    await writer.execute(sql`CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL)`);
  });
  const version = await database.read("read", async (reader) => {
    const [row] = await reader.rows(sql`SELECT max(version) FROM schema_version`);
    return numberCell(row?.[0] ?? 0);
  });
  if (version > SCHEMA_VERSION) throw newer(where, version);
  for (const migration of migrations.filter((one) => one.version > version)) {
    await database.write("write", async (writer) => {
      await migration.run(writer);
      await writer.execute(sql`DELETE FROM schema_version`);
      await writer.execute(sql`INSERT INTO schema_version SELECT CAST(${migration.version} AS INTEGER)`);
    });
  }
}

function newer(where: string, version: number): OperatorError {
  return new OperatorError({
    code: "store.newer",
    message: `the database ${where} has version ${version}, this Nephoscope knows versions up to ${SCHEMA_VERSION}`,
    hint: "run the version of Nephoscope that wrote it, or a later one",
    status: 503,
  });
}
