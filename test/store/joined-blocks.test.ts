import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { BlockSelection } from "../../store/embedded/metrics/part-reader.ts";
import { seriesOf } from "../../store/embedded/metrics/sample-block.ts";
import type { Selection } from "../../store/metric-store.ts";
import { MemoryMetricStore } from "../fakes/memory-metric-store.ts";
import { ask } from "../promql/ask.ts";
import { BlockSource } from "../promql/block-source.ts";
import {
  away,
  BEGIN,
  joined,
  NOW,
  placedSamples,
  sample,
  span,
  spans,
  told,
  writePlaced,
} from "./fixtures/joined-stores.ts";

/** A head that has blocks, too. */
function blockHead() {
  const store = new MemoryMetricStore();
  const source = new BlockSource(store, true);
  const head = {
    select: source.select,
    series: (selection: Selection) => store.series(selection),
    selectBlocks: (selection: BlockSelection) => source.selectBlocks({ lastOnly: false, ...selection }),
  };
  return { store, source, head };
}

describe("blocks of both stores", () => {
  test("hold what one store would that has all samples, each series once, and PromQL answers from them as from it", async () => {
    await fc.assert(
      fc.asyncProperty(placedSamples, spans, async (placed, asked) => {
        const { store, source, head } = blockHead();
        const { reader, long } = joined({ head });
        const whole = await writePlaced(placed, { head: store, long });
        const blocks = (await reader.selectBlocks?.(asked)) ?? [];
        expect(told(blocks.flatMap(seriesOf))).toEqual(told(await whole.select(asked)));
        for (const block of blocks) block.release?.();
        const context = { source: reader, lookbackMs: 8 };
        for (const query of ["sum by (s) (m + n)", "last_over_time({__name__=~'m|n'}[9ms]) or m", "m - m offset 3ms"]) {
          const at = asked.to / 1_000;
          expect(await ask(whole, query, at, context)).toEqual(await ask(whole, query, at, { lookbackMs: 8 }));
        }
        expect(source.inUse.size).toBe(0);
      }),
      { numRuns: 300 },
    );
  });

  test("are the head's own where it has everything, and the long store is not asked", async () => {
    const { store, source, head } = blockHead();
    await store.write({ samples: [sample("a", BEGIN, 1), sample("a", BEGIN + 1, 2)] });
    const { reader, long } = joined({ head });
    const [block] = (await reader.selectBlocks?.({ ...span(BEGIN, NOW), lastOnly: true })) ?? [];
    expect([...source.inUse]).toEqual([block]);
    expect(block?.space).toBe(source);
    expect([...(block?.values ?? [])]).toEqual([2]);
    expect(long.selections).toEqual([]);
  });

  test("come in the order of their labels, however the stores found them, and give their memory back", async () => {
    const { store, head } = blockHead();
    const { reader, long } = joined({ head });
    for (const s of ["c", "b"]) await store.write({ samples: [sample(s, BEGIN, 1)] });
    for (const s of ["d", "c", "a"]) await long.write({ samples: [sample(s, BEGIN - 1, 1)] });
    const blocks = (await reader.selectBlocks?.(span(0, NOW))) ?? [];
    expect(blocks.flatMap(seriesOf).map(({ labels }) => labels.s)).toEqual(["a", "b", "c", "d"]);
    expect(blocks).toHaveLength(1);
    for (const block of blocks) block.release?.();
    expect(blocks.map(({ values }) => values.length)).toEqual([0]);
  });

  test("are not promised of a head that has none", () => {
    expect(joined().reader.selectBlocks).toBeUndefined();
  });

  test("lack what a long store that is away has, with a warning", async () => {
    const { store, head } = blockHead();
    await store.write({ samples: [sample("a", NOW, 1)] });
    const { reader } = joined({ head, long: away("store.unreachable") });
    const warnings: string[] = [];
    const warn = (message: string): void => void warnings.push(message);
    expect((await reader.selectBlocks?.(span(0, NOW, { warn })))?.flatMap(seriesOf)).toHaveLength(1);
    expect(warnings).toHaveLength(1);
  });
});
