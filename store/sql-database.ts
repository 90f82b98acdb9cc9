import type { Sql } from "./sql-text.ts";

/**
 * What a history needs of a database: DuckDB and PostgreSQL bring it, store/history/ uses it. Whatever the database
 * throws comes out as an OperatorError `store.…` (unavailable, busy, full, damaged); TypeErrors and RangeErrors are bugs
 * and pass through.
 */
export interface SqlDatabase {
  readonly dialect: SqlDialect;
  /** Runs `work` in one read-only transaction: all it reads is as of one commit. */
  read<T>(lane: "read" | "background", work: (reader: SqlReader) => Promise<T>): Promise<T>;
  /**
   * Runs `work` in one transaction, alone on the connection of its lane; durable when it resolves. When it rejects, nothing
   * is kept, unless the commit itself was answered with an error: then it may have been kept all the same.
   * The two lanes run side by side and never write the same row.
   */
  write<T>(lane: "write" | "background", work: (writer: SqlWriter) => Promise<T>): Promise<T>;
  /** After much was deleted: gives its room back, where the database does not do so by itself. */
  reclaim(): Promise<void>;
  /** Waits for work under way. */
  close(): Promise<void>;
}

/** No two questions of one reader run at the same time; a stream is read to its end, or left, before the next question. */
export interface SqlReader {
  /** All rows at once: for answers known to be short. */
  rows(query: Sql): Promise<readonly SqlRow[]>;
  /** In chunks of at most a few thousand rows, never all in memory; the event loop turns between them. */
  stream(query: Sql): AsyncIterable<readonly SqlRow[]>;
}

export interface SqlWriter extends SqlReader {
  execute(statement: Sql): Promise<void>;
  /** Adds rows with a cell for each column, in the table's order. Takes rows as it needs them; the event loop turns. */
  append(table: SqlTable, rows: Iterable<readonly SqlCell[]>): Promise<void>;
}

/** Cells as the database gives them: text as string, whole numbers as number or bigint, blobs as Uint8Array, NULL as null. */
export type SqlRow = readonly unknown[];

/** A cell as the database takes it; numbers are whole, undefined is NULL. */
export type SqlCell = string | number | Uint8Array | undefined;

export interface SqlTable {
  readonly name: string;
  readonly columns: readonly SqlColumn[];
  /** Columns a question finds its rows by. Where an index costs more than a scan (DuckDB) it is not made. */
  readonly lookups: readonly (readonly string[])[];
  /** Columns that name a row; always indexed. */
  readonly key?: readonly string[] | undefined;
}

export interface SqlColumn {
  readonly name: string;
  readonly type: SqlType;
  readonly isNullable?: boolean | undefined;
}

/** Text compares by bytes; `whole` has 64 bits, `small` has 32. */
export type SqlType = "text" | "whole" | "small" | "blob";

export interface SqlDialect {
  /** What a column of this type is declared as: `TEXT COLLATE "C"`, `BIGINT`, … */
  readonly types: { readonly [type in SqlType]: string };
  /** Whether `lookups` are made into indexes. */
  readonly hasLookups: boolean;
}
