import type { Clock } from "../../../core/clock.ts";
import type { Lifetime } from "../../../core/lifetime.ts";
import type { Log } from "../../../core/log.ts";
import type { Labels, Series } from "../../../core/series.ts";
import type { LabelSpace, SeriesBlock } from "../../../core/series-block.ts";
import type { MetricStore, SampleBatch, Selection, SpoolPosition, WriteOutcome } from "../../metric-store.ts";
import { DuckDbFile } from "../duckdb-file.ts";
import { FullScopeLog } from "./full-scope-log.ts";
import type { EmbeddedMetricsStats } from "./head-stats.ts";
import { commit, loadContent, type MetricsContent } from "./hour-tables.ts";
import { type EmbeddedMetricsLimits, MAX_AHEAD_MS } from "./limits.ts";
import type { LineRow } from "./line-row.ts";
import { type LineStanding, standingOf } from "./line-standing.ts";
import { type BlockSelection, PartReader } from "./part-reader.ts";
import type { Parts } from "./parts.ts";
import type { PastSeries } from "./past-series.ts";
import { RecentParts } from "./recent-parts.ts";
import { countOf, NONE_REFUSED, reasonOf, sumOf } from "./refused.ts";
import { Retention } from "./retention.ts";
import { HOUR_MS, samplesIn } from "./row-buffer.ts";
import { RowGatherer } from "./row-gatherer.ts";
import { labelsIn } from "./sample-block.ts";
import { sealedFolder } from "./sealed-files.ts";
import { Sealing } from "./sealing.ts";
import type { TightChanges } from "./series-counts.ts";
import type { SeriesIndex } from "./series-index.ts";
import { seriesLimitsOf } from "./series-limits.ts";
import { dayLayersOf, HOURS_OF_DAY } from "./tiers.ts";

export interface EmbeddedMetrics extends MetricStore {
  /** Takes samples and lines to be written together. To be written once. */
  gather(): RowGatherer;
  /** As `write`, of what was gathered. */
  writeGathered(rows: RowGatherer, position: SpoolPosition | undefined): Promise<WriteOutcome>;
  /** As `select`, with the samples of all series of a column side by side. */
  selectBlocks(selection: BlockSelection): Promise<readonly SeriesBlock[]>;
  /** As `selectBlocks`, but each block is lent to `use`, and its memory is another's when that has ended. */
  lendBlocks(selection: Selection, use: (block: SeriesBlock) => Promise<void>): Promise<void>;
  /** Where the ids of blocks come from, but for those of some answers about the past, which have a space of their own. */
  readonly space: LabelSpace;
  /** Series that have samples in the span, as blocks without samples. */
  seriesBlocks(selection: Selection): Promise<readonly SeriesBlock[]>;
  /** Where in the spool to go on: what the last write with a position committed. */
  spoolPosition(): SpoolPosition | undefined;
  stats(): EmbeddedMetricsStats;
  /** What would come of a line, were it written now. */
  standingOf(line: LineRow, cluster: string): LineStanding;
  /** Which scopes have become tight, or have room again, since this was asked the last time; all that are tight at first. */
  takeTightChanges(): TightChanges | undefined;
  /** Seals the hours that are over. It happens by itself while there are writes. */
  seal(): Promise<void>;
  /** Seals what there is of the present hour. It happens by itself while there are many writes. */
  sealPresent(): Promise<void>;
}

export interface HeadParts {
  readonly clock: Clock;
  readonly log: Log;
  /** Told which ids no selection will have any more. */
  readonly onForgotten?: ((ids: readonly number[]) => void) | undefined;
}

interface OpenParts extends HeadParts {
  readonly fullScopes: FullScopeLog;
}

/**
 * Opens the head: the metrics of the last hours in one DuckDB file.
 * Errors: `store.locked`, `store.damaged` (see `setAsideDatabase`), `store.newer`, `store.unreadable`, `store.full`.
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
    const fullScopes = new FullScopeLog("samples of new series refused by the head", parts, lifetime);
    const content = await loadContent(file, { series: seriesLimitsOf(limits), pastSeries: limits.pastSeries }, parts);
    const head = new Head(file, limits, { ...parts, fullScopes }, content);
    await head.dropOld();
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
  readonly #index: SeriesIndex;
  readonly #parts: Parts;
  readonly #past: PastSeries;
  /** Rows are added when their commit is known to have succeeded, before anything else is written. */
  readonly #recent: RecentParts;
  readonly #reader: PartReader;
  #position: SpoolPosition | undefined;
  readonly #sealing: Sealing;
  readonly #retention: Retention;
  readonly #fullScopes: FullScopeLog;
  /** Of each table in the last write that had rows of it. */
  readonly #rowsBefore = new Map<string, number>();
  #refused = NONE_REFUSED;
  /** Writes follow each other: the last arrival must be the last row. */
  #writing: Promise<unknown> = Promise.resolve();
  readonly #stop = new AbortController();

  constructor(
    file: DuckDbFile,
    limits: EmbeddedMetricsLimits,
    { clock, log, onForgotten, fullScopes }: OpenParts,
    content: MetricsContent,
  ) {
    this.#file = file;
    this.#limits = limits;
    this.#clock = clock;
    this.#fullScopes = fullScopes;
    this.#index = content.index;
    this.#position = content.position;
    this.#parts = content.parts;
    this.#past = content.past;
    const recent = new RecentParts(limits.recentMegabytes * 1_000_000);
    this.#recent = recent;
    this.#reader = new PartReader({ file, recent, ...content }, limits);
    const { minuteDays, hourDays } = limits.rollups;
    const { parts, rollups, sealedMark } = content;
    const made = { dayLayers: dayLayersOf(limits.rollups), makesRollups: limits.makesRollups };
    const sealer = { file, folder: sealedFolder(file.path), parts, recent, rollups, sealedMark, ...made };
    const turns = { betweenWrites: <T>(work: () => Promise<T>) => this.#inTurn(work), signal: this.#stop.signal };
    this.#sealing = new Sealing({ ...sealer, ...turns, clock, log });
    this.#retention = new Retention({
      ...{ file, log, recent, ...content },
      kept: {
        rawHours: limits.retentionHours,
        minuteHours: minuteDays * HOURS_OF_DAY,
        hourHours: hourDays * HOURS_OF_DAY,
        makesRollups: limits.makesRollups,
      },
      isBusy: (part) => this.#sealing.isSealing(part),
      onForgotten: onForgotten ?? (() => {}),
    });
  }

  get space(): LabelSpace {
    return this.#index;
  }

  gather(): RowGatherer {
    return new RowGatherer(this.#index, {
      oldestHour: this.#retention.oldestHour(this.#presentHour()),
      newestMs: this.#clock.now() + MAX_AHEAD_MS,
      expectedRows: (table) => this.#rowsBefore.get(table) ?? 0,
    });
  }

  write({ samples, position }: SampleBatch): Promise<WriteOutcome> {
    const rows = this.gather();
    for (const sample of samples) rows.addSample(sample);
    return this.writeGathered(rows, position);
  }

  writeGathered(rows: RowGatherer, position: SpoolPosition | undefined): Promise<WriteOutcome> {
    return this.#inTurn(() => this.#write(rows, position).finally(() => rows.giveBack()));
  }

  select(selection: Selection): Promise<readonly Series[]> {
    return this.#reader.select(selection);
  }

  selectBlocks(selection: BlockSelection): Promise<readonly SeriesBlock[]> {
    return this.#reader.selectBlocks(selection);
  }

  lendBlocks(selection: Selection, use: (block: SeriesBlock) => Promise<void>): Promise<void> {
    return this.#reader.lendBlocks(selection, use);
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
    const { size, counts } = this.#index;
    const sealed = this.#sealing.stats();
    const largest = { hosts: counts.largest("host"), measurements: counts.largest("measurement") };
    const series = { series: size, maxSeries: this.#limits.series, pastSeries: this.#past.size, largest };
    const recentBytes = this.#recent.bytes;
    const hours = { hours: this.#parts.hours, droppedBeforeMs: this.#retention.rawFrom * HOUR_MS };
    return { ...series, ...hours, recentBytes, sealed, refused: this.#refused };
  }

  standingOf(line: LineRow, cluster: string): LineStanding {
    return standingOf(line, cluster, this.#index);
  }

  takeTightChanges(): TightChanges | undefined {
    return this.#index.counts.takeTightChanges();
  }

  seal(): Promise<void> {
    return this.#sealing.sealDue();
  }

  sealPresent(): Promise<void> {
    return this.#sealing.sealPresent();
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#sealing.stop();
    await this.#writing;
    await this.#file.close();
  }

  async dropOld(): Promise<void> {
    await this.#retention.apply(this.#presentHour());
  }

  async #write(rows: RowGatherer, position: SpoolPosition | undefined): Promise<WriteOutcome> {
    await this.dropOld();
    const oldestHour = this.#retention.oldestHour(this.#presentHour());
    const newSeries = rows.newSeries.filter(({ isStored }) => !isStored);
    const buffers = rows.buffers.filter(({ hour }) => hour >= oldestHour);
    const targets = buffers.map((buffer) => ({ buffer, ...this.#parts.open(buffer.table, buffer.hour) }));
    await commit(this.#file, { newSeries, rows: targets, position });
    for (const series of newSeries) series.isStored = true;
    for (const { table, length } of buffers) this.#rowsBefore.set(table, length);
    for (const target of targets) {
      await this.#recent.add(target);
      if (target.isNew) this.#parts.add(target.part);
    }
    this.#position = position ?? this.#position;
    this.#sealing.look();
    // An hour may have gone since they were gathered.
    const gone = rows.buffers
      .filter(({ hour }) => hour < oldestHour)
      .reduce((sum, buffer) => sum + samplesIn(buffer), 0);
    const refused = { ...rows.refused, tooOld: rows.refused.tooOld + gone };
    this.#refused = sumOf(this.#refused, refused);
    for (const full of rows.fullScopes) this.#fullScopes.tell(full, { refused_samples: full.refusedSamples });
    const count = countOf(refused);
    if (count === 0) return { kind: "ok" };
    const limits = { series: seriesLimitsOf(this.#limits), retentionHours: this.#limits.retentionHours };
    return { kind: "rejected", count, reason: reasonOf(refused, limits) };
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
