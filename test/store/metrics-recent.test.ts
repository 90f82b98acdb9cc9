import { setImmediate as nextTurn } from "node:timers/promises";
import { DuckDBConnection } from "@duckdb/node-api";
import fc from "fast-check";
import { afterEach, expect, test, vi } from "vitest";
import { type EpochMs, epochMsOf } from "../../core/clock.ts";
import { METRIC_NAME, type Series } from "../../core/series.ts";
import type { EmbeddedMetrics } from "../../store/embedded/metrics/head.ts";
import { contentOf, EVERYTHING, labelsText, newPath, openHead, writeLines } from "./fixtures/open-head.ts";

const HOUR_MS = 3_600_000;
/** A quarter past: the hour before is over long enough to be sealed. */
const NOW = epochMsOf(Date.UTC(2026, 8, 21, 12, 15));
const START = Math.floor(NOW / HOUR_MS) * HOUR_MS - HOUR_MS;

afterEach(() => {
  vi.restoreAllMocks();
});

type Step =
  | { readonly kind: "lines"; readonly lines: readonly string[] }
  | { readonly kind: "samples"; readonly samples: readonly { host: string; at: EpochMs; value: number }[] }
  | { readonly kind: "seal" | "seal present" | "reopen" | "an hour later" };

const host = fc.constantFrom("a", "b", "c");
// Few times, so that many come twice; in two hours, of which one is over.
const at = fc
  .tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 1 }))
  .map(([ms, hour]) => epochMsOf(START + ms + hour * HOUR_MS));
const lineOf = (measurement: string, names: readonly string[]) =>
  fc
    .tuple(host, fc.uniqueArray(fc.constantFrom(...names), { minLength: 1 }), fc.array(fc.nat(1e6)), at)
    .map(([name, fields, values, ms]) => {
      const told = fields.map((field, place) => `${field}=${(values[place] ?? 7) / (place === 0 ? 1 : 100)}`);
      return `${measurement},host=${name} ${told.join()} ${ms}`;
    });
const STALE = new Float64Array(new BigUint64Array([0x7ff8_0000_0000_0002n]).buffer)[0] ?? 0;
const value = fc.oneof(fc.double(), fc.integer(), fc.constantFrom(-0, 0, Number.NaN, STALE));
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .array(fc.oneof(lineOf("mem", ["total_bytes", "free_bytes", "own"]), lineOf("pressure", ["avg10", "total_s"])))
      .map((lines) => ({ kind: "lines", lines }) as const),
  },
  {
    weight: 3,
    arbitrary: fc.array(fc.record({ host, at, value })).map((samples) => ({ kind: "samples", samples }) as const),
  },
  ...(["seal", "seal present", "reopen", "an hour later"] as const).map((kind) => ({
    weight: 1,
    arbitrary: fc.constant({ kind } as const),
  })),
);

async function take(head: EmbeddedMetrics, one: Step): Promise<void> {
  if (one.kind === "lines") await writeLines(head, one.lines);
  if (one.kind === "samples") {
    const samples = one.samples.map(({ host: name, ...sample }) => {
      return { labels: { [METRIC_NAME]: name === "a" ? "one" : "other", host: name }, ...sample };
    });
    await head.write({ samples });
  }
  if (one.kind === "seal") await head.seal();
  if (one.kind === "seal present") await head.sealPresent();
}

/** Everything, bit by bit. */
function told(series: readonly Series[]): readonly string[] {
  return series
    .map(({ labels, timesMs, values }) => {
      const bits = new BigUint64Array(Float64Array.from(values).buffer);
      return `${labelsText(labels)} ${[...timesMs].map((ms, place) => `${ms}=${bits[place]}`).join()}`;
    })
    .sort();
}

async function answersOf(head: EmbeddedMetrics, from: EpochMs, to: EpochMs): Promise<readonly unknown[]> {
  const ofMetric = (name: string) => [{ kind: "=", name: METRIC_NAME, value: name } as const];
  const answers: unknown[] = [];
  for (const matchers of [
    [],
    ofMetric("mem_free_bytes"),
    ofMetric("one"),
    [{ kind: "=", name: "host", value: "b" } as const],
  ]) {
    for (const span of [EVERYTHING, { from, to }]) {
      answers.push(told(await head.select({ matchers, ...span })));
      answers.push((await head.series({ matchers, ...span })).map(labelsText).sort());
    }
  }
  return answers;
}

// Of a small bound some parts find room and others do not.
test.each([64, 0.06])(
  "with %d MB of rows in memory all answers are what they are with none",
  async (recentMegabytes) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 2, maxLength: 8, size: "max" }),
        at,
        at,
        async (steps, one, other) => {
          const clock = { nowMs: NOW };
          const heads = [recentMegabytes, 0].map((megabytes) => ({ megabytes, path: newPath() }));
          const open = () =>
            Promise.all(
              heads.map(({ path, megabytes }) =>
                openHead(path, clock, { recentMegabytes: megabytes, retentionHours: 2 }),
              ),
            );
          let opened = await open();
          for (const taken of steps) {
            if (taken.kind === "an hour later") clock.nowMs = epochMsOf(clock.nowMs + HOUR_MS);
            if (taken.kind === "reopen") {
              await Promise.all(opened.map(({ close }) => close()));
              opened = await open();
            }
            await Promise.all(opened.map(({ head }) => take(head, taken)));
            const [from, to] = [epochMsOf(Math.min(one, other)), epochMsOf(Math.max(one, other))];
            const [kept, plain] = await Promise.all(opened.map(({ head }) => answersOf(head, from, to)));
            expect(kept).toEqual(plain);
          }
          await Promise.all(opened.map(({ close }) => close()));
        },
      ),
      { numRuns: 8 },
    );
  },
  120_000,
);

const tick = (count: number, second: number) =>
  Array.from(
    { length: count },
    (_, i) => `mem,host=h${i} total_bytes=${i + second},free_bytes=${second} ${NOW - 600_000 + second * 1_000}`,
  );

test("what is in memory is not asked of the engine; what was there before the start is, until it is sealed", async () => {
  const path = newPath();
  const clock = { nowMs: NOW };
  const first = await openHead(path, clock);
  const statements: string[] = [];
  for (const name of ["run", "stream"] as const) {
    const run = DuckDBConnection.prototype[name];
    vi.spyOn(DuckDBConnection.prototype, name).mockImplementation(function (this: DuckDBConnection, sql, ...more) {
      statements.push(sql);
      return run.call(this, sql, ...more);
    });
  }
  const asked = async (head: EmbeddedMetrics): Promise<readonly number[]> => {
    statements.length = 0;
    const matchers = [{ kind: "=", name: METRIC_NAME, value: "mem_free_bytes" } as const];
    const found = await head.selectBlocks({ matchers, ...EVERYTHING });
    const series = await head.series({ matchers, ...EVERYTHING });
    expect(series).toHaveLength(3);
    return [found.reduce((sum, { values }) => sum + values.length, 0), statements.length];
  };
  await writeLines(first.head, tick(3, 1));
  await writeLines(first.head, tick(3, 2));
  expect(await asked(first.head)).toEqual([6, 0]);
  await first.close();
  const { head } = await openHead(path, clock);
  await writeLines(head, tick(3, 3));
  const [samples, count] = await asked(head);
  expect(samples).toBe(9);
  expect(count).toBeGreaterThan(0);
  expect(head.stats().recentBytes).toBe(0);
  await head.sealPresent();
  await writeLines(head, tick(3, 4));
  const [all] = await asked(head);
  expect(all).toBe(12);
  expect(statements.filter((sql) => !sql.includes("parquet"))).toEqual([]);
});

test("memory is bounded: what is too much is given up and read from its table", async () => {
  const { head } = await openHead(newPath(), { nowMs: NOW }, { recentMegabytes: 1.3 });
  const sizes: number[] = [];
  for (let second = 1; second <= 60; second++) {
    await writeLines(head, tick(1_000, second));
    sizes.push(head.stats().recentBytes);
  }
  expect(sizes[0]).toBeGreaterThan(0);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(1_300_000);
  expect(sizes.at(-1)).toBe(0);
  expect((await contentOf(head, "mem_free_bytes")).size).toBe(60_000);
});

test.each(["seal", "retention"])("memory is given back: by %s", async (by) => {
  const clock = { nowMs: NOW };
  const { head } = await openHead(newPath(), clock, { retentionHours: 1 });
  await writeLines(head, tick(100, 1));
  expect(head.stats().recentBytes).toBeGreaterThan(0);
  if (by === "seal") await head.sealPresent();
  else {
    clock.nowMs = epochMsOf(NOW + 3 * HOUR_MS);
    await head.write({ samples: [] });
  }
  expect(head.stats().recentBytes).toBe(0);
});

test.each([true, false])(
  "rows whose commit failed are nowhere, and come once when they are written again (first of their hour: %s)",
  async (isNew) => {
    const { head } = await openHead(newPath(), { nowMs: NOW });
    if (!isNew) await writeLines(head, tick(2, 1));
    const before = await contentOf(head, "mem_free_bytes");
    const run = DuckDBConnection.prototype.run;
    const spy = vi.spyOn(DuckDBConnection.prototype, "run").mockImplementation(function (
      this: DuckDBConnection,
      sql,
      ...more
    ) {
      if (sql === "COMMIT") throw new Error("IO Error: no space left on device");
      return run.call(this, sql, ...more);
    });
    await expect(writeLines(head, tick(2, 2))).rejects.toMatchObject({ code: expect.stringMatching(/^store\./) });
    spy.mockRestore();
    expect(await contentOf(head, "mem_free_bytes")).toEqual(before);
    await writeLines(head, tick(2, 2));
    const after = await contentOf(head, "mem_free_bytes");
    expect(after.size).toBe(before.size + 2);
    await head.sealPresent();
    expect(await contentOf(head, "mem_free_bytes")).toEqual(after);
  },
);

test.each([1, 0.1])("who asks while rows are written never sees fewer than before (%d MB)", async (recentMegabytes) => {
  const { head } = await openHead(newPath(), { nowMs: NOW }, { recentMegabytes });
  await writeLines(head, tick(200, 1));
  let [isWriting, most] = [true, 200];
  const writing = (async () => {
    for (let second = 2; second <= 20; second++) {
      await writeLines(head, tick(200, second));
      // What is written is there.
      expect((await contentOf(head, "mem_free_bytes")).size).toBe(200 * second);
      if (second % 8 === 0) await head.sealPresent();
    }
  })().finally(() => {
    isWriting = false;
  });
  while (isWriting) {
    const { size } = await contentOf(head, "mem_free_bytes");
    expect(size).toBeGreaterThanOrEqual(most);
    // All rows of a commit, or none.
    expect(size % 200).toBe(0);
    most = size;
  }
  await writing;
});

test("a large write comes into memory in turns: asked meanwhile, no sample is wrong or there twice, and in the end all are there", async () => {
  const { head } = await openHead(newPath(), { nowMs: NOW }, { recentMegabytes: 64 });
  const [hosts, ticks] = [500, 250];
  // The first write of the part, and one that comes on top.
  for (const first of [0, ticks]) {
    const rows = Array.from({ length: hosts * ticks }, (_, row) => {
      const tick = first + Math.floor(row / hosts);
      return { host: `h${row % hosts}`, at: epochMsOf(START + tick * 1_000), value: tick };
    });
    const samples = rows.map(({ host: name, ...row }) => ({ labels: { [METRIC_NAME]: "one", host: name }, ...row }));
    let isWriting = true;
    const writing = head.write({ samples }).finally(() => {
      isWriting = false;
    });
    const counts: number[] = [];
    while (isWriting) {
      counts.push(await goodSamplesOf(head));
      await nextTurn();
    }
    await writing;
    expect(counts).toEqual(counts.toSorted((a, b) => a - b));
    expect(counts.filter((count) => count > first * hosts).length).toBeGreaterThan(first === 0 ? -1 : 0);
    expect(await goodSamplesOf(head)).toBe((first + ticks) * hosts);
  }
});

/** How many there are; each must be of its own time. */
async function goodSamplesOf(head: EmbeddedMetrics): Promise<number> {
  const found = await head.select({ matchers: [{ kind: "=", name: METRIC_NAME, value: "one" }], ...EVERYTHING });
  let count = 0;
  for (const { timesMs, values } of found) {
    for (const [place, ms] of timesMs.entries()) if (values[place] !== (ms - START) / 1_000) expect.fail(`${ms}`);
    expect(new Set(timesMs).size).toBe(timesMs.length);
    count += timesMs.length;
  }
  return count;
}
