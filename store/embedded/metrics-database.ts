import { BIGINT, DOUBLE, type DuckDBConnection, DuckDBDataChunk, INTEGER, VARCHAR } from "@duckdb/node-api";
import type { SpoolPosition } from "../metric-store.ts";
import { isDurableAllTheSame } from "./duckdb.ts";
import type { DuckDbFile } from "./duckdb-file.ts";
import { parseLabelsText, type SeriesId, SeriesIndex } from "./metrics-series-index.ts";

export const HOUR_MS = 3_600_000;

/** Samples of one hour in the order they came. `ms` counts from the beginning of the hour. */
export interface HourRows {
  readonly series: SeriesId[];
  readonly ms: number[];
  readonly values: number[];
}

export interface NewSeries {
  readonly id: SeriesId;
  readonly text: string;
}

/** What one transaction adds. */
export interface MetricsCommit {
  readonly newSeries: readonly NewSeries[];
  readonly rows: ReadonlyMap<number, HourRows>;
  readonly position: SpoolPosition | undefined;
}

export interface MetricsContent {
  readonly index: SeriesIndex;
  readonly hours: readonly number[];
  readonly position: SpoolPosition | undefined;
}

/** The file of the head: `series`, `spool_position` and one narrow table `samples_<hours since 1970>` for each hour. */
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS series (id INTEGER NOT NULL, labels VARCHAR NOT NULL);
  CREATE TABLE IF NOT EXISTS spool_position (segment BIGINT NOT NULL, "offset" BIGINT NOT NULL);
`;

export function loadContent(file: DuckDbFile): Promise<MetricsContent> {
  return file.use("write", async (connection) => {
    await connection.run(SCHEMA);
    const index = new SeriesIndex();
    for (const [id, text] of await rowsOf(connection, "SELECT id, labels FROM series")) {
      index.add(Number(id), parseLabelsText(String(text)), String(text));
    }
    const tables = await rowsOf(connection, "SELECT table_name FROM duckdb_tables() WHERE table_name LIKE 'samples_%'");
    const hours = tables.map(([name]) => Number(String(name).slice("samples_".length))).sort((a, b) => a - b);
    for (const hour of hours) {
      for (const [id] of await rowsOf(connection, `SELECT DISTINCT series FROM ${tableOf(hour)}`)) {
        index.markHour(Number(id), hour);
      }
    }
    const [place] = await rowsOf(connection, 'SELECT segment, "offset" FROM spool_position');
    const position = place === undefined ? undefined : { segment: Number(place[0]), offset: Number(place[1]) };
    return { index, hours, position };
  });
}

async function rowsOf(connection: DuckDBConnection, sql: string): Promise<unknown[][]> {
  return (await connection.runAndReadAll(sql)).getRows();
}

export function tableOf(hour: number): string {
  return `samples_${hour}`;
}

/** All of it or nothing; durable when it resolves. */
export function commit(file: DuckDbFile, { newSeries, rows, position }: MetricsCommit): Promise<void> {
  return inTransaction(file, async (connection) => {
    if (newSeries.length > 0) await appendSeries(connection, newSeries);
    for (const [hour, hourRows] of rows) {
      await connection.run(
        `CREATE TABLE IF NOT EXISTS ${tableOf(hour)} (series INTEGER NOT NULL, ms INTEGER NOT NULL, value DOUBLE NOT NULL)`,
      );
      await appendRows(connection, tableOf(hour), hourRows);
    }
    if (position !== undefined) {
      await connection.run("DELETE FROM spool_position");
      const place = [BigInt(position.segment), BigInt(position.offset)];
      await connection.run("INSERT INTO spool_position VALUES ($1, $2)", place, [BIGINT, BIGINT]);
    }
  });
}

export function dropHours(file: DuckDbFile, hours: readonly number[], series: readonly SeriesId[]): Promise<void> {
  return inTransaction(file, async (connection) => {
    for (const hour of hours) await connection.run(`DROP TABLE IF EXISTS ${tableOf(hour)}`);
    if (series.length > 0) await connection.run(`DELETE FROM series WHERE id IN (${series.join(",")})`);
  });
}

/** A failure leaves the connection in its transaction; `DuckDbFile` closes it then, which rolls it back. */
function inTransaction(file: DuckDbFile, work: (connection: DuckDBConnection) => Promise<void>): Promise<void> {
  return file.use("write", async (connection) => {
    await connection.run("BEGIN");
    await work(connection);
    try {
      await connection.run("COMMIT");
    } catch (cause) {
      if (!isDurableAllTheSame(cause)) throw cause;
      file.reopenBeforeNextUse();
    }
  });
}

/** Rows of one data chunk of the engine. */
const CHUNK_ROWS = 2_048;

async function appendRows(connection: DuckDBConnection, table: string, rows: HourRows): Promise<void> {
  const appender = await connection.createAppender(table);
  try {
    for (let start = 0; start < rows.series.length; start += CHUNK_ROWS) {
      const count = Math.min(CHUNK_ROWS, rows.series.length - start);
      const chunk = DuckDBDataChunk.create([INTEGER, INTEGER, DOUBLE], count);
      chunk.setColumnValues(0, rows.series.slice(start, start + count));
      chunk.setColumnValues(1, rows.ms.slice(start, start + count));
      chunk.setColumnValues(2, rows.values.slice(start, start + count));
      appender.appendDataChunk(chunk);
    }
    appender.flushSync();
  } finally {
    appender.closeSync();
  }
}

async function appendSeries(connection: DuckDBConnection, series: readonly NewSeries[]): Promise<void> {
  const appender = await connection.createAppender("series");
  try {
    for (let start = 0; start < series.length; start += CHUNK_ROWS) {
      const part = series.slice(start, start + CHUNK_ROWS);
      const chunk = DuckDBDataChunk.create([INTEGER, VARCHAR], part.length);
      chunk.setColumnValues(
        0,
        part.map((one) => one.id),
      );
      chunk.setColumnValues(
        1,
        part.map((one) => one.text),
      );
      appender.appendDataChunk(chunk);
    }
    appender.flushSync();
  } finally {
    appender.closeSync();
  }
}
