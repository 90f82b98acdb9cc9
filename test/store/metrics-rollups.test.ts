import { existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type EpochMs, epochMsOf } from "../../core/clock.ts";
import { METRIC_NAME, promqlName, type Series } from "../../core/series.ts";
import type { EmbeddedMetrics } from "../../store/embedded/metrics/head.ts";
import { seriesOf } from "../../store/embedded/metrics/sample-block.ts";
import { contentOf, EVERYTHING, labelsText, newPath, openHead, writeLines } from "./fixtures/open-head.ts";
import { type Rule, readByTier, type TierHours } from "./rolled-up-samples.ts";

const HOUR_MS = 3_600_000;
/** A quarter past: hours that are over are over long enough to be sealed. */
const START = epochMsOf(Date.UTC(2026, 8, 21, 20, 15));
const KEPT = { raw: 3, minutes: 24, hours: 72 };

const openAt = (path: string, clock: { readonly nowMs: EpochMs }) =>
  openHead(path, clock, {
    retentionHours: KEPT.raw,
    rollups: { minuteDays: KEPT.minutes / 24, hourDays: KEPT.hours / 24 },
  });

const RULES: { readonly [metric: string]: Rule } = {
  mem_total_bytes: "mean",
  mem_oom_kills: "last",
  pressure_avg10: "mean",
  pressure_total_s: "last",
};
const ruleOf = (metric: string): Rule => RULES[metric] ?? "narrow";

interface TestLine {
  readonly measurement: string;
  readonly host: string;
  readonly fields: readonly (readonly [string, number])[];
  readonly hoursAgo: number;
  readonly second: number;
}

interface Step {
  readonly hours: number;
  readonly reopens: boolean;
  /** Some files cannot be written at first. */
  readonly fails: boolean;
  readonly lines: readonly TestLine[];
  readonly late: readonly TestLine[];
}

const FIELDS = { mem: ["total_bytes", "oom_kills"], pressure: ["avg10", "total_s"], mine: ["x", "value"] } as const;
const value = fc.oneof(
  fc.integer({ min: -1e6, max: 1e6 }).map((hundredths) => hundredths / 100),
  fc.integer(),
);
const line: fc.Arbitrary<TestLine> = fc.constantFrom("mem", "pressure", "mine").chain((measurement) =>
  fc.record({
    measurement: fc.constant(measurement),
    host: fc.constantFrom("a", "b"),
    fields: fc.subarray([...FIELDS[measurement as keyof typeof FIELDS]], { minLength: 1 }).chain((names) =>
      fc.tuple(
        ...names.map((name) =>
          fc.tuple(
            fc.constant(name),
            fc.oneof(value, {
              weight: 1,
              arbitrary: fc.constant(measurement === "mine" && name === "value" ? Number.NaN : 7),
            }),
          ),
        ),
      ),
    ),
    hoursAgo: fc.integer({ min: 0, max: KEPT.raw }),
    second: fc.constantFrom(0, 1, 10, 59, 60, 61, 119, 899),
  }),
);
const step: fc.Arbitrary<Step> = fc.record({
  hours: fc.oneof(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 20, max: 26 })),
  reopens: fc.boolean(),
  fails: fc.boolean(),
  lines: fc.array(line, { maxLength: 30 }),
  late: fc.array(line, { maxLength: 5 }),
});

describe("rollups", () => {
  test("each hour reads like the finest tier that has it, whatever came late and whenever it was opened", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 5, size: "max" }), fc.nat(), async (steps, salt) => {
        const path = newPath();
        const clock = { nowMs: START };
        let { head, close } = await openAt(path, clock);
        const written = new Map<string, Map<number, number>>();
        for (const { hours, reopens, fails, lines, late } of steps) {
          clock.nowMs = epochMsOf(clock.nowMs + hours * HOUR_MS);
          if (reopens) {
            await close();
            ({ head, close } = await openAt(path, clock));
          }
          if (fails) await failToSeal(head, path, clock.nowMs);
          for (const some of [lines, late]) {
            await head.seal();
            await write(head, some, clock, written);
          }
          await head.seal();
          await write(head, [], clock, written);
          await expectTiers(head, written, Math.floor(clock.nowMs / HOUR_MS));
          await expectParts(head, salt, clock.nowMs);
        }
        await close();
      }),
      { numRuns: 8 },
    );
  }, 120_000);
});

/** What is in the way of rollups of the last hours and of the day before. */
async function failToSeal(head: EmbeddedMetrics, path: string, nowMs: number): Promise<void> {
  const hour = Math.floor(nowMs / HOUR_MS);
  const names = ["rows_mem", "rows_pressure", "samples"].flatMap((table) => [
    ...[1, 2, 3].flatMap((ago) => [0, 1, 2].map((generation) => `${table}_${hour - ago}_g${generation}_0_1m.parquet`)),
    `${table}_d${Math.floor(hour / 24) - 1}_g${hour}_0_1h.parquet`,
  ]);
  const folder = path.replace(/\.duckdb$/, "-sealed");
  const planted = names.map((name) => join(folder, name)).filter((file) => !existsSync(file));
  for (const file of planted) mkdirSync(join(file, "taken"), { recursive: true });
  await head.seal().catch((error: unknown) => expect(error).toMatchObject({ code: expect.stringMatching(/^store\./) }));
  for (const file of planted) rmSync(file, { recursive: true });
}

async function write(
  head: EmbeddedMetrics,
  lines: readonly TestLine[],
  clock: { readonly nowMs: EpochMs },
  written: Map<string, Map<number, number>>,
): Promise<void> {
  const timed = lines.map((one) => {
    const hour = Math.floor(clock.nowMs / HOUR_MS) - one.hoursAgo;
    return { ...one, at: hour * HOUR_MS + one.second * 1_000 };
  });
  await writeLines(
    head,
    timed.map(
      ({ measurement, host, fields, at }) => `${measurement},host=${host} ${fields.map(fieldText).join()} ${at}`,
    ),
  );
  for (const { measurement, host, fields, at } of timed) {
    for (const [field, number] of fields) {
      const key = labelsText({ [METRIC_NAME]: promqlName(measurement, field), cluster: "c", host });
      const samples = written.get(key) ?? new Map<number, number>();
      written.set(key, samples.set(at, number));
    }
  }
}

function fieldText([name, number]: readonly [string, number]): string {
  return Number.isNaN(number) ? `value_is="nan"` : `${name}=${number}`;
}

async function expectTiers(
  head: EmbeddedMetrics,
  written: ReadonlyMap<string, ReadonlyMap<number, number>>,
  presentHour: number,
  kept: TierHours = KEPT,
): Promise<void> {
  const expected = new Map<string, number>();
  for (const [key, samples] of written) {
    const rule = ruleOf(String(new Map<string, string>(JSON.parse(key)).get(METRIC_NAME)));
    for (const [at, number] of readByTier(samples, rule, kept, presentHour)) expected.set(`${key} ${at}`, number);
  }
  const found = await contentOf(head);
  expect([...found.keys()].sort()).toEqual([...expected.keys()].sort());
  for (const [key, number] of expected) {
    const read = found.get(key) ?? 0;
    // Sums are added up in any order, and kept to seven digits.
    if (!(Math.abs(read - number) <= 2.4e-7 * Math.abs(number))) expect([key, read]).toEqual([key, number]);
  }
}

/** Any span reads like that part of everything; which series there are is what has samples. */
async function expectParts(head: EmbeddedMetrics, salt: number, nowMs: number): Promise<void> {
  const all = (await head.selectBlocks({ matchers: [], ...EVERYTHING })).flatMap(seriesOf);
  const from = epochMsOf(nowMs - (salt % 100) * HOUR_MS - (salt % 61) * 1_000);
  const to = epochMsOf(from + (salt % 37) * HOUR_MS);
  const samples = (series: readonly Series[]) =>
    series
      .flatMap(({ labels, timesMs, values }) =>
        [...timesMs].flatMap((at, i) => (at >= from && at <= to ? [`${labelsText(labels)} ${at} ${values[i]}`] : [])),
      )
      .sort();
  expect(samples(await head.select({ matchers: [], from, to }))).toEqual(samples(all));
  const present = all.filter(({ timesMs }) => timesMs.some((at) => at >= from && at <= to));
  const told = await head.series({ matchers: [], from, to });
  expect(told.map(labelsText).sort()).toEqual(present.map(({ labels }) => labelsText(labels)).sort());
}
