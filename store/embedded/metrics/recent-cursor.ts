import type { ColumnBatch } from "./column-batch.ts";
import type { RowsBySeries } from "./group-cursor.ts";
import type { HourSpan } from "./read-samples.ts";
import type { RecentRows } from "./recent-rows.ts";
import type { WantedRows } from "./recent-stream.ts";
import { HOUR_MS } from "./row-buffer.ts";
import type { RowScratch } from "./row-scratch.ts";
import type { SeriesId } from "./series-index.ts";

/** One column of rows that are not sealed yet. */
export class RecentCursor implements RowsBySeries {
  readonly #rows: RecentRows;
  readonly #wanted: WantedRows;
  readonly #beginMs: number;
  readonly #batch: ColumnBatch;
  readonly #close: () => void;

  constructor(
    rows: RecentRows,
    {
      span,
      column,
      batch,
      close,
    }: { readonly span: HourSpan; readonly column: number; readonly batch: ColumnBatch; readonly close: () => void },
  ) {
    this.#rows = rows;
    this.#wanted = { column, fromMs: span.fromMs, toMs: span.toMs };
    this.#beginMs = span.hour * HOUR_MS;
    this.#batch = batch;
    this.#close = close;
    rows.enter();
  }

  copy(series: SeriesId, scratch: RowScratch, length: number): number {
    const batch = this.#batch;
    this.#rows.readSeries(series, this.#wanted, batch);
    const count = batch.length;
    scratch.reserve(length + count, length);
    const { timesMs, values } = scratch;
    for (let row = 0; row < count; row++) {
      timesMs[length + row] = this.#beginMs + (batch.ms[row] ?? 0);
      values[length + row] = batch.values[row] ?? 0;
    }
    return length + count;
  }

  close(): void {
    this.#rows.leave();
    this.#close();
  }
}
