import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import { type EpochMs, epochMsOf } from "../../core/clock.ts";
import { type LabelMatcher, type Labels, METRIC_NAME, matchesAll } from "../../core/series.ts";
import { DuckDbFile } from "../../store/embedded/duckdb-file.ts";
import type { EmbeddedMetrics } from "../../store/embedded/metrics/head.ts";
import { PastSeries } from "../../store/embedded/metrics/past-series.ts";
import { seriesOf } from "../../store/embedded/metrics/sample-block.ts";
import { SeriesIndex } from "../../store/embedded/metrics/series-index.ts";
import { narrowShape } from "../../store/embedded/metrics/shapes.ts";
import { EVERYTHING, labelsText, newPath, openHead } from "./fixtures/open-head.ts";

const HOUR_MS = 3_600_000;
const START = epochMsOf(Date.UTC(2026, 8, 21, 12, 15));
const HOSTS: LabelMatcher[] = [{ kind: "=", name: METRIC_NAME, value: "up" }];

const openAt = (path: string, clock: { readonly nowMs: EpochMs }, pastSeries = 1_000) =>
  openHead(path, clock, { retentionHours: 2, rollups: { minuteDays: 2, hourDays: 4 }, pastSeries });

/** So many hours later, an hour or more at a time. */
async function later(head: EmbeddedMetrics, clock: { nowMs: EpochMs }, hours: number, atATime = 1): Promise<void> {
  for (let hour = 0; hour < hours; hour += atATime) {
    clock.nowMs = epochMsOf(clock.nowMs + atATime * HOUR_MS);
    await head.seal();
    await head.write({ samples: [{ labels: { [METRIC_NAME]: "clock" }, at: clock.nowMs, value: hour }] });
  }
}

const up = (labels: Labels, at: number, value: number) => ({
  ...{ labels: { [METRIC_NAME]: "up", ...labels }, at: epochMsOf(at), value },
});

describe("series whose samples are gone", () => {
  test("leave memory, are found by who asks for their hours, and by nobody else", async () => {
    const path = newPath();
    const clock = { nowMs: START };
    const { head, close } = await openAt(path, clock);
    await head.write({ samples: [up({ host: "gone" }, START, 1)] });
    await later(head, clock, 4);
    expect(head.stats()).toMatchObject({ series: 1, pastSeries: 1 });
    const found = await head.series({ matchers: HOSTS, from: START, to: START });
    expect(found).toEqual([{ [METRIC_NAME]: "up", host: "gone" }]);
    expect(await head.select({ matchers: HOSTS, from: clock.nowMs, to: clock.nowMs })).toEqual([]);
    await close();
    const again = await openAt(path, clock);
    expect(again.head.stats()).toMatchObject({ series: 1, pastSeries: 1 });
    expect(await again.head.series({ matchers: HOSTS, ...EVERYTHING })).toEqual(found);
  });

  test("come back as the same series, however often, and another start between gives their ids to nobody", async () => {
    const path = newPath();
    const clock = { nowMs: START };
    let { head, close } = await openAt(path, clock);
    const expected: number[] = [];
    for (const value of [1, 2, 3]) {
      await head.write({ samples: [up({ host: "a" }, clock.nowMs, value)] });
      expected.push(clock.nowMs);
      await later(head, clock, 4);
      await close();
      ({ head, close } = await openAt(path, clock));
      await head.write({ samples: [up({ host: `new-${value}` }, clock.nowMs, 9)] });
    }
    const series = await head.select({ matchers: [...HOSTS, { kind: "=", name: "host", value: "a" }], ...EVERYTHING });
    expect(series.map(({ timesMs, values }) => [[...timesMs], [...values]])).toEqual([[expected, [1, 2, 3]]]);
    expect(await head.series({ matchers: HOSTS, ...EVERYTHING })).toHaveLength(4);
    const [last] = await head.selectBlocks({ matchers: HOSTS, ...EVERYTHING, lastOnly: true });
    expect(
      last &&
        seriesOf(last)
          .map(({ labels }) => labels.host)
          .sort(),
    ).toEqual(["a", "new-1", "new-2", "new-3"]);
  });

  test("go for good with the last tier that has them", async () => {
    const clock = { nowMs: START };
    const { head } = await openAt(newPath(), clock);
    await head.write({ samples: [up({ host: "gone" }, START, 1)] });
    const seen: number[] = [];
    for (let day = 0; day < 6; day++) {
      await later(head, clock, 24, 8);
      expect(await head.series({ matchers: HOSTS, ...EVERYTHING })).toHaveLength(head.stats().pastSeries);
      seen.push(head.stats().pastSeries);
    }
    // Four days after its own is over, which is half a day later.
    expect(seen).toEqual([1, 1, 1, 1, 0, 0]);
  });

  test("above the limit those that ended first are forgotten", async () => {
    const clock = { nowMs: START };
    const { head } = await openAt(newPath(), clock, 2);
    for (const host of ["a", "b", "c", "d"]) {
      await head.write({ samples: [up({ host }, clock.nowMs, 1)] });
      await later(head, clock, 1);
    }
    await later(head, clock, 4);
    expect(head.stats().pastSeries).toBe(2);
    const found = await head.series({ matchers: HOSTS, ...EVERYTHING });
    expect(found.map(({ host }) => host)).toEqual(["c", "d"]);
  });

  test("are found while they are on their way into the table, and after a transaction that failed", async () => {
    const file = await DuckDbFile.open(newPath(), { threads: 1, memoryMegabytes: 64 });
    onTestFinished(() => file.close());
    const { past } = await file.use("write", async (connection) => {
      await connection.run("CREATE TABLE series (id INTEGER)");
      return PastSeries.load(file, connection, 10);
    });
    const index = new SeriesIndex();
    index.add(narrowShape("up"), { host: "a" }, "up", { id: 7, lastHour: 100 });
    past.leave(index.forgetBefore(101));
    const found = async () => (await past.find({ matchers: HOSTS, ...EVERYTHING })).match(HOSTS);
    expect((await found()).map(({ members }) => [...members.ids])).toEqual([[7]]);
    const failing = file.use("write", async (connection) => {
      await connection.run("BEGIN");
      await past.store(connection, 0);
      throw new Error("no space left");
    });
    await expect(failing).rejects.toThrow();
    expect((await found()).map(({ members }) => [...members.ids])).toEqual([[7]]);
    await file.use("write", async (connection) => (await past.store(connection, 0)).stored());
    expect(past).toMatchObject({ leaving: 0, size: 1 });
    expect((await found()).map(({ members }) => [...members.ids])).toEqual([[7]]);
  });

  test("are matched as others are, whatever stands in their labels", async () => {
    const text = fc.constantFrom("a", "b", "", '"', "\\", "%", "_", 'a","b', "['x']", "é", "constructor");
    const labels = fc.dictionary(
      fc.constantFrom("host", "x", "__proto_"),
      text.filter((value) => value !== ""),
      { maxKeys: 3 },
    );
    const matcher: fc.Arbitrary<LabelMatcher> = fc.oneof(
      fc.record({
        kind: fc.constantFrom("=" as const, "!=" as const),
        name: fc.constantFrom("host", "x", "absent"),
        value: text,
      }),
      fc.record({
        kind: fc.constantFrom("=~" as const, "!~" as const),
        name: fc.constantFrom("host", "x", METRIC_NAME),
        pattern: fc.constantFrom(/^(?:a|b)$/, /^(?:.*)$/, /^(?:.+)$/, /^(?:up)$/, /^(?:.*p.*)$/),
      }),
      fc.record({
        kind: fc.constant("=" as const),
        name: fc.constant(METRIC_NAME),
        value: fc.constantFrom("up", "upper", ""),
      }),
    );
    const metric = fc.constantFrom("up", "upper");
    const one = fc.tuple(metric, labels).map(([name, rest]) => ({ [METRIC_NAME]: name, ...rest }));
    const clock = { nowMs: START };
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(one, { minLength: 1, maxLength: 12, selector: labelsText }),
        fc.array(fc.array(matcher, { minLength: 1, maxLength: 3 }), { minLength: 10, maxLength: 30 }),
        async (all, questions) => {
          const now = { ...clock };
          const { head, close } = await openAt(newPath(), now);
          await head.write({ samples: all.map((of) => ({ labels: of, at: START, value: 1 })) });
          await later(head, now, 4);
          expect(head.stats().pastSeries).toBe(all.length);
          for (const matchers of questions) {
            const found = await head.series({ matchers, from: START, to: START });
            const expected = all.filter((of) => matchesAll(of, matchers));
            expect(found.map(labelsText).sort()).toEqual(expected.map(labelsText).sort());
          }
          await close();
        },
      ),
      { numRuns: 8 },
    );
  });
});
