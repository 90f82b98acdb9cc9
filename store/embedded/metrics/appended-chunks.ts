import {
  DOUBLE,
  type DuckDBAppender,
  type DuckDBConnection,
  DuckDBDataChunk,
  type DuckDBType,
  INTEGER,
  VARCHAR,
} from "@duckdb/node-api";
import bindings from "@duckdb/node-bindings";
import { labelsText } from "./labels-text.ts";
import type { RowBuffer } from "./row-buffer.ts";
import type { RowSeries } from "./series-index.ts";
import { usualMeasurement } from "./shapes.ts";

/** Rows of one data chunk of the engine. */
const CHUNK_ROWS = 2_048;

/** Closing what failed fails again, with less to say: the first error is the one that tells why. */
async function appending(
  connection: DuckDBConnection,
  table: string,
  append: (appender: DuckDBAppender) => void,
): Promise<void> {
  const appender = await connection.createAppender(table);
  try {
    append(appender);
    appender.flushSync();
  } catch (error) {
    try {
      appender.closeSync();
    } catch {
      // Told already.
    }
    throw error;
  }
  appender.closeSync();
}

/** Appends all rows of a buffer to a table with its columns. Column by column, as the engine keeps them: no value is looked at. */
export async function appendBuffer(connection: DuckDBConnection, table: string, buffer: RowBuffer): Promise<void> {
  const types = [INTEGER, INTEGER, ...buffer.values.map(() => DOUBLE)];
  const columns = [buffer.series, buffer.ms, ...buffer.values];
  await appending(connection, table, (appender) => {
    for (let start = 0; start < buffer.length; start += CHUNK_ROWS) {
      const count = Math.min(CHUNK_ROWS, buffer.length - start);
      const chunk = DuckDBDataChunk.create(types, count);
      for (const [column, numbers] of columns.entries())
        copyColumn(chunk, column, numbers.subarray(start, start + count));
      appender.appendDataChunk(chunk);
    }
  });
}

function copyColumn(chunk: DuckDBDataChunk, column: number, numbers: Int32Array | Float64Array): void {
  const vector = bindings.data_chunk_get_vector(chunk.chunk, column);
  const { buffer, byteOffset, byteLength } = numbers;
  if (!(buffer instanceof ArrayBuffer)) throw new TypeError("columns are not shared");
  bindings.copy_data_to_vector(vector, 0, buffer, byteOffset, byteLength);
}

export async function appendSeries(connection: DuckDBConnection, series: readonly RowSeries[]): Promise<void> {
  await appendTo(connection, "series", series, [INTEGER, VARCHAR, VARCHAR, VARCHAR], (some) => [
    ...columnsOf(some),
    some.map(({ shape, measurement }) => (measurement === usualMeasurement(shape) ? null : measurement)),
  ]);
}

export async function appendPastSeries(connection: DuckDBConnection, series: readonly RowSeries[]): Promise<void> {
  await appendTo(connection, "past_series", series, [INTEGER, VARCHAR, VARCHAR, INTEGER], (some) => [
    ...columnsOf(some),
    some.map(({ lastHour }) => lastHour),
  ]);
}

function columnsOf(series: readonly RowSeries[]): readonly (number[] | string[])[] {
  return [
    series.map(({ id }) => id),
    series.map(({ labels }) => labelsText(labels)),
    series.map(({ shape }) => shape.name),
  ];
}

async function appendTo(
  connection: DuckDBConnection,
  table: string,
  series: readonly RowSeries[],
  types: readonly DuckDBType[],
  columns: (some: readonly RowSeries[]) => readonly (number[] | (string | null)[])[],
): Promise<void> {
  await appending(connection, table, (appender) => {
    for (let start = 0; start < series.length; start += CHUNK_ROWS) {
      const part = series.slice(start, start + CHUNK_ROWS);
      const chunk = DuckDBDataChunk.create(types, part.length);
      chunk.setColumns([...columns(part)]);
      appender.appendDataChunk(chunk);
    }
  });
}
