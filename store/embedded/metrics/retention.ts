import { rm } from "node:fs/promises";
import { type DuckDBConnection, INTEGER } from "@duckdb/node-api";
import type { Log } from "../../../core/log.ts";
import type { DuckDbFile } from "../duckdb-file.ts";
import { type FilePart, type Part, type Parts, rowsName } from "./parts.ts";
import { duePerTier, type KeptHours } from "./past-its-tier.ts";
import type { PastSeries } from "./past-series.ts";
import type { RecentParts } from "./recent-parts.ts";
import type { Rollups } from "./rollups.ts";
import { deleteSealed } from "./sealed-files.ts";
import type { SealedMark } from "./sealed-mark.ts";
import type { SeriesIndex } from "./series-index.ts";
import { inTransaction } from "./transaction.ts";

/**
 * From which hour on rows are taken: of those before it samples were dropped, and an hour in part would hide its rollup; and whoever keeps
 * more hours from now on has not all of them.
 */
const SCHEMA = "CREATE TABLE IF NOT EXISTS raw_span (first_hour INTEGER NOT NULL)";

export async function loadRawFrom(connection: DuckDBConnection): Promise<number> {
  await connection.run(SCHEMA);
  const [row] = (await connection.runAndReadAll("SELECT max(first_hour) FROM raw_span")).getRows();
  return typeof row?.[0] === "number" ? row[0] : Number.NEGATIVE_INFINITY;
}

export interface RetentionParts {
  readonly file: DuckDbFile;
  readonly index: SeriesIndex;
  readonly parts: Parts;
  readonly recent: RecentParts;
  readonly rollups: Rollups;
  readonly past: PastSeries;
  readonly sealedMark: SealedMark;
  /** As `loadRawFrom` has it. */
  readonly rawFrom: number;
  readonly kept: KeptHours;
  readonly isBusy: (part: Part) => boolean;
  readonly onForgotten: (ids: readonly number[]) => void;
  readonly log: Log;
}

/** Drops what is past its tier, and the series that have nothing left. */
export class Retention {
  readonly #with: RetentionParts;
  #rawFrom: number;
  /** When all was dropped that was due: the present hour, and which rollups there were; a day may be put together when its minutes are over. */
  #done = { hour: Number.NEGATIVE_INFINITY, rollups: 0 };
  #seriesFrom = Number.NEGATIVE_INFINITY;
  #pastFrom = Number.NEGATIVE_INFINITY;

  constructor(parts: RetentionParts) {
    this.#with = parts;
    this.#rawFrom = parts.rawFrom;
  }

  /** Of hours before it samples were dropped; minus infinity while none have been. */
  get rawFrom(): number {
    return this.#rawFrom;
  }

  /** Rows of earlier hours are not taken. */
  oldestHour(presentHour: number): number {
    return Math.max(this.#rawFrom, presentHour - this.#with.kept.rawHours);
  }

  /** What is being read or written anew goes the next time. Between writes. */
  async apply(presentHour: number): Promise<void> {
    const { file, parts, recent, rollups, past, sealedMark, log } = this.#with;
    if (presentHour === this.#done.hour && rollups.changes === this.#done.rollups) return;
    const { raw, files, isAll } = duePerTier(
      this.#with,
      presentHour,
      (part) => parts.isRead(part) || this.#with.isBusy(part),
    );
    for (const part of raw) parts.remove(part);
    if (files.length > 0) rollups.replace(files, []);
    const { changes } = rollups;
    const series = this.#forgetSeries(presentHour);
    const pastFrom = Math.min(parts.oldestHour, rollups.oldestHour);
    if (raw.length > 0 || files.length > 0 || series > 0 || pastFrom !== this.#pastFrom) {
      // Of hours between them, of which there was nothing, late rows have been refused.
      const rawFrom = raw.length === 0 ? this.#rawFrom : this.oldestHour(presentHour);
      let [stored, committed] = [(): void => {}, (): void => {}];
      await inTransaction(file, async (connection) => {
        const sealed = raw.filter((part): part is FilePart => part.kind === "file");
        await deleteSealed(connection, [...sealed, ...files]);
        if (sealed.length + files.length > 0) committed = await sealedMark.count(connection);
        for (const part of raw)
          if (part.kind === "rows") await connection.run(`DROP TABLE IF EXISTS ${rowsName(part)}`);
        if (rawFrom > this.#rawFrom) {
          await connection.run("DELETE FROM raw_span");
          await connection.run("INSERT INTO raw_span VALUES ($1)", [rawFrom], [INTEGER]);
        }
        ({ stored } = await past.store(connection, pastFrom));
      }).catch((error: unknown) => {
        for (const part of raw) parts.add(part);
        rollups.replace([], files);
        throw error;
      });
      stored();
      committed();
      this.#rawFrom = rawFrom;
      this.#pastFrom = pastFrom;
      for (const part of raw) if (part.kind === "rows") recent.giveUp(part);
      for (const part of [...raw, ...files]) if (part.kind === "file") await rm(part.path, { force: true });
      if (raw.length + files.length + series > 0) {
        log.info({ parts: raw.length, rollups: files.length, series }, "hours past the retention dropped");
      }
    }
    if (isAll) this.#done = { hour: presentHour, rollups: changes };
  }

  /** Those without samples leave the index. Returns how many. */
  #forgetSeries(presentHour: number): number {
    const { index, parts, past, onForgotten } = this.#with;
    const from = Math.min(this.oldestHour(presentHour), parts.oldestHour);
    if (from === this.#seriesFrom) return past.leaving;
    const series = index.forgetBefore(from);
    past.leave(series);
    this.#seriesFrom = from;
    if (series.length > 0) onForgotten(series.map(({ id }) => id));
    return past.leaving;
  }
}
