import { type DuckDBConnection, VARCHAR } from "@duckdb/node-api";
import { OperatorError } from "../../../core/errors.ts";
import { type LabelMatcher, METRIC_NAME, matches, matchesAll } from "../../../core/series.ts";
import type { Selection } from "../../metric-store.ts";
import type { DuckDbFile } from "../duckdb-file.ts";
import { appendPastSeries } from "./appended-chunks.ts";
import { parseLabelsText } from "./labels-text.ts";
import { HOUR_MS } from "./row-buffer.ts";
import { type RowSeries, SeriesIndex } from "./series-index.ts";
import { narrowShape, type Shape, shapeNamed, usualMeasurement, WIDE_SHAPES } from "./shapes.ts";

/** Series without samples but in rollups: no row of theirs will come, since a series that comes back gets another id. */
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS past_series (id INTEGER NOT NULL, labels VARCHAR NOT NULL, shape VARCHAR NOT NULL, last_hour INTEGER NOT NULL)`;

/** They are in memory as long as a selection takes. */
const MOST_PER_SELECTION = 500_000;

/**
 * The series whose samples are gone, but not their rollups: in a table, with the last hour they have. One that came back is here
 * under its former id and in the index under its present one; whoever reads both puts them together by their labels.
 */
export class PastSeries {
  readonly #file: DuckDbFile;
  /** Not in the table yet: what puts them there is under way, or failed and is tried again. */
  #leaving: readonly RowSeries[] = [];
  readonly #most: number;
  #count: number;

  private constructor(file: DuckDbFile, { most, count }: { readonly most: number; readonly count: number }) {
    this.#file = file;
    this.#most = most;
    this.#count = count;
  }

  /** `most`: of more, those that ended first are forgotten, whatever rollups there are of them. `idBound`: one more than the highest id. */
  static async load(
    file: DuckDbFile,
    connection: DuckDBConnection,
    most: number,
  ): Promise<{ past: PastSeries; idBound: number }> {
    await connection.run(SCHEMA);
    const found = await connection.runAndReadAll("SELECT count(*), coalesce(max(id) + 1, 0) FROM past_series");
    const [count, idBound] = found.getRows()[0] ?? [];
    return { past: new PastSeries(file, { most, count: Number(count) }), idBound: Number(idBound) };
  }

  get size(): number {
    return this.#count + this.#leaving.length;
  }

  /** How many are on their way into the table. */
  get leaving(): number {
    return this.#leaving.length;
  }

  /** Series the index has just forgotten. */
  leave(series: readonly RowSeries[]): void {
    this.#leaving = [...this.#leaving, ...series];
  }

  /** In a transaction: puts those that left into the table, and drops those that have nothing in `oldestHour` or after it. */
  async store(connection: DuckDBConnection, oldestHour: number): Promise<{ readonly stored: () => void }> {
    const leaving = this.#leaving;
    const kept = leaving.filter(({ lastHour }) => lastHour >= oldestHour);
    if (kept.length > 0) await appendPastSeries(connection, kept);
    if (leaving.length > 0)
      await connection.run(`DELETE FROM series WHERE id IN (${leaving.map(({ id }) => id).join(",")})`);
    const bound = Number.isFinite(oldestHour) ? `WHERE last_hour < ${oldestHour}` : "";
    await connection.run(`DELETE FROM past_series ${bound}`);
    await connection.run(
      `DELETE FROM past_series WHERE last_hour <= (SELECT last_hour FROM past_series ORDER BY last_hour DESC LIMIT 1 OFFSET ${this.#most})`,
    );
    const counted = await connection.runAndReadAll("SELECT count(*) FROM past_series");
    const count = Number(counted.getRows()[0]?.[0]);
    return {
      stored: () => {
        this.#count = count;
        this.#leaving = this.#leaving.slice(leaving.length);
      },
    };
  }

  /** Those that all matchers match and that may have something at `from` or after it. Errors: `query.too_large`. */
  async find({ matchers, from, signal }: Selection): Promise<SeriesIndex> {
    const found = new SeriesIndex();
    const ids = new Set<number>();
    const ofName = matchers.filter(({ name }) => name === METRIC_NAME);
    const ofLabels = matchers.filter(({ name }) => name !== METRIC_NAME);
    const put = (shape: Shape, one: Pick<RowSeries, "id" | "labels" | "lastHour">): void => {
      if (ids.has(one.id) || !matchesAll(one.labels, ofLabels)) return;
      if (!shape.metrics.some((metric) => ofName.every((matcher) => matches(matcher, metric)))) return;
      if (ids.size === MOST_PER_SELECTION) throw tooMany();
      ids.add(one.id);
      found.add(shape, one.labels, usualMeasurement(shape), one);
    };
    const fromHour = Math.floor(from / HOUR_MS);
    // Before the table is asked: who is in neither then is not in the table either.
    const leaving = this.#leaving.filter(({ lastHour }) => lastHour >= fromHour);
    const { sql, parameters } = question(matchers, fromHour);
    await this.#file.use("read", async (connection) => {
      const rows = await connection.stream(
        sql,
        [...parameters],
        parameters.map(() => VARCHAR),
      );
      for (let chunk = await rows.fetchChunk(); chunk !== null && chunk.rowCount > 0; chunk = await rows.fetchChunk()) {
        signal?.throwIfAborted();
        for (const [id, text, name, lastHour] of chunk.getRows()) {
          const shape = shapeNamed(String(name));
          const labels = parseLabelsText(String(text));
          if (shape !== undefined) put(shape, { id: Number(id), labels, lastHour: Number(lastHour) });
        }
      }
    });
    for (const series of leaving) put(series.shape, series);
    return found;
  }
}

/** Few rows of the table are read into labels: those of shapes that have the metric, in which every exact label stands. */
function question(matchers: readonly LabelMatcher[], fromHour: number) {
  const conditions = [`last_hour >= ${Number.isFinite(fromHour) ? Math.max(fromHour, 0) : 0}`];
  const parameters: string[] = [];
  const parameter = (text: string): string => `$${parameters.push(text)}`;
  for (const matcher of matchers) {
    if (matcher.kind !== "=" || matcher.value === "") continue;
    const { name, value } = matcher;
    if (name === METRIC_NAME) {
      conditions.push(`shape IN (${shapesWith(value).map(parameter).join(", ")})`);
    } else conditions.push(`contains(labels, ${parameter(JSON.stringify([name, value]))})`);
  }
  return {
    sql: `SELECT id, labels, shape, last_hour FROM past_series WHERE ${conditions.join(" AND ")} ORDER BY id`,
    parameters,
  };
}

function shapesWith(metric: string): readonly string[] {
  const wide = [...WIDE_SHAPES.values()].filter(({ metrics }) => metrics.includes(metric));
  return [narrowShape(metric), ...wide].map(({ name }) => name);
}

function tooMany(): OperatorError {
  return new OperatorError({
    code: "query.too_large",
    message: `the selection means more than ${MOST_PER_SELECTION} series of the past`,
    hint: "select fewer series with more matchers, or a shorter span",
    status: 422,
  });
}
