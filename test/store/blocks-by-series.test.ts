import fc from "fast-check";
import { expect, test } from "vitest";
import { METRIC_NAME } from "../../core/series.ts";
import { blocksBySeries } from "../../store/embedded/metrics/blocks-by-series.ts";
import { GroupCursor } from "../../store/embedded/metrics/group-cursor.ts";
import { RowScratch } from "../../store/embedded/metrics/row-scratch.ts";
import { seriesOf } from "../../store/embedded/metrics/sample-block.ts";

const HOUR_MS = 3_600_000;

interface Row {
  readonly series: number;
  readonly ms: number;
  readonly value: number;
}

const row = fc.record({
  series: fc.integer({ min: 0, max: 120 }),
  ms: fc.integer({ min: 0, max: 40 }),
  value: fc.oneof({ weight: 9, arbitrary: fc.integer({ min: 0, max: 9 }) }, { weight: 1, arbitrary: fc.constant(NaN) }),
});
const file = fc.record({
  rows: fc.array(row, { maxLength: 200, size: "max" }),
  rowsPerGroup: fc.integer({ min: 1, max: 50 }),
  fromMs: fc.integer({ min: 0, max: 20 }),
  toMs: fc.integer({ min: 10, max: 40 }),
});

/** As a sealed file has them: by series and time, each time once. */
function sealed(rows: readonly Row[]): readonly Row[] {
  const last = new Map(rows.map((one) => [`${one.series} ${one.ms}`, one]));
  return [...last.values()].sort((left, right) => left.series - right.series || left.ms - right.ms);
}

function groupsOf(rows: readonly Row[], size: number) {
  return Array.from({ length: Math.ceil(rows.length / size) }, (_, place) => {
    const some = rows.slice(place * size, (place + 1) * size);
    return {
      series: Int32Array.from(some, ({ series }) => series),
      ms: Int32Array.from(some, ({ ms }) => ms),
      values: Float64Array.from(some, ({ value }) => value),
    };
  });
}

function selectionOf(groups: readonly (readonly number[])[], isWide: boolean) {
  const members = groups.map((ids, place) => ({ metric: `m${place}`, members: { ids: Int32Array.from(ids) } }));
  return { isWide, groups: members, ids: Int32Array.from(groups.flat()) };
}

const space = { labelsOf: (id: number) => ({ id: String(id) }) };

test("rows of files beside each other, series by series, are what all their rows say, the later file's last", () => {
  fc.assert(
    fc.property(
      fc.array(file, { maxLength: 4 }),
      fc.uniqueArray(fc.integer({ min: 0, max: 130 }), { maxLength: 131, size: "max" }),
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 1, max: 300 }),
      fc.boolean(),
      (files, wanted, groupCount, rowsPerBlock, isWide) => {
        const groups = Array.from({ length: groupCount }, (_, group) =>
          wanted.filter((id) => id % groupCount === group).sort((left, right) => left - right),
        );
        const expected = new Map<string, Map<number, number>>();
        for (const [group, ids] of groups.entries()) {
          for (const id of ids) {
            const samples = new Map<number, number>();
            for (const { rows, fromMs, toMs } of files) {
              for (const { series, ms, value } of sealed(rows)) {
                if (series !== id || ms < fromMs || ms > toMs || (isWide && Number.isNaN(value))) continue;
                samples.set(HOUR_MS + ms, value);
              }
            }
            if (samples.size > 0) expected.set(`m${group} ${id}`, samples);
          }
        }
        const sources = files.map(
          ({ rows, rowsPerGroup, ...span }) =>
            new GroupCursor(groupsOf(sealed(rows), rowsPerGroup), { ...span, hour: 1 }),
        );
        const scratch = new RowScratch();
        const found = new Map<string, Map<number, number>>();
        for (const block of blocksBySeries(selectionOf(groups, isWide), sources, { scratch, space, rowsPerBlock })) {
          for (const { labels, timesMs, values } of seriesOf(block)) {
            expect([...timesMs]).toEqual([...timesMs].sort((left, right) => left - right));
            const key = `${labels[METRIC_NAME]} ${labels.id}`;
            expect(found.has(key)).toBe(false);
            found.set(key, new Map(Array.from(timesMs, (at, place) => [at, values[place] ?? 0])));
          }
        }
        expect([...found].map(([key, samples]) => [key, [...samples]])).toEqual(
          [...expected].map(([key, samples]) => [key, [...samples].sort(([left], [right]) => left - right)]),
        );
      },
    ),
    { numRuns: 300 },
  );
});
