import fc from "fast-check";
import { expect, test } from "vitest";
import { RecentCursor } from "../../store/embedded/metrics/recent-cursor.ts";
import { RecentRows } from "../../store/embedded/metrics/recent-rows.ts";
import { HOUR_MS, RowBuffer } from "../../store/embedded/metrics/row-buffer.ts";
import { RowScratch } from "../../store/embedded/metrics/row-scratch.ts";

const MOST_SERIES = 30;
/** Before a series is asked for some more rows of all of them may come: enough to close chunks. */
const asked = fc.record({ series: fc.nat(MOST_SERIES + 3), newTicks: fc.constantFrom(0, 0, 0, 1, 20) });

test("a cursor that looks ahead copies what there is of each series at that moment, in whatever order they are asked for", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 60 }),
      fc.uniqueArray(fc.nat(MOST_SERIES + 3), { maxLength: MOST_SERIES }),
      fc.array(asked, { maxLength: 40, size: "max" }),
      fc.record({ from: fc.nat(100), to: fc.nat(200) }),
      fc.boolean(),
      (ticks, expected, others, { from, to }, isAsExpected) => {
        const rows = new RecentRows(1);
        let tick = 0;
        const add = (count: number) => {
          for (const end = tick + count; tick < end; tick++) rows.add(tickOf(tick));
        };
        add(ticks);
        const wanted = { column: 0, fromMs: from * TICK_MS, toMs: to * TICK_MS, beginMs: 0 };
        const cursor = new RecentCursor(rows, wanted, Int32Array.from(expected));
        const [here, there] = [new RowScratch(), new RowScratch()];
        // Those that were told before, with additions as they come; or any others.
        const order = isAsExpected
          ? expected.map((series, place) => ({ series, newTicks: others[place]?.newTicks ?? 0 }))
          : others;
        for (const { series, newTicks } of order) {
          add(newTicks);
          const end = cursor.copy(series, here, 0);
          expect(end).toBe(rows.copy(series, wanted, there, 0));
          expect(here.timesMs.subarray(0, end)).toEqual(there.timesMs.subarray(0, end));
          expect(here.values.subarray(0, end)).toEqual(there.values.subarray(0, end));
          const inSpan = Math.max(0, Math.min(to, tick - 1) - from + 1);
          expect(end).toBe(series < MOST_SERIES ? inSpan : 0);
        }
        cursor.close();
      },
    ),
    { numRuns: 300 },
  );
});

const TICK_MS = HOUR_MS / 3_600;

function tickOf(tick: number): RowBuffer {
  const buffer = new RowBuffer({ table: "t", columns: ["c"] }, 0);
  for (let series = 0; series < MOST_SERIES; series++) {
    buffer.put(buffer.add(series, tick * TICK_MS), 0, 1_000 * series + tick);
  }
  return buffer;
}
