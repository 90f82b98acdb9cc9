import { BIGINT, type DuckDBConnection } from "@duckdb/node-api";
import type { Clock } from "../../../core/clock.ts";
import type { Log } from "../../../core/log.ts";
import { METRIC_NAME } from "../../../core/series.ts";
import type { SpoolPosition } from "../../metric-store.ts";
import type { DuckDbFile } from "../duckdb-file.ts";
import { appendBuffer, appendSeries } from "./appended-chunks.ts";
import { parseLabelsText } from "./labels-text.ts";
import type { StoredBefore } from "./last-block.ts";
import { Parts, type RowPart, rowPartNamed, rowsName } from "./parts.ts";
import { PastSeries } from "./past-series.ts";
import { loadRawFrom } from "./retention.ts";
import { endOf, Rollups } from "./rollups.ts";
import { HOUR_MS, type RowBuffer } from "./row-buffer.ts";
import { loadSealed, sealedFolder } from "./sealed-files.ts";
import type { SealedMark } from "./sealed-mark.ts";
import { type RowSeries, SeriesIndex, type StoredSeries } from "./series-index.ts";
import type { SeriesLimits } from "./series-limits.ts";
import { columnsOfTable, NARROW_TABLE, narrowShape, shapeNamed, usualMeasurement } from "./shapes.ts";
import { inTransaction } from "./transaction.ts";

/** What one transaction adds. */
export interface MetricsCommit {
  readonly newSeries: readonly RowSeries[];
  readonly rows: readonly { readonly buffer: RowBuffer; readonly part: RowPart; readonly isNew: boolean }[];
  readonly position: SpoolPosition | undefined;
}

export interface MetricsContent {
  readonly index: SeriesIndex;
  readonly parts: Parts;
  readonly rollups: Rollups;
  readonly past: PastSeries;
  readonly sealedMark: SealedMark;
  /** As `loadRawFrom` has it. */
  readonly rawFrom: number;
  readonly stored: StoredBefore;
  readonly position: SpoolPosition | undefined;
}

/**
 * The file of the head: `series`, `spool_position`, `sealed`, and for every table of a shape and hour one of its own (`RowPart`). Labels of series without a shape, as an earlier version wrote them, have the metric's name among them.
 * `measurement` is null when the shape says it, or when it is the metric's name.
 */
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS series (id INTEGER NOT NULL, labels VARCHAR NOT NULL);
  ALTER TABLE series ADD COLUMN IF NOT EXISTS shape VARCHAR;
  ALTER TABLE series ADD COLUMN IF NOT EXISTS measurement VARCHAR;
  CREATE TABLE IF NOT EXISTS spool_position (segment BIGINT NOT NULL, "offset" BIGINT NOT NULL);
`;

export interface ContentLimits {
  readonly series: SeriesLimits;
  readonly pastSeries: number;
}

export function loadContent(
  file: DuckDbFile,
  limits: ContentLimits,
  deps: { readonly clock: Pick<Clock, "now">; readonly log: Log },
): Promise<MetricsContent> {
  return file.use("write", async (connection) => {
    await connection.run(SCHEMA);
    const tables = await rowParts(connection);
    for (const part of tables) {
      if (part.table !== NARROW_TABLE) await align(connection, rowsName(part), columnsOfTable(part.table));
    }
    const { files, mark } = await loadSealed(connection, sealedFolder(file.path), deps);
    const parts = new Parts([...files.filter(({ layer }) => layer === "raw"), ...tables]);
    const rollups = new Rollups(files.filter(({ layer }) => layer !== "raw"));
    const rolledUpTo = Math.max(Number.NEGATIVE_INFINITY, ...rollups.all().map(endOf));
    const newestMs = Math.max(await newestOf(connection, parts), rolledUpTo * HOUR_MS - 1);
    const newest = Math.max(rolledUpTo - 1, ...parts.all().map(({ hour }) => hour));
    const { past, idBound } = await PastSeries.load(file, connection, limits.pastSeries);
    const index = new SeriesIndex(limits.series);
    index.reserveIds(idBound);
    const series = await connection.stream("SELECT id, labels, shape, measurement FROM series ORDER BY id");
    for (
      let chunk = await series.fetchChunk();
      chunk !== null && chunk.rowCount > 0;
      chunk = await series.fetchChunk()
    ) {
      for (const [id, labels, shape, measurement] of chunk.getRows()) {
        addStored(
          index,
          { id: Number(id), lastHour: newest },
          { labels: String(labels), shape: textOf(shape), measurement: textOf(measurement) },
        );
      }
    }
    const [place] = (await connection.runAndReadAll('SELECT segment, "offset" FROM spool_position')).getRows();
    const position = place === undefined ? undefined : { segment: Number(place[0]), offset: Number(place[1]) };
    const rawFrom = await loadRawFrom(connection);
    const stored = { idBound: index.idBound, newestMs };
    return { index, parts, rollups, past, sealedMark: mark, rawFrom, stored, position };
  });
}

/** The time of the newest row, or a later one. */
async function newestOf(connection: DuckDBConnection, parts: Parts): Promise<number> {
  let newestMs = Number.NEGATIVE_INFINITY;
  for (const part of parts.all()) {
    if (part.hour * HOUR_MS <= newestMs - HOUR_MS) continue;
    const newest = part.kind === "rows" ? await newestRow(connection, part) : HOUR_MS - 1;
    newestMs = Math.max(newestMs, part.hour * HOUR_MS + newest);
  }
  return newestMs;
}

async function newestRow(connection: DuckDBConnection, part: RowPart): Promise<number> {
  const found = await connection.runAndReadAll(`SELECT max(ms) FROM ${rowsName(part)}`);
  return Number(found.getRows()[0]?.[0] ?? 0);
}

async function rowParts(connection: DuckDBConnection): Promise<readonly RowPart[]> {
  const tables = await connection.runAndReadAll("SELECT table_name FROM duckdb_tables()");
  return tables.getRows().flatMap(([name]) => rowPartNamed(String(name)) ?? []);
}

/** A table of a version whose catalogue had other fields gets the columns of this one, in their order. */
async function align(connection: DuckDBConnection, name: string, columns: readonly string[]): Promise<void> {
  const found = await connection.runAndReadAll(
    "SELECT column_name FROM duckdb_columns() WHERE table_name = $1 ORDER BY column_index",
    [name],
  );
  const [, , ...present] = found.getRows().map(([column]) => String(column));
  if (present.join() === columns.join()) return;
  const known = new Set(present);
  const selected = columns.map((column) => (known.has(column) ? `"${column}"` : `'NaN'::DOUBLE AS "${column}"`));
  await connection.run(
    `BEGIN; CREATE TABLE ${name}_aligned AS SELECT series, ms, ${selected.join(", ")} FROM ${name};
     DROP TABLE ${name}; ALTER TABLE ${name}_aligned RENAME TO ${name}; COMMIT`,
  );
}

/** When the last rows were is not stored: to keep a series too long does no harm. */
function addStored(
  index: SeriesIndex,
  stored: StoredSeries,
  told: { readonly labels: string; readonly shape: string | undefined; readonly measurement: string | undefined },
): void {
  const { [METRIC_NAME]: metric = "", ...labels } = parseLabelsText(told.labels);
  const shape = told.shape === undefined ? narrowShape(metric) : shapeNamed(told.shape);
  // A measurement that is not of the catalogue any more: nobody can ask for it.
  if (shape === undefined) return;
  index.add(shape, labels, told.measurement ?? usualMeasurement(shape), stored);
}

function textOf(value: unknown): string | undefined {
  return value === null ? undefined : String(value);
}

/** All of it or nothing; durable when it resolves. */
export function commit(file: DuckDbFile, { newSeries, rows, position }: MetricsCommit): Promise<void> {
  return inTransaction(file, async (connection) => {
    if (newSeries.length > 0) await appendSeries(connection, newSeries);
    for (const { buffer, part, isNew } of rows) {
      const name = rowsName(part);
      if (isNew) {
        const columns = buffer.columns.map((column) => `"${column}" DOUBLE NOT NULL`).join(", ");
        await connection.run(`CREATE TABLE ${name} (series INTEGER NOT NULL, ms INTEGER NOT NULL, ${columns})`);
      }
      await appendBuffer(connection, name, buffer);
    }
    if (position !== undefined) {
      await connection.run("DELETE FROM spool_position");
      const place = [BigInt(position.segment), BigInt(position.offset)];
      await connection.run("INSERT INTO spool_position VALUES ($1, $2)", place, [BIGINT, BIGINT]);
    }
  });
}
