import type { DuckDBConnection } from "@duckdb/node-api";
import type { FilePart } from "./parts.ts";
import { absentAsNan, narrowRollup, rowsFrom, wideRollup } from "./rolled-up.ts";
import { writeSorted } from "./sealed-files.ts";
import { NARROW_TABLE } from "./shapes.ts";
import { BUCKET_MS, isMean } from "./tiers.ts";

/** A sealed file, and how its columns are kept in it. */
export interface SealedSlice {
  readonly part: FilePart;
  readonly kept: readonly string[];
}

/** Makes the minutes of a file. Those of its values that are the last of a minute are kept as they are in it. */
export async function writeMinutes(connection: DuckDBConnection, { part, kept }: SealedSlice): Promise<FilePart> {
  const { table, columns, hour, firstSeries, lastSeries } = part;
  const path = part.path.replace(/\.parquet$/, "_1m.parquet");
  const rows = rowsFrom([{ file: part }], { columns, hour, span: { first: firstSeries, last: lastSeries } });
  const minutes = await rolledUp(connection, rows, { table, columns, bucketMs: BUCKET_MS["1m"] });
  const keptHere = columns.map((column, place) => (isMean(table, column) ? `"${column}"` : (kept[place] ?? "")));
  const select = `SELECT series, ms, ${keptHere.join(", ")} FROM (${minutes})`;
  return { ...part, layer: "hour_1m", path, ...(await writeSorted(connection, path, select)) };
}

/** One sample of each series and bucket, as rows in which a value that is absent is NaN. */
export async function rolledUp(
  connection: DuckDBConnection,
  rows: string,
  bucket: { readonly table: string; readonly columns: readonly string[]; readonly bucketMs: number },
): Promise<string> {
  if (bucket.table === NARROW_TABLE) return narrowRollup(rows, bucket.bucketMs);
  return absentAsNan(await wideRollup(connection, rows, bucket), bucket.columns);
}
