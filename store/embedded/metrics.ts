import type { DuckDBConnection } from "@duckdb/node-api";
import type { Clock } from "../../core/clock.ts";
import { OperatorError } from "../../core/errors.ts";
import type { Lifetime } from "../../core/lifetime.ts";
import type { Log } from "../../core/log.ts";
import type { Labels, Series } from "../../core/series.ts";
import type { MetricStore, SampleBatch, Selection, SpoolPosition, WriteOutcome } from "../metric-store.ts";
import type { DuckDbLimits } from "./duckdb.ts";
import { DuckDbFile } from "./duckdb-file.ts";
import { type RefusedSamples, sortBatch } from "./metrics-batch.ts";
import { commit, dropHours, HOUR_MS, loadContent, type MetricsContent } from "./metrics-database.ts";
import { type HourSpan, readHour, seriesInHour, spanInHour } from "./metrics-read.ts";
import type { SeriesId, SeriesIndex } from "./metrics-series-index.ts";

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
  series: 500_000,
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
  /** Hours that have a table, with how many selections read it now. */
  readonly #readers: Map<number, number>;
  #position: SpoolPosition | undefined;
  #refused: RefusedSamples = { tooManySeries: 0, tooOld: 0, tooNew: 0 };
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
    this.#readers = new Map(content.hours.map((hour) => [hour, 0]));
  }

  write(batch: SampleBatch): Promise<WriteOutcome> {
    return this.#inTurn(() => this.#write(batch));
  }

  async select({ matchers, from, to, signal }: Selection): Promise<readonly Series[]> {
    const wanted = this.#index.match(matchers);
    const columns = new Map<SeriesId, Columns>();
    let left = this.#limits.samplesPerSelection;
    await this.#eachHour({ from, to, wanted, signal }, (connection, span) =>
      readHour(connection, span, wanted, (id, atMs, value) => {
        if (--left < 0) throw tooLarge(this.#limits.samplesPerSelection);
        addSample(columns, id, atMs, value);
      }),
    );
    return [...columns].flatMap(([id, { times, values }]) => {
      const labels = this.#index.labelsOf(id);
      if (labels === undefined) return [];
      return { labels, timesMs: Float64Array.from(times), values: Float64Array.from(values) };
    });
  }

  async series({ matchers, from, to, signal }: Selection): Promise<readonly Labels[]> {
    const wanted = this.#index.match(matchers);
    const found = new Set<SeriesId>();
    await this.#eachHour({ from, to, wanted, signal }, async (connection, span) => {
      for (const id of await seriesInHour(connection, span, wanted)) found.add(id);
    });
    return [...found].map((id) => this.#index.labelsOf(id)).filter((labels) => labels !== undefined);
  }

  spoolPosition(): SpoolPosition | undefined {
    return this.#position;
  }

  stats(): EmbeddedMetricsStats {
    const { size } = this.#index;
    return { series: size, maxSeries: this.#limits.series, hours: this.#readers.size, refused: this.#refused };
  }

  async close(): Promise<void> {
    await this.#writing;
    await this.#file.close();
  }

  /** Drops whole hours past the retention, but for those being read: they go next time. */
  async forgetOldHours(): Promise<void> {
    const oldestHour = this.#presentHour() - this.#limits.retentionHours;
    if (oldestHour === this.#oldestHour) return;
    const old = [...this.#readers].filter(([hour, readers]) => hour < oldestHour && readers === 0);
    const hours = old.map(([hour]) => hour);
    for (const hour of hours) this.#readers.delete(hour);
    const series = this.#index.forgetBefore(Math.min(oldestHour, ...this.#readers.keys()));
    if (hours.length > 0 || series.length > 0) {
      await dropHours(this.#file, hours, series).catch((error: unknown) => {
        for (const hour of hours) this.#readers.set(hour, 0);
        throw error;
      });
      this.#log.info({ hours: hours.length, series: series.length }, "hours past the retention dropped");
    }
    const isDone = ![...this.#readers.keys()].some((hour) => hour < oldestHour);
    if (isDone) this.#oldestHour = oldestHour;
  }

  async #write({ samples, position }: SampleBatch): Promise<WriteOutcome> {
    await this.forgetOldHours();
    const sorted = sortBatch(samples, this.#index, {
      oldestHour: this.#presentHour() - this.#limits.retentionHours,
      newestMs: this.#clock.now() + MAX_AHEAD_MS,
      maxSeries: this.#limits.series,
    });
    await commit(this.#file, { ...sorted, position });
    const lastHour = Math.max(...sorted.rows.keys());
    for (const { id, labels, text } of sorted.newSeries) this.#index.add(id, labels, text).lastHour = lastHour;
    for (const hour of sorted.rows.keys()) if (!this.#readers.has(hour)) this.#readers.set(hour, 0);
    this.#position = position ?? this.#position;
    return this.#count(sorted.refused);
  }

  #count(refused: RefusedSamples): WriteOutcome {
    this.#refused = {
      tooManySeries: this.#refused.tooManySeries + refused.tooManySeries,
      tooOld: this.#refused.tooOld + refused.tooOld,
      tooNew: this.#refused.tooNew + refused.tooNew,
    };
    const count = refused.tooManySeries + refused.tooOld + refused.tooNew;
    if (count === 0) return { kind: "ok" };
    const reasons = [
      refused.tooManySeries > 0 && `${refused.tooManySeries} of new series above the limit of ${this.#limits.series}`,
      refused.tooOld > 0 && `${refused.tooOld} older than ${this.#limits.retentionHours} h`,
      refused.tooNew > 0 && `${refused.tooNew} more than an hour ahead of the clock`,
    ];
    return { kind: "rejected", count, reason: reasons.filter((reason) => reason !== false).join(", ") };
  }

  async #eachHour(
    { from, to, wanted, signal }: Pick<Selection, "from" | "to" | "signal"> & { readonly wanted: readonly SeriesId[] },
    read: (connection: DuckDBConnection, span: HourSpan) => Promise<void>,
  ): Promise<void> {
    if (wanted.length === 0) return;
    const spans = [...this.#readers.keys()].sort((a, b) => a - b).flatMap((hour) => spanInHour(hour, from, to) ?? []);
    for (const { hour } of spans) this.#readers.set(hour, (this.#readers.get(hour) ?? 0) + 1);
    try {
      await this.#file.use("read", async (connection) => {
        const interrupt = (): void => connection.interrupt();
        signal?.addEventListener("abort", interrupt, { once: true });
        try {
          for (const span of spans) {
            signal?.throwIfAborted();
            await read(connection, span);
          }
        } finally {
          signal?.removeEventListener("abort", interrupt);
        }
      });
    } catch (error) {
      // What the engine says of an interrupted query is of no use to whoever interrupted it.
      signal?.throwIfAborted();
      throw error;
    } finally {
      for (const { hour } of spans) this.#readers.set(hour, (this.#readers.get(hour) ?? 1) - 1);
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

interface Columns {
  readonly times: number[];
  readonly values: number[];
}

/** Samples of a series come in ascending time; of those with one time the last counts. */
function addSample(columns: Map<SeriesId, Columns>, id: SeriesId, atMs: number, value: number): void {
  let column = columns.get(id);
  if (column === undefined) {
    column = { times: [], values: [] };
    columns.set(id, column);
  }
  const { times, values } = column;
  if (times.at(-1) === atMs) values[values.length - 1] = value;
  else {
    times.push(atMs);
    values.push(value);
  }
}

function tooLarge(limit: number): OperatorError {
  return new OperatorError({
    code: "query.too_large",
    message: `the selection reads more than ${limit} samples`,
    hint: "select fewer series or a shorter span",
    status: 422,
  });
}
