import type { DuckDBConnection } from "@duckdb/node-api";
import { OperatorError } from "../../core/errors.ts";

/**
 * Tables of the topology store. Each entry brings a file from version `index` to `index + 1`, in one transaction;
 * entries that were released are never changed, only followed by others.
 */
const MIGRATIONS: readonly (readonly string[])[] = [
  [
    // The log: every change ever recorded, in the order it was learned. `body` is JSON, see topology-rows.ts.
    `CREATE TABLE changes (
      cluster VARCHAR NOT NULL, revision BIGINT NOT NULL, ordinal INTEGER NOT NULL,
      at_ms BIGINT NOT NULL, known_at_ms BIGINT NOT NULL, origin VARCHAR NOT NULL,
      kind VARCHAR NOT NULL, element_id VARCHAR NOT NULL, renamed_from VARCHAR, body VARCHAR NOT NULL)`,
    // What was known after `revision`; nothing in it happened after `max_at_ms`.
    `CREATE TABLE checkpoints (
      cluster VARCHAR NOT NULL, revision BIGINT NOT NULL, max_at_ms BIGINT NOT NULL, elements BIGINT NOT NULL)`,
    `CREATE TABLE checkpoint_elements (
      cluster VARCHAR NOT NULL, revision BIGINT NOT NULL, element_id VARCHAR NOT NULL, element VARCHAR NOT NULL)`,
    `CREATE TABLE snapshots (
      cluster VARCHAR NOT NULL, name VARCHAR NOT NULL, at_ms BIGINT NOT NULL, revision BIGINT NOT NULL,
      created_at_ms BIGINT NOT NULL, created_by VARCHAR NOT NULL, note VARCHAR NOT NULL)`,
  ],
];

/** Errors: OperatorError `store.newer` when a later Nephoscope wrote the file. */
export async function migrate(connection: DuckDBConnection, path: string): Promise<void> {
  await connection.run("CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL)");
  const found = await connection.runAndReadAll("SELECT max(version) FROM schema_version");
  const version = Number(found.getRows()[0]?.[0] ?? 0);
  if (version > MIGRATIONS.length) throw newer(path, version);
  for (const [index, statements] of MIGRATIONS.entries()) {
    if (index < version) continue;
    await connection.run("BEGIN");
    for (const statement of statements) await connection.run(statement);
    await connection.run("DELETE FROM schema_version");
    await connection.run(`INSERT INTO schema_version VALUES (${index + 1})`);
    await connection.run("COMMIT");
  }
}

function newer(path: string, version: number): OperatorError {
  return new OperatorError({
    code: "store.newer",
    message: `the database ${path} has version ${version}, this Nephoscope knows versions up to ${MIGRATIONS.length}`,
    hint: "run the version of Nephoscope that wrote it, or a later one",
    status: 503,
  });
}
