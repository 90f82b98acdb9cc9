import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { TightScopes } from "../../collector/head/tight-scopes.ts";
import { type EpochMs, epochMsOf } from "../../core/clock.ts";
import { type CountByScope, NONE_BY_SCOPE, sumByScope } from "../../store/embedded/metrics/refused.ts";
import type { SeriesLimits } from "../../store/embedded/metrics/series-limits.ts";
import { WIDEST_COLUMNS } from "../../store/embedded/metrics/shapes.ts";
import { contentOf, newPath, openHead, writeLines } from "./fixtures/open-head.ts";
import { type OracleLine, SeriesOracle, textOf } from "./fixtures/series-oracle.ts";

const HOUR_MS = 3_600_000;
const START = epochMsOf(Date.UTC(2026, 8, 21, 12, 30));
const RETENTION_HOURS = 2;
/** The label `writeLines` gives lines without one. */
const CLUSTER = "c";

const line: fc.Arbitrary<OracleLine> = fc.record({
  measurement: fc.constantFrom("mem", "own", "own_x", "other"),
  tags: fc.record({
    cluster: fc.constantFrom(undefined, "c2"),
    host: fc.constantFrom("a", "a", "b", undefined),
    i: fc.constantFrom("1", "2", "3", undefined),
  }),
  fields: fc.uniqueArray(fc.constantFrom("total_bytes", "free_bytes", "x", "y", "value"), {
    minLength: 1,
    maxLength: 3,
  }),
});
const limit = fc.oneof(fc.integer({ min: 0, max: 40 }), fc.constant(Number.POSITIVE_INFINITY));
const limits = fc.record({ store: limit, cluster: limit, host: limit, measurement: limit });

type Step =
  | { readonly kind: "write"; readonly lines: readonly OracleLine[] }
  | { readonly kind: "hours"; readonly hours: number }
  | { readonly kind: "reopen" };
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.array(line, { maxLength: 12 }).map((lines) => ({ kind: "write", lines }) as const) },
  { weight: 2, arbitrary: fc.integer({ min: 1, max: 2 }).map((hours) => ({ kind: "hours", hours }) as const) },
  { weight: 1, arbitrary: fc.constant({ kind: "reopen" } as const) },
);

const hourOf = (ms: number): number => Math.floor(ms / HOUR_MS);

describe("limits of series", () => {
  test("hold in any order of lines, hours and restarts, and a series that is there is never refused: as a slow oracle says", async () => {
    await fc.assert(
      fc.asyncProperty(limits, fc.array(step, { minLength: 1, maxLength: 10, size: "max" }), async (series, steps) => {
        const path = newPath();
        const clock: { nowMs: EpochMs } = { nowMs: START };
        const options = { retentionHours: RETENTION_HOURS, series };
        const oracle = new SeriesOracle(series, CLUSTER);
        const hours = new Set<number>();
        let { head, close } = await openHead(path, clock, options);
        let tight = new TightScopes();
        let refusedBefore: CountByScope = NONE_BY_SCOPE;
        const forget = () => {
          const oldest = hourOf(clock.nowMs) - RETENTION_HOURS;
          for (const hour of hours) if (hour < oldest) hours.delete(hour);
          oracle.forgetBefore(oldest);
        };
        for (const one of steps) {
          switch (one.kind) {
            case "hours":
              clock.nowMs = epochMsOf(clock.nowMs + one.hours * HOUR_MS);
              break;
            case "write": {
              await writeLines(
                head,
                one.lines.map((each) => textOf(each, clock.nowMs)),
              );
              for (const each of one.lines) oracle.write(each, hourOf(clock.nowMs));
              if (one.lines.some((each) => oracle.rowsOf(each).some((row) => oracle.has(row))))
                hours.add(hourOf(clock.nowMs));
              forget();
              break;
            }
            case "reopen": {
              refusedBefore = sumByScope(refusedBefore, head.stats().refused.tooManySeries);
              await close();
              ({ head, close } = await openHead(path, clock, options));
              tight = new TightScopes();
              oracle.keepAllAsOf(Math.max(Number.NEGATIVE_INFINITY, ...hours));
              forget();
            }
          }
          const changes = head.takeTightChanges();
          if (changes !== undefined) tight.apply(changes);
          const stats = head.stats();
          expect(stats.series).toBe(oracle.series);
          expect(stats.series).toBeLessThanOrEqual(series.store);
          expect(sumByScope(refusedBefore, stats.refused.tooManySeries)).toEqual(oracle.refused);
          expect(stats.largest.hosts.map((scope) => scope.series)).toEqual(oracle.counts("host").slice(0, 3));
          expect(stats.largest.measurements.map((scope) => scope.series)).toEqual(
            oracle.counts("measurement").slice(0, 3),
          );
          expectTight(tight, oracle, series);
        }
        const found = [...(await contentOf(head)).keys()].map((key) => key.replace(/ \d+$/, ""));
        const kept = [...oracle.written].filter(([, hour]) => hours.has(hour)).map(([key]) => key);
        expect([...new Set(found)].sort()).toEqual(kept.sort());
        await close();
      }),
      { numRuns: 30 },
    );
  });
});

/** A scope with series is tight when the widest of lines may find no room in it. */
function expectTight(tight: TightScopes, oracle: SeriesOracle, limits: SeriesLimits): void {
  for (const cluster of [CLUSTER, "c2"]) {
    for (const host of ["a", "b", undefined]) {
      for (const measurement of ["mem", "own", "own_x", "other"]) {
        const origin = { cluster, host, measurement };
        const isTight = (["store", "cluster", "host", "measurement"] as const).some((kind) => {
          const count = oracle.countOf(kind, origin);
          return count > 0 && count + WIDEST_COLUMNS > limits[kind];
        });
        expect(tight.has(cluster, host, measurement), JSON.stringify(origin)).toBe(isTight);
      }
    }
  }
}
