import fc from "fast-check";
import { expect, test } from "vitest";
import { epochMsOf } from "../../core/clock.ts";
import { type LabelMatcher, METRIC_NAME, type Series } from "../../core/series.ts";
import type { EmbeddedMetrics } from "../../store/embedded/metrics/head.ts";
import { seriesOf } from "../../store/embedded/metrics/sample-block.ts";
import { labelsText, newPath, openHead, writeLines } from "./fixtures/open-head.ts";

const HOUR_MS = 3_600_000;
const NOON = epochMsOf(Date.UTC(2026, 8, 21, 12, 0));

interface Question {
  readonly matchers: readonly LabelMatcher[];
  readonly from: number;
  readonly to: number;
}

/** Series and its last sample, as text. */
function lastOf(series: readonly Series[]): readonly string[] {
  return series.map(({ labels, timesMs, values }) => {
    return `${labelsText(labels)} ${timesMs.at(-1)} ${values.at(-1)}`;
  });
}

async function agrees(head: EmbeddedMetrics, { matchers, from, to }: Question): Promise<void> {
  const selection = { matchers, from: epochMsOf(from), to: epochMsOf(to) };
  const blocks = await head.selectBlocks({ ...selection, lastOnly: true });
  const expected = lastOf(await head.select(selection));
  expect([...lastOf(blocks.flatMap(seriesOf))].sort()).toEqual([...expected].sort());
}

const time = fc.integer({ min: -6, max: 6 }).map((step) => NOON + step);
const line = fc
  .record({
    measurement: fc.constantFrom("mem", "mine", "other"),
    host: fc.constantFrom("a", "b", "c"),
    fields: fc.uniqueArray(fc.constantFrom("total_bytes", "free_bytes", "own", "value"), { minLength: 1 }),
    value: fc.integer({ min: 0, max: 99 }),
    at: time,
  })
  .map(({ measurement, host, fields, value, at }) => {
    return `${measurement},host=${host} ${fields.map((field) => `${field}=${value}`).join()} ${at}`;
  });
const question = fc.record({
  matchers: fc.constantFrom<readonly LabelMatcher[]>(
    [],
    [{ kind: "=", name: METRIC_NAME, value: "mem_total_bytes" }],
    [{ kind: "=~", name: "host", pattern: /^(?:a|b)$/ }],
    [{ kind: "!=", name: "host", value: "b" }],
    [{ kind: "=", name: "host", value: "nobody" }],
  ),
  from: time,
  to: time,
});
type Step = { readonly lines: readonly string[] } | { readonly asks: Question } | "reopen";
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ lines: fc.array(line, { maxLength: 8 }) }) },
  { weight: 4, arbitrary: fc.record({ asks: question }) },
  { weight: 1, arbitrary: fc.constant("reopen" as const) },
);

test("the last sample of a span is the one the tables have, however rows came and whenever it was opened", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 14, size: "max" }), async (steps) => {
      const path = newPath();
      let { head, close } = await openHead(path, { nowMs: NOON });
      for (const one of steps) {
        if (one === "reopen") {
          await close();
          ({ head, close } = await openHead(path, { nowMs: NOON }));
        } else if ("lines" in one) await writeLines(head, one.lines);
        else await agrees(head, one.asks);
      }
      await close();
    }),
    { numRuns: 60 },
  );
});

test("series that go leave the samples of the others to the others", async () => {
  const clock = { nowMs: NOON };
  const { head } = await openHead(newPath(), clock, { retentionHours: 1 });
  const lineOf = (host: number, at: number) => `mem,host=h${host} total_bytes=${host} ${at}`;
  await writeLines(
    head,
    Array.from({ length: 20 }, (_, host) => lineOf(host, NOON)),
  );
  clock.nowMs = epochMsOf(NOON + 2 * HOUR_MS);
  const later = [3, 8, 19].map((host) => lineOf(host, clock.nowMs));
  await writeLines(head, later);
  clock.nowMs = epochMsOf(NOON + 3 * HOUR_MS);
  await writeLines(head, [lineOf(8, clock.nowMs), lineOf(30, clock.nowMs)]);
  expect(head.stats().series).toBe(4 * 15);
  for (const matchers of [[], [{ kind: "=~", name: "host", pattern: /^(?:h8|h30)$/ } as const]]) {
    await agrees(head, { matchers, from: NOON, to: clock.nowMs });
  }
});

test("what matched is found again when series come and go", async () => {
  const clock = { nowMs: NOON };
  const { head } = await openHead(newPath(), clock, { retentionHours: 1 });
  const asks = { matchers: [{ kind: "!=", name: "host", value: "b" } as const], from: NOON, to: 4e12 };
  const hosts = async () => {
    await agrees(head, asks);
    const blocks = await head.selectBlocks({ ...asks, from: NOON, to: epochMsOf(asks.to), lastOnly: true });
    return blocks.flatMap(seriesOf).map(({ labels }) => labels.host);
  };
  await writeLines(
    head,
    ["a", "b", "c"].map((host) => `mem,host=${host} total_bytes=1 ${NOON}`),
  );
  expect(await hosts()).toEqual(["a", "c"]);
  await writeLines(
    head,
    ["d", "b"].map((host) => `mem,host=${host} total_bytes=1 ${NOON}`),
  );
  expect(await hosts()).toEqual(["a", "c", "d"]);
  clock.nowMs = epochMsOf(NOON + 2 * HOUR_MS);
  await writeLines(head, [`mem,host=e total_bytes=1 ${clock.nowMs}`]);
  expect(await hosts()).toEqual(["e"]);
});
