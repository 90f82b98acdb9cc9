import type { DuckDBConnection } from "@duckdb/node-api";
import type { FilePart } from "./parts.ts";
import { readAtOnce } from "./read-chunks.ts";
import type { SeriesId } from "./series-index.ts";
import { type SeriesSpan, spansOf } from "./series-ranges.ts";
import { doubleOf, sourceOf } from "./sorted-rows.ts";

/** Rows of a file that lie, and are read, together. */
interface RowGroup {
  readonly firstRow: number;
  readonly rows: number;
  readonly first: SeriesId;
  readonly last: SeriesId;
}

/** One column of a row group, in the order of series and time. */
export interface GroupRows {
  readonly series: Int32Array;
  readonly ms: Int32Array;
  readonly values: Float64Array;
}

const BYTES_PER_ROW = 16;
/** Of files whose layout is remembered: some hundred bytes each. */
const MOST_LAYOUTS = 10_000;

/**
 * Keeps what was read of sealed files, since dashboards and rules ask for the same hours again and again, and files never change.
 * Row group by row group and column by column, in memory of a bounded size; what was not asked for longest goes first.
 */
export class SealedCache {
  readonly #maxBytes: number;
  readonly #layouts = new Map<string, readonly RowGroup[]>();
  readonly #groups = new Map<string, GroupRows>();
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /**
   * The row groups that may have rows of the series, in the order of the file. Undefined when they are too many to be kept: then they
   * are better read as they come.
   */
  async read(
    connection: DuckDBConnection,
    part: FilePart,
    column: string,
    series: Int32Array,
  ): Promise<readonly GroupRows[] | undefined> {
    const layout = await this.#layoutOf(connection, part);
    const spans = spansOf(series);
    const wanted = layout.filter((group) => overlapsAny(group, spans));
    const bytes = wanted.reduce((sum, { rows }) => sum + rows * BYTES_PER_ROW, 0);
    if (bytes > this.#maxBytes / 2) return undefined;
    const found = wanted.map((group) => this.#touched(keyOf(part, column, group)));
    const missing = wanted.filter((_, place) => found[place] === undefined);
    const [first, last] = [missing[0], missing.at(-1)];
    if (first === undefined || last === undefined) return found.flatMap((rows) => rows ?? []);
    const between = layout.slice(layout.indexOf(first), layout.indexOf(last) + 1);
    const read = await readGroups(connection, part, column, between);
    for (const group of missing) {
      const rows = read.get(group);
      if (rows !== undefined) this.#keep(keyOf(part, column, group), rows);
    }
    return wanted.flatMap((group, place) => found[place] ?? read.get(group) ?? []);
  }

  async #layoutOf(connection: DuckDBConnection, { path }: FilePart): Promise<readonly RowGroup[]> {
    const known = this.#layouts.get(path);
    if (known !== undefined) return known;
    const found = await connection.runAndReadAll(
      `SELECT row_group_num_rows, stats_min_value, stats_max_value FROM parquet_metadata('${path.replaceAll("'", "''")}')
       WHERE path_in_schema = 'series' ORDER BY row_group_id`,
    );
    let firstRow = 0;
    const layout = found.getRows().map(([rows, first, last]): RowGroup => {
      const group = { firstRow, rows: Number(rows), first: Number(first), last: Number(last) };
      firstRow += group.rows;
      return group;
    });
    if (this.#layouts.size >= MOST_LAYOUTS) this.#layouts.clear();
    this.#layouts.set(path, layout);
    return layout;
  }

  #touched(key: string): GroupRows | undefined {
    const rows = this.#groups.get(key);
    if (rows === undefined) return undefined;
    this.#groups.delete(key);
    this.#groups.set(key, rows);
    return rows;
  }

  #keep(key: string, rows: GroupRows): void {
    this.#groups.set(key, rows);
    this.#bytes += rows.series.length * BYTES_PER_ROW;
    for (const [oldest, old] of this.#groups) {
      if (this.#bytes <= this.#maxBytes) return;
      this.#drop(oldest, old);
    }
  }

  #drop(key: string, { series }: GroupRows): void {
    this.#groups.delete(key);
    this.#bytes -= series.length * BYTES_PER_ROW;
  }
}

function keyOf({ path }: FilePart, column: string, { firstRow }: RowGroup): string {
  return `${path} ${column} ${firstRow}`;
}

function overlapsAny(group: RowGroup, spans: readonly SeriesSpan[]): boolean {
  return spans.some(({ first, last }) => group.first <= last && group.last >= first);
}

/** Groups that lie behind each other, in one reading. */
async function readGroups(
  connection: DuckDBConnection,
  part: FilePart,
  column: string,
  groups: readonly RowGroup[],
): Promise<ReadonlyMap<RowGroup, GroupRows>> {
  const [first, last] = [groups[0], groups.at(-1)];
  const rows = groups.reduce((sum, group) => sum + group.rows, 0);
  const all = { series: new Int32Array(rows), ms: new Int32Array(rows), values: new Float64Array(rows) };
  let place = 0;
  const sql = `SELECT series, ms, ${doubleOf(part, column)} FROM ${sourceOf(part)}
    WHERE file_row_number BETWEEN ${first?.firstRow ?? 0} AND ${(last?.firstRow ?? 0) + (last?.rows ?? 0) - 1}`;
  for await (const chunk of readAtOnce(connection, sql)) {
    all.series.set(chunk.series, place);
    all.ms.set(chunk.ms, place);
    all.values.set(chunk.values, place);
    place += chunk.series.length;
  }
  if (place !== rows) throw new Error(`${part.path} has ${place} rows where it says ${rows}`);
  const cut = new Map<RowGroup, GroupRows>();
  let begin = 0;
  for (const group of groups) {
    const end = begin + group.rows;
    // Copies: what is kept must not hold what is not.
    cut.set(group, {
      series: all.series.slice(begin, end),
      ms: all.ms.slice(begin, end),
      values: all.values.slice(begin, end),
    });
    begin = end;
  }
  return cut;
}
