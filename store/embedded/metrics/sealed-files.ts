import { existsSync, mkdirSync, readdirSync, renameSync } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import { BIGINT, BOOLEAN, type DuckDBConnection, INTEGER, VARCHAR } from "@duckdb/node-api";
import { type Clock, type EpochMs, toRfc3339 } from "../../../core/clock.ts";
import type { Log } from "../../../core/log.ts";
import { setAsideDatabase } from "../set-aside.ts";
import type { FilePart } from "./parts.ts";
import { SealedMark } from "./sealed-mark.ts";
import { type Layer, layerNamed } from "./tiers.ts";

/**
 * Which sealed files count: one that is not in this table is what a crash left behind (but see `SealedMark`). `columns` are the fields, joined by
 * commas; paths are relative to the folder of sealed files.
 */
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS sealed (
    name VARCHAR NOT NULL, table_name VARCHAR NOT NULL, hour INTEGER NOT NULL, generation INTEGER NOT NULL, columns VARCHAR NOT NULL,
    first_series INTEGER NOT NULL, last_series INTEGER NOT NULL, rows BIGINT NOT NULL, bytes BIGINT NOT NULL
  );
  ALTER TABLE sealed ADD COLUMN IF NOT EXISTS layer VARCHAR DEFAULT 'raw';
  ALTER TABLE sealed ADD COLUMN IF NOT EXISTS is_whole BOOLEAN DEFAULT true`;

/** Where the sealed files of a database lie. */
export function sealedFolder(databasePath: string): string {
  return join(dirname(databasePath), `${basename(databasePath, ".duckdb")}-sealed`);
}

/** Renames a damaged database and its sealed files, which are of no use without it. Returns the new name of the former. */
export function setAsideMetrics(path: string, now: EpochMs): string {
  const aside = setAsideDatabase(path, now);
  const folder = sealedFolder(path);
  if (existsSync(folder)) renameSync(folder, folder + aside.slice(path.length));
  return aside;
}

/** In the folder of sealed files: on its disk, which may be another than that of the database. */
const SET_ASIDE = "set-aside";

/** What was set aside, and not taken away since, of a database or its sealed files. As paths in the folder of the database. */
export function metricsSetAside(path: string): readonly string[] {
  const folder = dirname(path);
  const own = [path, sealedFolder(path)].map((one) => `${basename(one)}.`);
  const isAside = (name: string) => name.includes(".damaged-") && own.some((prefix) => name.startsWith(prefix));
  const aside = join(sealedFolder(path), SET_ASIDE);
  const files = existsSync(aside) ? readdirSync(aside).map((name) => relative(folder, join(aside, name))) : [];
  return [...readdirSync(folder).filter(isAside), ...files].sort();
}

interface SealedFiles {
  readonly files: readonly FilePart[];
  readonly mark: SealedMark;
}

interface LoadDeps {
  readonly clock: Pick<Clock, "now">;
  readonly log: Log;
}

/** The files that count. What a crash left behind is removed; files of another database, or of a later state of this one, are set aside. */
export async function loadSealed(connection: DuckDBConnection, folder: string, deps: LoadDeps): Promise<SealedFiles> {
  mkdirSync(folder, { recursive: true, mode: 0o750 });
  await connection.run(SCHEMA);
  const found = await connection.runAndReadAll(
    "SELECT name, table_name, hour, generation, columns, first_series, last_series, rows, bytes, layer, is_whole FROM sealed ORDER BY name",
  );
  const files = found.getRows().map((row): FilePart => {
    const [name, table, hour, generation, columns, first, last, rows, bytes, layer, isWhole] = row;
    return {
      kind: "file",
      layer: parseLayer(String(layer)),
      isWhole: isWhole === true,
      table: String(table),
      hour: Number(hour),
      generation: Number(generation),
      path: join(folder, String(name)),
      columns: String(columns).split(","),
      firstSeries: Number(first),
      lastSeries: Number(last),
      rows: Number(rows),
      bytes: Number(bytes),
    };
  });
  const mark = await SealedMark.load(connection, folder, deps.log);
  const known = new Set(files.map(({ path }) => basename(path)));
  const unknown = readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isFile() && !known.has(entry.name) ? entry.name : [],
  );
  const later = mark.isCurrent() ? [] : unknown.filter((name) => !name.endsWith(TEMPORARY));
  if (later.length > 0) setAsideFiles(folder, later, deps);
  for (const name of unknown) await rm(join(folder, name), { force: true });
  mark.write();
  return { files, mark };
}

function setAsideFiles(folder: string, names: readonly string[], { clock, log }: LoadDeps): void {
  const aside = join(folder, SET_ASIDE, toRfc3339(clock.now()).replaceAll(":", ""));
  mkdirSync(aside, { recursive: true, mode: 0o750 });
  for (const name of names) renameSync(join(folder, name), join(aside, name));
  const hint = `to have them again, stop, put back the metrics.duckdb they were made with, and move them back to ${folder}`;
  log.error(
    { files: names.length, aside, hint },
    "sealed hours that the metrics database does not know were set aside",
  );
}

function parseLayer(text: string): Layer {
  const layer = layerNamed(text);
  if (layer === undefined) throw new Error(`Corrupt table of sealed files: no layer is called ${text}`);
  return layer;
}

export async function insertSealed(connection: DuckDBConnection, files: readonly FilePart[]): Promise<void> {
  for (const file of files) {
    const { path, table, hour, generation, columns, firstSeries, lastSeries, rows, bytes, layer, isWhole } = file;
    await connection.run(
      `INSERT INTO sealed (name, table_name, hour, generation, columns, first_series, last_series, rows, bytes, layer, is_whole)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
      [
        basename(path),
        table,
        hour,
        generation,
        columns.join(","),
        firstSeries,
        lastSeries,
        BigInt(rows),
        BigInt(bytes),
        layer,
        isWhole,
      ],
      [VARCHAR, VARCHAR, INTEGER, INTEGER, VARCHAR, INTEGER, INTEGER, BIGINT, BIGINT, VARCHAR, BOOLEAN],
    );
  }
}

export async function deleteSealed(connection: DuckDBConnection, files: readonly FilePart[]): Promise<void> {
  for (const { path } of files) await connection.run("DELETE FROM sealed WHERE name = $1", [basename(path)]);
}

const TEMPORARY = ".tmp";

/** Row groups are what is read at least of a file: enough to compress well, few enough to find one host quickly. */
const ROW_GROUP_ROWS = 32_768;

/** Writes selected rows, in the order of series and time, into a file that is durable under its name when it resolves. */
export async function writeSorted(
  connection: DuckDBConnection,
  path: string,
  select: string,
): Promise<{ readonly rows: number; readonly bytes: number }> {
  let rows = 0;
  const bytes = await writeDurably(path, async (temporary) => {
    const copied = await connection.runAndReadAll(
      `COPY (${select} ORDER BY series, ms) TO '${temporary.replaceAll("'", "''")}'
       (FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION v2, ROW_GROUP_SIZE ${ROW_GROUP_ROWS})`,
    );
    rows = Number(copied.getRows()[0]?.[0] ?? 0);
  });
  return { rows, bytes };
}

/**
 * Makes the file at `path` by a statement that writes to the path it is given. Durable under its name when it resolves: the engine's
 * COPY syncs neither the file nor its folder. Returns its size in bytes.
 */
async function writeDurably(path: string, write: (temporary: string) => Promise<void>): Promise<number> {
  const temporary = path + TEMPORARY;
  try {
    await write(temporary);
    const bytes = await synced(temporary);
    await rename(temporary, path);
    await synced(dirname(path));
    return bytes;
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

async function synced(path: string): Promise<number> {
  const handle = await open(path, "r");
  try {
    await handle.sync();
    return (await handle.stat()).size;
  } finally {
    await handle.close();
  }
}
