import type { SeriesBlock } from "../core/series-block.ts";
import type { WindowBlock, Windows } from "../core/window-block.ts";
import { Budget } from "./budget.ts";
import { concatRows } from "./concat-rows.ts";
import { fillWindows } from "./functions/fill-windows.ts";
import { isLastSampleFunction, lastSample } from "./functions/last-sample.ts";
import { RANGE_FUNCTIONS } from "./functions/range-functions.ts";
import { admitSeries, type RunsContext, withoutStale } from "./read-runs.ts";
import { emptyVector, type Vector } from "./vector.ts";

/** Works windows out, for whoever has the samples: the same comes of them as if they were handed over. */
export class WindowMaker {
  readonly #windows: Windows;
  readonly #budget: Budget;
  #series = 0;

  constructor(windows: Windows, signal: AbortSignal | undefined) {
    this.#windows = windows;
    this.#budget = new Budget(windows.maxResults, signal);
  }

  /** Of a block, which may be lent. Errors: `promql.failed` when all blocks together are too many; the signal's reason. */
  async blockOf({ ids, names, space, ...samples }: SeriesBlock): Promise<WindowBlock> {
    const { apply: name, parameters, endsMs, maxSeries } = this.#windows;
    const computing = { budget: this.#budget };
    const [count, size] = [endsMs.length, ids.length * endsMs.length];
    this.#series += ids.length;
    admitSeries(this.#series, { maxSeries });
    this.#budget.hold(size);
    const results = { values: new Float64Array(size), present: new Uint8Array(size) };
    const given = { ids, names, ...samples };
    const runs = isLastSampleFunction(name) ? given : await withoutStale(given, computing);
    const apply = isLastSampleFunction(name) ? lastSample(name, runs.values) : RANGE_FUNCTIONS.get(name);
    if (apply === undefined) throw new Error(`there is no function ${name} over windows`);
    await fillWindows(runs, this.#windows, { apply, parameters }, { ...results, begin: 0 }, computing);
    return { ids: ids.slice(), names, space, count, ...results };
  }
}

/** Their rows, one block behind the other, with labels of the table. */
export async function vectorOfWindows(
  blocks: readonly WindowBlock[],
  count: number,
  context: RunsContext,
): Promise<Vector> {
  const { table, budget, memory } = context;
  try {
    const series = blocks.reduce((sum, { ids }) => sum + ids.length, 0);
    admitSeries(series, context);
    const rows = [];
    for (const { ids, names, space } of blocks) rows.push({ names, ids: await table.internAll(ids, space, context) });
    const vector = emptyVector(concatRows(rows, memory), count, context);
    let begin = 0;
    for (const { values, present } of blocks) {
      vector.values.set(values, begin);
      vector.present.set(present, begin);
      begin += values.length;
      if (budget.work(values.length)) await budget.breathe();
    }
    return vector;
  } finally {
    for (const block of blocks) block.release?.();
  }
}
