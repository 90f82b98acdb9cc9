import type { SqlDialect, SqlTable } from "./sql-database.ts";
import { type Sql, sql } from "./sql-text.ts";

/** The statements that make a table with its indexes. Names come from our own source and need no quotes. */
export function createTable(table: SqlTable, dialect: SqlDialect): readonly Sql[] {
  const columns = table.columns.map(
    ({ name, type, isNullable }) => `${name} ${dialect.types[type]}${isNullable === true ? "" : " NOT NULL"}`,
  );
  const key = table.key === undefined ? [] : [`PRIMARY KEY (${table.key.join(", ")})`];
  const lookups = dialect.hasLookups ? table.lookups : [];
  return [
    statement(`CREATE TABLE ${table.name} (${[...columns, ...key].join(", ")})`),
    ...lookups.map((lookup) =>
      statement(`CREATE INDEX ${table.name}_by_${lookup.join("_")} ON ${table.name} (${lookup.join(", ")})`),
    ),
  ];
}

/** A text of our own source as a statement without values. */
export function statement(text: string): Sql {
  return { ...sql``, parts: [text] };
}
