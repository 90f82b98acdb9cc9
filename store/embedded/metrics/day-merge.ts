import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import { exchange } from "./exchanged-parts.ts";
import type { FilePart } from "./parts.ts";
import { absentAsNan, rowsFrom } from "./rolled-up.ts";
import { rolledUp } from "./rollup-files.ts";
import { writeSorted } from "./sealed-files.ts";
import type { SealerParts } from "./sealer.ts";
import type { SeriesSpan } from "./series-ranges.ts";
import { columnsOfTable, NARROW_TABLE } from "./shapes.ts";
import { keptAs } from "./sorted-rows.ts";
import { BUCKET_MS, type DayLayer, firstHourOfDay, HOURS_OF_DAY, isMean } from "./tiers.ts";

/** What is sorted at a time, as `sealHour` has it; of an hour's values, each is made of sixty. */
const VALUES_PER_SLICE = { day_1m: 16_000_000, day_1h: 4_000_000 } as const satisfies { [layer in DayLayer]: number };

interface Day {
  readonly table: string;
  /** Its first hour. */
  readonly day: number;
  readonly layers: readonly DayLayer[];
  /** The present hour: files of another time have other names, since what was read of a file is remembered by its name. */
  readonly presentHour: number;
}

/** First hours of the days of a table that are over at `hour` and have minutes by the hour. */
export function daysToMerge(
  { rollups }: Pick<SealerParts, "rollups">,
  over: number,
): readonly Pick<Day, "table" | "day">[] {
  const days = new Map<string, { table: string; day: number }>();
  for (const { table, hour } of rollups.ofLayer("hour_1m")) {
    const day = firstHourOfDay(hour);
    if (day + HOURS_OF_DAY <= over) days.set(`${table} ${day}`, { table, day });
  }
  return [...days.values()].sort((left, right) => left.day - right.day);
}

/**
 * Puts the minutes of a day's hours together, and makes its hours of them. A day that has been put together before, and some of its
 * hours were sealed anew since, takes these instead of what it has.
 */
export async function mergeDay(sealer: SealerParts, { table, day, layers, presentHour }: Day): Promise<void> {
  const { file, folder, rollups, signal } = sealer;
  const hours = hoursOfDay(sealer, table, day);
  if (hours.length === 0) return;
  const written: FilePart[] = [];
  const old = [...hours];
  try {
    for (const layer of layers) {
      // Minutes of some hours alone would hide what there is of the others.
      if (layer === "day_1m" && isCoarse(sealer, table, day)) continue;
      const former = rollups.of(layer, table, day);
      old.push(...former);
      const generation = Math.max(presentHour, (former[0]?.generation ?? 0) + 1);
      const inputs = { hours, former, without: new Set(hours.map(({ hour }) => hour)) };
      for (const [place, span] of slicesOf(inputs, layer).entries()) {
        signal.throwIfAborted();
        const path = join(folder, `${table}_d${day / HOURS_OF_DAY}_g${generation}_${place}_${layer.slice(-2)}.parquet`);
        const part = await file.use("background", (connection) =>
          writeDay(connection, { ...inputs, layer, table, day, span, generation, path }),
        );
        if (part !== undefined) written.push(part);
      }
    }
  } catch (error) {
    for (const { path } of written) await rm(path, { force: true });
    throw error;
  }
  await exchange(sealer, {
    ...{ old, written },
    swap: () => rollups.replace(old, written),
    swapBack: () => rollups.replace(written, old),
  });
}

/** Whether a day has hours and no minutes any more. */
function isCoarse({ rollups }: SealerParts, table: string, day: number): boolean {
  return rollups.of("day_1m", table, day).length === 0 && rollups.of("day_1h", table, day).length > 0;
}

function hoursOfDay({ rollups }: SealerParts, table: string, day: number): readonly FilePart[] {
  return Array.from({ length: HOURS_OF_DAY }, (_, hour) => rollups.of("hour_1m", table, day + hour)).flat();
}

interface Inputs {
  readonly hours: readonly FilePart[];
  readonly former: readonly FilePart[];
  /** Hours whose rows of the former files do not count. */
  readonly without: ReadonlySet<number>;
}

function slicesOf({ hours, former }: Inputs, layer: DayLayer): readonly SeriesSpan[] {
  const all = [...hours, ...former];
  const first = Math.min(...all.map(({ firstSeries }) => firstSeries));
  const last = Math.max(...all.map(({ lastSeries }) => lastSeries));
  const perRow = layer === "day_1h" ? BUCKET_MS["1h"] / BUCKET_MS["1m"] : 1;
  const values = hours.reduce((sum, { rows, columns }) => sum + (rows * (columns.length + 1)) / perRow, 0);
  const kept = former.reduce((sum, { rows, columns }) => sum + rows * (columns.length + 1), 0);
  const count = Math.max(1, Math.ceil((values + kept) / VALUES_PER_SLICE[layer]));
  const width = Math.ceil((last + 1 - first) / count);
  return Array.from({ length: count }, (_, slice) => ({
    first: first + slice * width,
    last: Math.min(last, first + (slice + 1) * width - 1),
  })).filter(
    (span) =>
      span.first <= span.last && all.some((part) => part.firstSeries <= span.last && part.lastSeries >= span.first),
  );
}

interface DaySlice extends Inputs {
  readonly layer: DayLayer;
  readonly table: string;
  readonly day: number;
  readonly span: SeriesSpan;
  readonly generation: number;
  readonly path: string;
}

async function writeDay(connection: DuckDBConnection, slice: DaySlice): Promise<FilePart | undefined> {
  const { layer, table, day, span, generation, path } = slice;
  const columns = columnsOfTable(table);
  const rows = await rowsOfDay(connection, slice, columns);
  // Means have more digits than decimals keep.
  const lasts = table === NARROW_TABLE ? [] : columns.filter((column) => !isMean(table, column));
  const kept = await keptAs(connection, rows, lasts);
  const values = columns.map((column) => kept[lasts.indexOf(column)] ?? `"${column}"`);
  const written = await writeSorted(connection, path, `SELECT series, ms, ${values.join(", ")} FROM (${rows})`);
  await connection.run(`DROP TABLE IF EXISTS ${HOURS_TABLE}`);
  if (written.rows === 0) {
    await rm(path, { force: true });
    return undefined;
  }
  const part = { table, hour: day, generation, path, columns, firstSeries: span.first, lastSeries: span.last };
  return { kind: "file", layer, isWhole: true, ...part, ...written };
}

/** Rows of a day as SQL. Hours are put into a table first: they are looked at some times. */
async function rowsOfDay(
  connection: DuckDBConnection,
  { hours, former, without, layer, table, day, span }: DaySlice,
  columns: readonly string[],
): Promise<string> {
  const within = (parts: readonly FilePart[]) =>
    parts.filter(({ firstSeries, lastSeries }) => firstSeries <= span.last && lastSeries >= span.first);
  const bounds = { columns, span, hour: day };
  const fresh = within(hours).map((file) => ({ file }));
  const kept = within(former).map((file) => ({ file, without }));
  if (layer === "day_1m") return absentAsNan(rowsFrom([...fresh, ...kept], bounds), columns);
  const bucket = { table, columns, bucketMs: BUCKET_MS["1h"] };
  const rolled = fresh.length === 0 ? [] : [await rolledUp(connection, rowsFrom(fresh, bounds), bucket)];
  const before = kept.length === 0 ? [] : [absentAsNan(rowsFrom(kept, bounds), columns)];
  const all = [...rolled, ...before].map((rows) => `(${rows})`).join(" UNION ALL ");
  await connection.run(`CREATE TEMP TABLE ${HOURS_TABLE} AS ${all}`);
  return `SELECT * FROM ${HOURS_TABLE}`;
}

const HOURS_TABLE = "hours_of_day";
