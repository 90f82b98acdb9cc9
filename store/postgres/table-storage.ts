import type { SqlDatabase } from "../sql-database.ts";
import { statement } from "../sql-table.ts";
import { SCHEMA } from "./postgres-session.ts";

/** How tables are stored, where PostgreSQL's own way does not fit; done once for each table and column. */
export async function tuneStorage(database: SqlDatabase): Promise<void> {
  await database.write("write", async (writer) => {
    for (const [table, column] of await writer.rows(statement(COMPRESSED))) {
      await writer.execute(statement(`ALTER TABLE ${table} ALTER COLUMN ${column} SET STORAGE EXTERNAL`));
    }
    for (const [table] of await writer.rows(statement(UNTUNED))) {
      await writer.execute(statement(`ALTER TABLE ${table} SET (${VACUUM})`));
    }
  });
}

/**
 * Our blobs come compressed: PostgreSQL would try in vain to compress each of them once more.
 * Source: https://www.postgresql.org/docs/current/catalog-pg-attribute.html, `attstorage`.
 */
const COMPRESSED = `
  SELECT quote_ident(relname), quote_ident(attname)
  FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
  WHERE relnamespace = '${SCHEMA}'::regnamespace AND relkind = 'r' AND attnum > 0 AND NOT attisdropped
    AND atttypid = 'bytea'::regtype AND attstorage <> 'e'`;

/**
 * The tail grows and is emptied by tens of thousands of rows a minute: space is to be used again, and plans to be made for
 * what is there, as soon as a sealing is over, however large the table is.
 */
const VACUUM = `autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000, autovacuum_vacuum_cost_delay = 0,
  autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 20000`;

const UNTUNED = `
  SELECT quote_ident(relname) FROM pg_class
  WHERE relnamespace = '${SCHEMA}'::regnamespace AND relkind = 'r' AND relname IN ('changes', 'count_deltas')
    AND reloptions IS NULL`;
