import fc from "fast-check";
import { expect, test } from "vitest";
import { METRIC_NAME } from "../../core/series.ts";
import { type Collapse, SeriesGatherer } from "../../store/series-gatherer.ts";

const samples = fc.array(
  fc.record({
    s: fc.constantFrom("a", "b"),
    at: fc.integer({ min: 0, max: 30 }),
    value: fc.integer({ min: 0, max: 9 }),
  }),
  { maxLength: 40 },
);

test.each<[Collapse, (before: number, value: number) => number]>([
  ["last", (_, value) => value],
  ["greatest", Math.max],
])("samples in any order come out in ascending, distinct times; of one time the %s", async (collapse, chosen) => {
  await fc.assert(
    fc.asyncProperty(samples, fc.boolean(), async (told, areBlocks) => {
      // Stores tell sorted blocks in any order: sorted halves, the later one first.
      const half = Math.floor(told.length / 2);
      const sorted = told.toSorted((a, b) => a.at - b.at);
      const inOrder = areBlocks ? [...sorted.slice(half), ...sorted.slice(0, half)] : told;
      const gatherer = new SeriesGatherer(1_000, collapse);
      const expected = new Map<string, Map<number, number>>();
      for (const { s, at, value } of inOrder) {
        gatherer.seriesOf({ [METRIC_NAME]: "m", s })(at, value);
        const series = expected.get(s) ?? new Map<number, number>();
        expected.set(s, series.set(at, chosen(series.get(at) ?? value, value)));
      }
      const found = (await gatherer.finish()).map(({ labels, timesMs, values }) => [
        labels.s,
        [...timesMs].map((at, place) => [at, values[place]]),
      ]);
      const wanted = [...expected].map(([s, series]) => [s, [...series].sort(([a], [b]) => a - b)]);
      expect(found).toEqual(wanted);
    }),
    { numRuns: 500 },
  );
});
