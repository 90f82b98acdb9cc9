import { setImmediate } from "node:timers/promises";
import type { DuckDBConnection } from "@duckdb/node-api";
import type { Series } from "../../../core/series.ts";
import { type LabelSpace, releasable, type SeriesBlock } from "../../../core/series-block.ts";
import type { Selection } from "../../metric-store.ts";
import type { DuckDbFile } from "../duckdb-file.ts";
import { blocksBySeries } from "./blocks-by-series.ts";
import { byColumn, type ColumnSelection } from "./column-selection.ts";
import { finestParts } from "./finest-parts.ts";
import { GatheredRows } from "./gathered-rows.ts";
import { lastBlock, type StoredBefore } from "./last-block.ts";
import { haveOneMetricTwice, mergedSeries } from "./merged-series.ts";
import { isRollup, type Parts } from "./parts.ts";
import type { PastSeries } from "./past-series.ts";
import { heldBy, readColumn, type Source, seriesInHour, sourcesBySeries } from "./read-samples.ts";
import type { RecentParts } from "./recent-parts.ts";
import type { Rollups } from "./rollups.ts";
import { HOUR_MS } from "./row-buffer.ts";
import { type RowScratch, ScratchPool } from "./row-scratch.ts";
import { blockOf, keptBlock, mergedBlock, seriesOf, withoutSamples } from "./sample-block.ts";
import { SealedCache } from "./sealed-cache.ts";
import { tooLarge } from "./selection-limit.ts";
import type { SeriesIndex } from "./series-index.ts";
import { slicesOf } from "./series-slices.ts";

export interface ReaderLimits {
  readonly samplesPerSelection: number;
  /** Of what is kept in memory of sealed hours. */
  readonly cacheMegabytes: number;
}

interface ReaderParts {
  readonly file: DuckDbFile;
  readonly index: SeriesIndex;
  readonly parts: Parts;
  readonly recent: RecentParts;
  readonly rollups: Rollups;
  readonly past: PastSeries;
  readonly stored: StoredBefore;
}

export interface BlockSelection extends Selection {
  /** Only the last sample of each series in the span is wanted; more do no harm. */
  readonly lastOnly?: boolean;
}

/** Answers selections from all parts that have rows for them. */
export class PartReader {
  readonly #file: DuckDbFile;
  readonly #index: SeriesIndex;
  readonly #parts: Parts;
  readonly #recent: RecentParts;
  readonly #rollups: Rollups;
  readonly #past: PastSeries;
  readonly #stored: StoredBefore;
  readonly #scratch = new ScratchPool();
  readonly #cache: SealedCache;
  readonly #limits: ReaderLimits;

  constructor({ file, index, parts, recent, rollups, past, stored }: ReaderParts, limits: ReaderLimits) {
    this.#file = file;
    this.#index = index;
    this.#parts = parts;
    this.#recent = recent;
    this.#rollups = rollups;
    this.#past = past;
    this.#stored = stored;
    this.#limits = limits;
    this.#cache = new SealedCache(limits.cacheMegabytes * 1_000_000);
  }

  async select(selection: Selection): Promise<readonly Series[]> {
    if (this.#mayMeanPast(selection)) return (await this.selectBlocks(selection)).flatMap(seriesOf);
    const wanted = this.#wanted(selection);
    const blocks = await this.#read(wanted, selection.signal);
    return mergedSeries(blocks.flatMap(seriesOf), columnsOf(wanted));
  }

  /** As `select`, with the samples of all series of a column side by side. */
  async selectBlocks(selection: BlockSelection): Promise<readonly SeriesBlock[]> {
    if (this.#mayMeanPast(selection)) {
      return this.#withPast(selection, (wanted, space) => this.#read(wanted, selection.signal, space));
    }
    const columns = byColumn(this.#index.match(selection.matchers));
    const hasTwins = haveOneMetricTwice(columns);
    if (selection.lastOnly === true && selection.only !== "rollups" && !hasTwins) return this.#last(columns, selection);
    const blocks = await this.#read(this.#inParts(columns, selection), selection.signal);
    return hasTwins ? [mergedBlock(blocks)] : blocks;
  }

  /** What is not known in memory is read. */
  async #last(columns: readonly ColumnSelection[], selection: Selection): Promise<readonly SeriesBlock[]> {
    const found = columns.map((column) => lastBlock(column, selection, this.#stored, this.#index));
    const unsure = found.flatMap((one) => one.unsure ?? []);
    const read = await this.#read(this.#inParts(unsure, selection), selection.signal);
    return [...found.flatMap(({ block }) => block ?? []), ...read];
  }

  /** As `selectBlocks`, but each block is lent to `use`, and its memory is another's when that has ended. */
  async lendBlocks(selection: Selection, use: (block: SeriesBlock) => Promise<void>): Promise<void> {
    const columns = byColumn(this.#index.match(selection.matchers));
    if (this.#mayMeanPast(selection) || haveOneMetricTwice(columns)) {
      for (const block of await this.selectBlocks(selection)) {
        await use(block);
        releasable(block).release?.();
      }
      return;
    }
    await this.#lend(this.#inParts(columns, selection), { signal: selection.signal, space: this.#index, use });
  }

  /** A block for each column, of series that may be the same. */
  async #read(
    wanted: readonly WantedColumn[],
    signal: AbortSignal | undefined,
    space: LabelSpace = this.#index,
  ): Promise<readonly SeriesBlock[]> {
    const blocks: SeriesBlock[] = [];
    const use = async (block: SeriesBlock): Promise<void> => void blocks.push(keptBlock(block));
    await this.#lend(wanted, { signal, space, use });
    return blocks;
  }

  async #lend(
    wanted: readonly WantedColumn[],
    {
      signal,
      space,
      use,
    }: {
      readonly signal: AbortSignal | undefined;
      readonly space: LabelSpace;
      readonly use: (block: SeriesBlock) => Promise<void>;
    },
  ): Promise<void> {
    let left = this.#limits.samplesPerSelection;
    await this.#eachColumn(wanted, signal, async (connection, { columns, sources }) => {
      const lend = (block: SeriesBlock) => {
        signal?.throwIfAborted();
        left -= block.values.length;
        if (left < 0) throw tooLarge(this.#limits.samplesPerSelection);
        return use(block);
      };
      const asked = { column: columns.column, sources, cache: this.#cache, recent: this.#recent };
      const bySeries = await sourcesBySeries(connection, asked);
      await this.#scratch.lend(async (scratch) => {
        if (bySeries === undefined) return this.#gather(connection, { columns, sources }, { scratch, space, lend });
        try {
          for (const block of blocksBySeries(columns, bySeries.sources, { scratch, space })) await lend(block);
        } finally {
          bySeries.close();
        }
      });
    });
  }

  /** From sources of which some are read from the engine. */
  async #gather(
    connection: DuckDBConnection,
    { columns, sources }: WantedColumn,
    { scratch, space, lend }: Lending,
  ): Promise<void> {
    // A table has to be read as a whole each time; of everything else the rows of some series are found.
    const isMixed = sources.some(({ part }) => part.kind === "rows" && !this.#recent.has(part));
    for (const slice of isMixed ? [columns] : slicesOf(columns)) {
      const rows = new GatheredRows(slice.ids, scratch);
      const held = sources.map((source) => ({ ...source, series: heldBy(source.part, slice.ids) }));
      // What is too large to be kept would only drive out what is kept.
      const cache = slice === columns ? this.#cache : undefined;
      const asked = {
        column: slice.column,
        sources: held.filter(({ series }) => series.length > 0),
        cache,
        recent: this.#recent,
      };
      for await (const read of readColumn(connection, asked)) {
        rows.add(read, slice.isWide);
        if (rows.length > this.#limits.samplesPerSelection) throw tooLarge(this.#limits.samplesPerSelection);
      }
      const block = blockOf(slice, rows.sorted(), space);
      if (block !== undefined) await lend(block);
    }
  }

  /** As `selectBlocks`, of series that have samples in the span, but without these. */
  async seriesBlocks(selection: Selection): Promise<readonly SeriesBlock[]> {
    const read = (wanted: readonly WantedColumn[], space: LabelSpace) => this.#present(wanted, selection.signal, space);
    if (this.#mayMeanPast(selection)) return this.#withPast(selection, read);
    const wanted = this.#wanted(selection);
    const blocks = await read(wanted, this.#index);
    return haveOneMetricTwice(columnsOf(wanted)) ? [mergedBlock(blocks)] : blocks;
  }

  async #present(
    wanted: readonly WantedColumn[],
    signal: AbortSignal | undefined,
    space: LabelSpace,
  ): Promise<readonly SeriesBlock[]> {
    const blocks: SeriesBlock[] = [];
    await this.#eachColumn(wanted, signal, async (connection, { columns, sources }) => {
      const present = new Set<number>();
      // The newest first: most are found there, and need not be looked for in years of rollups.
      for (const source of sources.toReversed()) {
        signal?.throwIfAborted();
        const series = source.series.filter((id) => !present.has(id));
        if (series.length === 0) continue;
        for (const id of await seriesInHour(connection, { ...source, series }, columns, this.#recent)) present.add(id);
      }
      const block = withoutSamples(columns, present, space);
      if (block !== undefined) blocks.push(block);
    });
    return blocks;
  }

  /** Whether series may be meant that are not in the index any more. */
  #mayMeanPast({ from, only }: Selection): boolean {
    return this.#past.size > 0 && only !== "samples" && from < this.#parts.oldestHour * HOUR_MS;
  }

  /** As one block. The index is asked first: who leaves it meanwhile is found in both. */
  async #withPast(
    selection: Selection,
    read: (wanted: readonly WantedColumn[], space: LabelSpace) => Promise<readonly SeriesBlock[]>,
  ): Promise<readonly SeriesBlock[]> {
    const present = byColumn(this.#index.match(selection.matchers));
    const past = await this.#past.find(selection);
    const gone = byColumn(past.match(selection.matchers));
    if (gone.length === 0) {
      const blocks = await read(this.#inParts(present, selection), this.#index);
      return haveOneMetricTwice(present) ? [mergedBlock(blocks)] : blocks;
    }
    const columns = [...present, ...gone];
    const space = { labelsOf: (id: number) => (past.has(id) ? past.labelsOf(id) : this.#index.labelsOf(id)) };
    const blocks = await read(this.#inParts(columns, selection), space);
    return blocks.length === 0 ? [] : [mergedBlock(blocks)];
  }

  /** Each column that is wanted, with the parts of the span that it has tables of. */
  #wanted(selection: Selection): readonly WantedColumn[] {
    return this.#inParts(byColumn(this.#index.match(selection.matchers)), selection);
  }

  #inParts(wanted: readonly ColumnSelection[], { from, to, only }: Selection): readonly WantedColumn[] {
    return wanted.flatMap((columns) => {
      const sources = finestParts({ parts: this.#parts, rollups: this.#rollups }, columns.table, { from, to })
        .filter(({ part }) => only === undefined || (only === "rollups") === isRollup(part))
        .map(({ part, span }) => ({ part, span, series: heldBy(part, columns.ids) }))
        .filter(({ series }) => series.length > 0);
      return sources.length === 0 ? [] : { columns, sources };
    });
  }

  async #eachColumn(
    wanted: readonly WantedColumn[],
    signal: AbortSignal | undefined,
    read: (connection: DuckDBConnection, one: WantedColumn) => Promise<void>,
  ): Promise<void> {
    const parts = wanted.flatMap(({ sources }) => sources.map(({ part }) => part));
    signal?.throwIfAborted();
    if (wanted.length === 0) return;
    try {
      await this.#parts.reading(parts, () =>
        this.#file.use("read", async (connection) => {
          const interrupt = (): void => connection.interrupt();
          signal?.addEventListener("abort", interrupt, { once: true });
          try {
            // Who asks again and again for what is all in memory would leave nobody else a turn.
            await setImmediate();
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
}

interface Lending {
  readonly scratch: RowScratch;
  readonly space: LabelSpace;
  readonly lend: (block: SeriesBlock) => Promise<void>;
}

interface WantedColumn {
  readonly columns: ColumnSelection;
  readonly sources: readonly Source[];
}

function columnsOf(wanted: readonly WantedColumn[]): readonly ColumnSelection[] {
  return wanted.map(({ columns }) => columns);
}
