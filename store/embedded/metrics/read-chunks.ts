import type { DuckDBConnection, DuckDBDataChunk } from "@duckdb/node-api";
import bindings from "@duckdb/node-bindings";
import { giveBack } from "../../../core/array-memory.ts";

/** Rows of a statement that answers series, milliseconds and values; the arrays are gone when the next rows are asked for. */
export interface ChunkRows {
  readonly series: Int32Array;
  readonly ms: Int32Array;
  readonly values: Float64Array;
}

/** The whole answer lies in the engine's memory first, which is faster when it is small. */
export async function* readAtOnce(connection: DuckDBConnection, sql: string): AsyncIterable<ChunkRows> {
  const result = await connection.run(sql);
  for (let place = 0; place < result.chunkCount; place++) yield* rowsOf(result.getChunk(place));
}

export async function* readStreamed(connection: DuckDBConnection, sql: string): AsyncIterable<ChunkRows> {
  const result = await connection.stream(sql);
  for (let chunk = await result.fetchChunk(); chunk !== null && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
    yield* rowsOf(chunk);
  }
}

function* rowsOf({ chunk, rowCount: count }: DuckDBDataChunk): Iterable<ChunkRows> {
  const column = (place: number, bytes: number): Uint8Array =>
    bindings.vector_get_data(bindings.data_chunk_get_vector(chunk, place), bytes * count);
  const [series, ms, values] = [column(0, 4), column(1, 4), column(2, 8)];
  yield {
    series: new Int32Array(series.buffer, series.byteOffset, count),
    ms: new Int32Array(ms.buffer, ms.byteOffset, count),
    values: new Float64Array(values.buffer, values.byteOffset, count),
  };
  // At once: some hundred of them make the runtime collect its whole heap.
  giveBack([series, ms, values]);
}
