import { rm } from "node:fs/promises";
import type { Clock } from "../../../core/clock.ts";
import type { Lifetime } from "../../../core/lifetime.ts";
import type { Log } from "../../../core/log.ts";
import type { Labels, Series } from "../../../core/series.ts";
import type { SeriesBlock } from "../../../core/series-block.ts";
import type { MetricStore, SampleBatch, Selection, SpoolPosition, WriteOutcome } from "../../metric-store.ts";
import type { DuckDbLimits } from "../duckdb.ts";
import { DuckDbFile } from "../duckdb-file.ts";
import { commit, forget, loadContent, type MetricsContent } from "./hour-tables.ts";
import { type BlockSelection, PartReader } from "./part-reader.ts";
import type { Part, Parts } from "./parts.ts";
import { countOf, NONE_REFUSED, type RefusedSamples, reasonOf, sumOf } from "./refused.ts";
import { HOUR_MS } from "./row-buffer.ts";
import { RowGatherer } from "./row-gatherer.ts";
import { labelsIn } from "./sample-block.ts";
import { sealedFolder } from "./sealed-files.ts";
import { Sealing, type SealingStats } from "./sealing.ts";
import type { SeriesIndex } from "./series-index.ts";

export interface EmbeddedMetricsLimits {
  readonly database: DuckDbLimits;
  /** Samples of further series are refused. */
  readonly series: number;
  /** Whole hours that are kept besides the present one. */
  readonly retentionHours: number;
  /** Samples one selection may read; a larger one is refused. */
  readonly samplesPerSelection: number;
  /** Of what is kept in memory of sealed hours that were asked for. */
  readonly cacheMegabytes: number;
}

export const EMBEDDED_METRICS_LIMITS: EmbeddedMetricsLimits = {
  database: { threads: 2, memoryMegabytes: 512 },
  series: 6_000_000,
  retentionHours: 48,
  samplesPerSelection: 20_000_000,
  cacheMegabytes: 64,
};

export interface EmbeddedMetricsStats {
  readonly series: number;
  readonly maxSeries: number;
  readonly hours: number;
  readonly sealed: SealingStats;
  /** Samples refused since the start, by why. */
  readonly refused: RefusedSamples;
}

export interface EmbeddedMetrics extends MetricStore {
  /** Takes samples and lines to be written together. To be written once. */
  gather(): RowGatherer;
  /** As `write`, of what was gathered. */
  writeGathered(rows: RowGatherer, position: SpoolPosition | undefined): Promise<WriteOutcome>;
  /** As `select`, with the samples of all series of a column side by side. */
  selectBlocks(selection: BlockSelection): Promise<readonly SeriesBlock[]>;
  /** Series that have samples in the span, as blocks without samples. */
  seriesBlocks(selection: Selection): Promise<readonly SeriesBlock[]>;
  /** Where in the spool to go on: what the last write with a position committed. */
  spoolPosition(): SpoolPosition | undefined;
  stats(): EmbeddedMetricsStats;
  /** Seals the hours that are over. It happens by itself while there are writes. */
  seal(): Promise<void>;
}

export interface HeadParts {
  readonly clock: Clock;
  readonly log: Log;
  /** Told which ids no selection will have any more. */
  readonly onForgotten?: ((ids: readonly number[]) => void) | undefined;
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
  parts: HeadParts,
  lifetime: Lifetime,
): Promise<EmbeddedMetrics> {
  // What is in the log is in memory, too.
  const logMegabytes = Math.round(limits.database.memoryMegabytes / 2);
  const file = await DuckDbFile.open(path, { logMegabytes, ...limits.database });
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
  readonly #onForgotten: (ids: readonly number[]) => void;
  readonly #index: SeriesIndex;
  readonly #parts: Parts;
  readonly #reader: PartReader;
  #position: SpoolPosition | undefined;
  readonly #sealing: Sealing;
  #refused = NONE_REFUSED;
  /** Writes follow each other: the last arrival must be the last row. */
  #writing: Promise<unknown> = Promise.resolve();
  #oldestHour = Number.NEGATIVE_INFINITY;
  readonly #stop = new AbortController();

  constructor(
    file: DuckDbFile,
    limits: EmbeddedMetricsLimits,
    { clock, log, onForgotten }: HeadParts,
    content: MetricsContent,
  ) {
    this.#file = file;
    this.#limits = limits;
    this.#clock = clock;
    this.#log = log;
    this.#onForgotten = onForgotten ?? (() => {});
    this.#index = content.index;
    this.#position = content.position;
    this.#parts = content.parts;
    this.#reader = new PartReader({ file, index: content.index, parts: content.parts, stored: content.stored }, limits);
    const sealer = { file, folder: sealedFolder(file.path), parts: content.parts, signal: this.#stop.signal };
    this.#sealing = new Sealing({ ...sealer, betweenWrites: (work) => this.#inTurn(work) }, { clock, log });
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

  select(selection: Selection): Promise<readonly Series[]> {
    return this.#reader.select(selection);
  }

  selectBlocks(selection: BlockSelection): Promise<readonly SeriesBlock[]> {
    return this.#reader.selectBlocks(selection);
  }

  seriesBlocks(selection: Selection): Promise<readonly SeriesBlock[]> {
    return this.#reader.seriesBlocks(selection);
  }

  async series(selection: Selection): Promise<readonly Labels[]> {
    return (await this.#reader.seriesBlocks(selection)).flatMap(labelsIn);
  }

  spoolPosition(): SpoolPosition | undefined {
    return this.#position;
  }

  stats(): EmbeddedMetricsStats {
    const { size } = this.#index;
    const sealed = this.#sealing.stats();
    return { series: size, maxSeries: this.#limits.series, hours: this.#parts.hours, sealed, refused: this.#refused };
  }

  seal(): Promise<void> {
    return this.#sealing.sealDue();
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#sealing.stop();
    await this.#writing;
    await this.#file.close();
  }

  /** Drops whole hours past the retention, but for those being read: they go next time. */
  async forgetOldHours(): Promise<void> {
    const oldestHour = this.#presentHour() - this.#limits.retentionHours;
    if (oldestHour === this.#oldestHour) return;
    const old = this.#parts.all().filter((part) => part.hour < oldestHour && !this.#isInUse(part));
    for (const part of old) this.#parts.remove(part);
    const series = this.#index.forgetBefore(Math.min(oldestHour, this.#parts.oldestHour));
    if (old.length > 0 || series.length > 0) {
      await forget(this.#file, old, series).catch((error: unknown) => {
        for (const part of old) this.#parts.add(part);
        throw error;
      });
      for (const part of old) if (part.kind === "file") await rm(part.path, { force: true });
      this.#onForgotten(series);
      this.#log.info({ parts: old.length, series: series.length }, "hours past the retention dropped");
    }
    if (this.#parts.oldestHour >= oldestHour) this.#oldestHour = oldestHour;
  }

  async #write(rows: RowGatherer, position: SpoolPosition | undefined): Promise<WriteOutcome> {
    await this.forgetOldHours();
    const newSeries = rows.newSeries.filter(({ isStored }) => !isStored);
    const targets = rows.buffers.map((buffer) => ({ buffer, ...this.#parts.open(buffer.table, buffer.hour) }));
    await commit(this.#file, { newSeries, rows: targets, position });
    for (const series of newSeries) series.isStored = true;
    for (const { part, isNew } of targets) if (isNew) this.#parts.add(part);
    this.#position = position ?? this.#position;
    this.#sealing.look();
    this.#refused = sumOf(this.#refused, rows.refused);
    const count = countOf(rows.refused);
    return count === 0 ? { kind: "ok" } : { kind: "rejected", count, reason: reasonOf(rows.refused, this.#limits) };
  }

  #isInUse(part: Part): boolean {
    return this.#parts.isRead(part) || this.#sealing.isSealing(part);
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
