import type { DuckDBConnection } from "@duckdb/node-api";
import type { Clock } from "../../../core/clock.ts";
import type { Lifetime } from "../../../core/lifetime.ts";
import type { Log } from "../../../core/log.ts";
import type { Labels, Series } from "../../../core/series.ts";
import type { MetricStore, SampleBatch, Selection, SpoolPosition, WriteOutcome } from "../../metric-store.ts";
import type { DuckDbLimits } from "../duckdb.ts";
import { DuckDbFile } from "../duckdb-file.ts";
import { byColumn, type ColumnSelection, labelsOf } from "./column-selection.ts";
import { HourReaders } from "./hour-readers.ts";
import { commit, dropHours, loadContent, type MetricsContent } from "./hour-tables.ts";
import { mergedSeries } from "./merged-series.ts";
import { type HourSpan, readColumn, seriesInHour, spanInHour } from "./read-samples.ts";
import { countOf, NONE_REFUSED, type RefusedSamples, reasonOf, sumOf } from "./refused.ts";
import { HOUR_MS } from "./row-buffer.ts";
import { RowGatherer } from "./row-gatherer.ts";
import { SampleRuns } from "./sample-runs.ts";
import { tooLarge } from "./selection-limit.ts";
import type { SeriesIndex } from "./series-index.ts";

export interface EmbeddedMetricsLimits {
  readonly database: DuckDbLimits;
  /** Samples of further series are refused. */
  readonly series: number;
  /** Whole hours that are kept besides the present one. */
  readonly retentionHours: number;
  /** Samples one selection may read; a larger one is refused. */
  readonly samplesPerSelection: number;
}

export const EMBEDDED_METRICS_LIMITS: EmbeddedMetricsLimits = {
  database: { threads: 2, memoryMegabytes: 512 },
  series: 6_000_000,
  retentionHours: 48,
  samplesPerSelection: 20_000_000,
};

export interface EmbeddedMetricsStats {
  readonly series: number;
  readonly maxSeries: number;
  readonly hours: number;
  /** Samples refused since the start, by why. */
  readonly refused: RefusedSamples;
}

export interface EmbeddedMetrics extends MetricStore {
  /** Takes samples and lines to be written together. To be written once. */
  gather(): RowGatherer;
  /** As `write`, of what was gathered. */
  writeGathered(rows: RowGatherer, position: SpoolPosition | undefined): Promise<WriteOutcome>;
  /** Where in the spool to go on: what the last write with a position committed. */
  spoolPosition(): SpoolPosition | undefined;
  stats(): EmbeddedMetricsStats;
}

/** A sample this far ahead of the clock has a wrong clock or a wrong precision behind it. */
const MAX_AHEAD_MS = HOUR_MS;

/**
 * Opens the head: the metrics of the last hours in one DuckDB file.
 * Errors: `store.locked`, `store.damaged` (see `setAsideDatabase`), `store.unreadable`, `store.full`.
 */
export async function openEmbeddedMetrics(
  path: string,
  limits: EmbeddedMetricsLimits,
  parts: { readonly clock: Clock; readonly log: Log },
  lifetime: Lifetime,
): Promise<EmbeddedMetrics> {
  const file = await DuckDbFile.open(path, limits.database);
  try {
    const head = new Head(file, limits, parts, await loadContent(file));
    await head.forgetOldHours();
    lifetime.defer("embedded metrics", () => head.close());
    return head;
  } catch (error) {
    await file.close();
    throw error;
  }
}

class Head implements EmbeddedMetrics {
  readonly #file: DuckDbFile;
  readonly #limits: EmbeddedMetricsLimits;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #index: SeriesIndex;
  readonly #tables: HourReaders;
  #position: SpoolPosition | undefined;
  #refused = NONE_REFUSED;
  /** Writes follow each other: the last arrival must be the last row. */
  #writing: Promise<unknown> = Promise.resolve();
  #oldestHour = Number.NEGATIVE_INFINITY;

  constructor(
    file: DuckDbFile,
    limits: EmbeddedMetricsLimits,
    { clock, log }: { readonly clock: Clock; readonly log: Log },
    content: MetricsContent,
  ) {
    this.#file = file;
    this.#limits = limits;
    this.#clock = clock;
    this.#log = log;
    this.#index = content.index;
    this.#position = content.position;
    this.#tables = new HourReaders(content.hours);
  }

  gather(): RowGatherer {
    return new RowGatherer(this.#index, {
      oldestHour: this.#presentHour() - this.#limits.retentionHours,
      newestMs: this.#clock.now() + MAX_AHEAD_MS,
      maxSeries: this.#limits.series,
    });
  }

  write({ samples, position }: SampleBatch): Promise<WriteOutcome> {
    const rows = this.gather();
    for (const sample of samples) rows.addSample(sample);
    return this.writeGathered(rows, position);
  }

  writeGathered(rows: RowGatherer, position: SpoolPosition | undefined): Promise<WriteOutcome> {
    return this.#inTurn(() => this.#write(rows, position));
  }

  async select(selection: Selection): Promise<readonly Series[]> {
    const found: Series[] = [];
    const wanted = this.#wanted(selection);
    let left = this.#limits.samplesPerSelection;
    await this.#eachColumn(wanted, selection.signal, async (connection, { columns, hours }) => {
      const { members, isWide } = columns;
      const ids = members.map(({ series }) => series.id);
      const runs = new SampleRuns(ids);
      for (const span of hours) {
        selection.signal?.throwIfAborted();
        const begin = span.hour * HOUR_MS;
        for await (const { count, series, ms, values } of readColumn(connection, columns, span, ids)) {
          left -= count;
          if (left < 0) throw tooLarge(this.#limits.samplesPerSelection);
          for (let row = 0; row < count; row++) {
            const value = values[row] ?? 0;
            if (isWide && Number.isNaN(value)) continue;
            runs.add(series[row] ?? 0, begin + (ms[row] ?? 0), value);
          }
        }
      }
      for (const [slot, member] of members.entries()) {
        const run = runs.finish(slot);
        if (run !== undefined) found.push({ labels: labelsOf(member), ...run });
      }
    });
    return mergedSeries(
      found,
      wanted.map(({ columns }) => columns),
    );
  }

  async series(selection: Selection): Promise<readonly Labels[]> {
    const found: Series[] = [];
    const wanted = this.#wanted(selection);
    await this.#eachColumn(wanted, selection.signal, async (connection, { columns, hours }) => {
      const ids = columns.members.map(({ series }) => series.id);
      const present = new Set<number>();
      for (const span of hours) for (const id of await seriesInHour(connection, columns, span, ids)) present.add(id);
      for (const member of columns.members)
        if (present.has(member.series.id)) found.push({ labels: labelsOf(member), ...NO_SAMPLES });
    });
    const merged = mergedSeries(
      found,
      wanted.map(({ columns }) => columns),
    );
    return merged.map(({ labels }) => labels);
  }

  spoolPosition(): SpoolPosition | undefined {
    return this.#position;
  }

  stats(): EmbeddedMetricsStats {
    const { size } = this.#index;
    return { series: size, maxSeries: this.#limits.series, hours: this.#tables.hours, refused: this.#refused };
  }

  async close(): Promise<void> {
    await this.#writing;
    await this.#file.close();
  }

  /** Drops whole hours past the retention, but for those being read: they go next time. */
  async forgetOldHours(): Promise<void> {
    const oldestHour = this.#presentHour() - this.#limits.retentionHours;
    if (oldestHour === this.#oldestHour) return;
    const old = this.#tables.unreadBefore(oldestHour);
    for (const one of old) this.#tables.remove(one);
    const series = this.#index.forgetBefore(Math.min(oldestHour, this.#tables.oldest));
    if (old.length > 0 || series.length > 0) {
      await dropHours(this.#file, old, series).catch((error: unknown) => {
        for (const one of old) this.#tables.add(one);
        throw error;
      });
      this.#log.info({ tables: old.length, series: series.length }, "hours past the retention dropped");
    }
    if (this.#tables.oldest >= oldestHour) this.#oldestHour = oldestHour;
  }

  async #write(rows: RowGatherer, position: SpoolPosition | undefined): Promise<WriteOutcome> {
    await this.forgetOldHours();
    const newSeries = rows.newSeries.filter(({ isStored }) => !isStored);
    await commit(this.#file, { newSeries, buffers: rows.buffers, position });
    for (const series of newSeries) series.isStored = true;
    for (const buffer of rows.buffers) this.#tables.add(buffer);
    this.#position = position ?? this.#position;
    this.#refused = sumOf(this.#refused, rows.refused);
    const count = countOf(rows.refused);
    return count === 0 ? { kind: "ok" } : { kind: "rejected", count, reason: reasonOf(rows.refused, this.#limits) };
  }

  /** Each column that is wanted, with the parts of the span that it has tables of. */
  #wanted({ matchers, from, to }: Selection): readonly WantedColumn[] {
    return byColumn(this.#index.match(matchers)).flatMap((columns) => {
      const hours = this.#tables.hoursOf(columns.table).flatMap((hour) => spanInHour(hour, from, to) ?? []);
      return hours.length === 0 ? [] : { columns, hours };
    });
  }

  async #eachColumn(
    wanted: readonly WantedColumn[],
    signal: AbortSignal | undefined,
    read: (connection: DuckDBConnection, one: WantedColumn) => Promise<void>,
  ): Promise<void> {
    const tables = wanted.flatMap(({ columns: { table }, hours }) => hours.map(({ hour }) => ({ table, hour })));
    signal?.throwIfAborted();
    if (wanted.length === 0) return;
    try {
      await this.#tables.reading(tables, () =>
        this.#file.use("read", async (connection) => {
          const interrupt = (): void => connection.interrupt();
          signal?.addEventListener("abort", interrupt, { once: true });
          try {
            for (const one of wanted) await read(connection, one);
          } finally {
            signal?.removeEventListener("abort", interrupt);
          }
        }),
      );
    } catch (error) {
      // What the engine says of an interrupted query is of no use to whoever interrupted it.
      signal?.throwIfAborted();
      throw error;
    }
  }

  #presentHour(): number {
    return Math.floor(this.#clock.now() / HOUR_MS);
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#writing.then(work);
    this.#writing = done.catch(() => undefined);
    return done;
  }
}

interface WantedColumn {
  readonly columns: ColumnSelection;
  readonly hours: readonly HourSpan[];
}

const NO_SAMPLES = { timesMs: new Float64Array(0), values: new Float64Array(0) };
