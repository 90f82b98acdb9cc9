import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import type { DuckDbFile } from "../duckdb-file.ts";
import { inTransaction } from "./hour-tables.ts";
import { type FilePart, type Part, type Parts, rowsName } from "./parts.ts";
import { deleteSealed, insertSealed, writeDurably } from "./sealed-files.ts";
import type { SeriesSpan } from "./series-ranges.ts";
import { columnsOfTable, NARROW_TABLE } from "./shapes.ts";
import { countRows, eachOnce, keptAs, rowsOf } from "./sorted-rows.ts";

/** About what is sorted at a time: 8 bytes each, some times over. */
const VALUES_PER_SLICE = 16_000_000;
/** Row groups are what is read at least of a file: enough to compress well, few enough to find one host quickly. */
const ROW_GROUP_ROWS = 32_768;

export interface SealerParts {
  readonly file: DuckDbFile;
  readonly folder: string;
  readonly parts: Parts;
  /** Runs work while nothing is being written. */
  readonly betweenWrites: <T>(work: () => Promise<T>) => Promise<T>;
  readonly signal: AbortSignal;
}

export interface SealedHour {
  readonly rows: number;
  readonly bytes: number;
}

/**
 * Turns the rows of an hour of a table into sorted files. Until the files are durable and in the table of those that count, the
 * rows stay; then the rows go in one transaction. Whoever reads meanwhile finds everything once.
 */
export async function sealHour(
  { file, folder, parts, betweenWrites, signal }: SealerParts,
  table: string,
  hour: number,
): Promise<SealedHour | undefined> {
  // What comes from now on for this hour goes to a table of its own, and is sealed another time.
  const old = await betweenWrites(async () => beginNext(parts, table, hour));
  if (old.length === 0) return undefined;
  const generation = old.at(-1)?.generation ?? 0;
  const name = `${table}_${hour}_g${generation}`;
  const written: FilePart[] = [];
  try {
    const slices = await file.use("background", (connection) => slicesOf(connection, old, table));
    for (const [place, span] of slices.entries()) {
      signal.throwIfAborted();
      const sealed = await file.use("background", (connection) =>
        writeSlice(connection, {
          ...{ old, table, hour, generation, span },
          path: join(folder, `${name}_${place}.parquet`),
        }),
      );
      if (sealed !== undefined) written.push(sealed);
    }
    parts.replace(table, hour, old, written);
    for (const part of old) await parts.unread(part);
    await betweenWrites(() => exchange(file, old, written));
  } catch (error) {
    if (written.length > 0) parts.replace(table, hour, written, old);
    for (const { path } of written) await rm(path, { force: true });
    throw error;
  }
  for (const part of old) if (part.kind === "file") await rm(part.path, { force: true });
  const sum = (of: (part: FilePart) => number) => written.reduce((all, part) => all + of(part), 0);
  return { rows: sum((part) => part.rows), bytes: sum((part) => part.bytes) };
}

/** The parts to be sealed together; none when all is sealed. */
function beginNext(parts: Parts, table: string, hour: number): readonly Part[] {
  const old = parts.of(table, hour);
  const last = old.at(-1);
  if (last?.kind !== "rows") return [];
  parts.close(last);
  return old;
}

async function slicesOf(
  connection: DuckDBConnection,
  parts: readonly Part[],
  table: string,
): Promise<readonly SeriesSpan[]> {
  const columns = columnsOfTable(table);
  const everything = { first: 0, last: 2 ** 31 - 1 };
  const counted = await connection.runAndReadAll(
    `SELECT min(series), max(series), count(*) FROM (${rowsOf(parts, [], everything)})`,
  );
  const [first, last, rows] = (counted.getRows()[0] ?? []).map(Number);
  if (first === undefined || last === undefined || rows === undefined || rows === 0) return [];
  const count = Math.max(1, Math.ceil((rows * (columns.length + 1)) / VALUES_PER_SLICE));
  const width = Math.ceil((last + 1 - first) / count);
  return Array.from({ length: count }, (_, slice) => ({
    first: first + slice * width,
    last: Math.min(last, first + (slice + 1) * width - 1),
  })).filter((span) => span.first <= span.last);
}

interface Slice {
  readonly old: readonly Part[];
  readonly table: string;
  readonly hour: number;
  readonly generation: number;
  readonly span: SeriesSpan;
  readonly path: string;
}

async function writeSlice(
  connection: DuckDBConnection,
  { old, table, hour, generation, span, path }: Slice,
): Promise<FilePart | undefined> {
  const columns = columnsOfTable(table);
  const isWide = table !== NARROW_TABLE;
  const rows = rowsOf(old, columns, span);
  const { all, distinct } = await countRows(connection, rows);
  if (all === 0) return undefined;
  const once = all === distinct ? rows : eachOnce(rows, columns, isWide);
  const kept = isWide ? await keptAs(connection, rows, columns) : columns.map((column) => `"${column}"`);
  const bytes = await writeDurably(path, async (temporary) => {
    await connection.run(
      `COPY (SELECT series, ms, ${kept.join(", ")} FROM (${once}) ORDER BY series, ms) TO '${temporary.replaceAll("'", "''")}'
       (FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION v2, ROW_GROUP_SIZE ${ROW_GROUP_ROWS})`,
    );
  });
  const { first: firstSeries, last: lastSeries } = span;
  return { kind: "file", table, hour, generation, path, columns, firstSeries, lastSeries, rows: distinct, bytes };
}

/** The files take the place of what they were made of. */
function exchange(file: DuckDbFile, old: readonly Part[], written: readonly FilePart[]): Promise<void> {
  return inTransaction(file, async (connection) => {
    await deleteSealed(
      connection,
      old.filter((part) => part.kind === "file"),
    );
    await insertSealed(connection, written);
    for (const part of old) if (part.kind === "rows") await connection.run(`DROP TABLE ${rowsName(part)}`);
  });
}
