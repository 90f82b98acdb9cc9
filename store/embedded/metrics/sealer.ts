import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import type { Clock } from "../../../core/clock.ts";
import type { DuckDbFile } from "../duckdb-file.ts";
import { exchange } from "./exchanged-parts.ts";
import { type FilePart, isUnfinished, type Part, type Parts, type RowPart } from "./parts.ts";
import type { RecentParts } from "./recent-parts.ts";
import { type SealedSlice, writeMinutes } from "./rollup-files.ts";
import type { Rollups } from "./rollups.ts";
import { writeSorted } from "./sealed-files.ts";
import type { SealedMark } from "./sealed-mark.ts";
import type { SeriesSpan } from "./series-ranges.ts";
import { columnsOfTable, NARROW_TABLE } from "./shapes.ts";
import { countRows, eachOnce, keptAs, rowsOf } from "./sorted-rows.ts";
import type { DayLayer } from "./tiers.ts";

/** About what is sorted at a time: 8 bytes each, some times over. */
const VALUES_PER_SLICE = 16_000_000;

export interface SealerParts {
  readonly file: DuckDbFile;
  readonly folder: string;
  readonly parts: Parts;
  readonly recent: RecentParts;
  readonly rollups: Rollups;
  readonly sealedMark: SealedMark;
  /** What is made of the minutes of a day when it is over. With none of them no minutes are made of an hour. */
  readonly dayLayers: readonly DayLayer[];
  /** Whether minutes are made of an hour that has none yet. */
  readonly makesRollups: boolean;
  /** Runs work while nothing is being written. */
  readonly betweenWrites: <T>(work: () => Promise<T>) => Promise<T>;
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

export interface SealedHour {
  readonly rows: number;
  readonly bytes: number;
  /** What the engine was busy with at a stretch. */
  readonly slowestSliceMs: number;
}

export interface Seal {
  readonly table: string;
  readonly hour: number;
  /** All of the hour, its files too, becomes new files, and its minutes are made. Else only its rows are put in order. */
  readonly isWhole: boolean;
  /** With fewer rows nothing is done. */
  readonly leastRows: number;
  /** Only these, which no rows come to any more; all, when left out. */
  readonly only?: readonly RowPart[] | undefined;
}

/**
 * Turns the rows of an hour of a table into sorted files. Until the files are durable and in the table of those that count, the
 * rows stay; then the rows go in one transaction. Whoever reads meanwhile finds everything once.
 */
export async function sealHour(
  sealer: SealerParts,
  { table, hour, isWhole, leastRows, only }: Seal,
): Promise<SealedHour | undefined> {
  const { file, folder, parts, rollups, dayLayers, makesRollups, betweenWrites, signal, clock } = sealer;
  const rows = only ?? parts.of(table, hour).filter((part) => part.kind === "rows");
  if (leastRows > 0 && (await countOf(file, rows)) < leastRows) return undefined;
  // What comes from now on for this hour goes to a table of its own, and is sealed another time.
  const old = await betweenWrites(async () => only ?? beginNext(parts, { table, hour, isWhole }));
  if (old.length === 0) return undefined;
  const generation = nextGeneration(old);
  const name = `${table}_${hour}_g${generation}`;
  const former = isWhole ? rollups.of("hour_1m", table, hour) : [];
  const makesMinutes = isWhole && dayLayers.length > 0 && (makesRollups || former.length > 0);
  const written: FilePart[] = [];
  let slowestSliceMs = 0;
  try {
    const slices = await file.use("background", (connection) => slicesOf(connection, old, table));
    for (const [place, span] of slices.entries()) {
      signal.throwIfAborted();
      const slice = { old, table, hour, generation, isWhole, span, path: join(folder, `${name}_${place}.parquet`) };
      const started = clock.monotonicMs();
      await file.use("background", async (connection) => {
        const sealed = await writeSlice(connection, slice);
        if (sealed === undefined) return;
        written.push(sealed.part);
        if (makesMinutes) written.push(await writeMinutes(connection, sealed));
      });
      slowestSliceMs = Math.max(slowestSliceMs, Math.round(clock.monotonicMs() - started));
    }
  } catch (error) {
    for (const { path } of written) await rm(path, { force: true });
    throw error;
  }
  const raw = written.filter(({ layer }) => layer === "raw");
  const minutes = written.filter(({ layer }) => layer !== "raw");
  await exchange(sealer, {
    ...{ old: [...old, ...former], written },
    swap: () => {
      parts.replace(table, hour, old, raw);
      rollups.replace(former, minutes);
    },
    swapBack: () => {
      parts.replace(table, hour, raw, old);
      rollups.replace(minutes, former);
    },
  });
  const sum = (of: (part: FilePart) => number) => raw.reduce((all, part) => all + of(part), 0);
  return { rows: sum((part) => part.rows), bytes: sum((part) => part.bytes), slowestSliceMs };
}

/** The parts to be sealed together; none when all is sealed. */
function beginNext(parts: Parts, { table, hour, isWhole }: Pick<Seal, "table" | "hour" | "isWhole">): readonly Part[] {
  const all = parts.of(table, hour);
  for (const part of all) if (part.kind === "rows") parts.close(part);
  if (!isWhole) return all.filter(({ kind }) => kind === "rows");
  return all.some(isUnfinished) ? all : [];
}

/** That of the last rows; files made of files alone have names of their own. */
function nextGeneration(old: readonly Part[]): number {
  const last = old.at(-1);
  return last === undefined ? 0 : last.generation + (last.kind === "rows" ? 0 : 1);
}

function countOf(file: DuckDbFile, rows: readonly Part[]): Promise<number> {
  return file.use("background", async (connection) => {
    const counted = await connection.runAndReadAll(`SELECT count(*) FROM (${rowsOf(rows, [], EVERYTHING)})`);
    return Number(counted.getRows()[0]?.[0]);
  });
}

const EVERYTHING: SeriesSpan = { first: 0, last: 2 ** 31 - 1 };

async function slicesOf(
  connection: DuckDBConnection,
  parts: readonly Part[],
  table: string,
): Promise<readonly SeriesSpan[]> {
  const columns = columnsOfTable(table);
  const counted = await connection.runAndReadAll(
    `SELECT min(series), max(series), count(*) FROM (${rowsOf(parts, [], EVERYTHING)})`,
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
  readonly isWhole: boolean;
  readonly span: SeriesSpan;
  readonly path: string;
}

async function writeSlice(
  connection: DuckDBConnection,
  { old, table, hour, generation, isWhole, span, path }: Slice,
): Promise<SealedSlice | undefined> {
  const columns = columnsOfTable(table);
  const isWide = table !== NARROW_TABLE;
  const rows = rowsOf(old, columns, span);
  const { all, distinct } = await countRows(connection, rows);
  if (all === 0) return undefined;
  const once = all === distinct ? rows : eachOnce(rows, columns, isWide);
  const kept = isWide ? await keptAs(connection, rows, columns) : columns.map((column) => `"${column}"`);
  const file = await writeSorted(connection, path, `SELECT series, ms, ${kept.join(", ")} FROM (${once})`);
  const { first: firstSeries, last: lastSeries } = span;
  const part = { table, hour, generation, isWhole, path, columns, firstSeries, lastSeries, ...file };
  return { part: { kind: "file", layer: "raw", ...part }, kept };
}
