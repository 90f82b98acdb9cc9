import { describe, expect, test } from "vitest";
import { epochMsOf } from "../../core/clock.ts";
import { OperatorError } from "../../core/errors.ts";
import { METRIC_NAME } from "../../core/series.ts";
import type { JoinedParts } from "../../store/joined-reader.ts";
import type { Selection } from "../../store/metric-store.ts";
import { MemoryMetricStore } from "../fakes/memory-metric-store.ts";
import { away, joined, sample, span } from "./fixtures/joined-stores.ts";
import { newPath, openHead, writeLines } from "./fixtures/open-head.ts";

const HOUR_MS = 3_600_000;
const START = Date.UTC(2026, 8, 21, 10);
const NOW = epochMsOf(START + 5 * HOUR_MS + 900_000);
const LABELS = { [METRIC_NAME]: "mem_total_bytes", cluster: "c", host: "a" };

/** A head with the minutes of an hour, whose samples were 1 and 3, and with a sample of now; and what is asked of it. */
async function withRollups(parts: Partial<JoinedParts> = {}) {
  const clock = { nowMs: epochMsOf(START + HOUR_MS + 900_000) };
  const { head } = await openHead(newPath(), clock, { retentionHours: 3, rollups: { minuteDays: 1, hourDays: 0 } });
  const line = (value: number, at: number, host = "a") => `mem,host=${host} total_bytes=${value} ${at}`;
  await writeLines(head, [line(1, START + 1_000), line(3, START + 3_000), line(1, START, "gone")]);
  await head.seal();
  clock.nowMs = NOW;
  await writeLines(head, [line(5, NOW)]);
  const long = new MemoryMetricStore();
  const { reader } = joined({
    ...{ head, long, headFrom: () => epochMsOf(START + 3 * HOUR_MS) },
    rollupsEndMs: () => head.stats().sealed.rollupsEndMs,
    ...parts,
  });
  return {
    reader,
    had: (samples: readonly (readonly [at: number, value: number])[]) =>
      long.write({ samples: samples.map(([at, value]) => ({ labels: LABELS, at: epochMsOf(at), value })) }),
    read: async (from: number, warn?: (message: string) => void) => {
      const matchers = [{ kind: "=", name: "host", value: "a" } as const];
      const [series] = await reader.select({ ...span(from, NOW), matchers, warn });
      return [...(series?.timesMs ?? [])].map((at, place) => [at, series?.values[place]]);
    },
  };
}

describe("with rollups from before there was a long store", () => {
  test("what is before its first sample is answered from them", async () => {
    const { read, had } = await withRollups();
    const [mean, now] = [[START + 3_000, 2] as const, [NOW, 5] as const];
    expect(await read(START)).toEqual([mean, now]);
    const first = [START + 2 * HOUR_MS, 7] as const;
    await had([first]);
    expect(await read(START)).toEqual([mean, first, now]);
    expect(await read(START + 3_001)).toEqual([first, now]);
  });

  test("no mean comes among its samples", async () => {
    const samples = [1_000, 2_500, 3_000, 3_500].map((ms) => [START + ms, ms] as const);
    // From its first one on, though it is not all that there was.
    for (const some of [samples, samples.slice(1), samples.filter(([at]) => at !== START + 3_000)]) {
      const { read, had } = await withRollups();
      await had(some);
      expect(await read(START)).toEqual([...some, [NOW, 5]]);
    }
  });

  test("what lies after them is not looked for in them", async () => {
    const asked: Selection[] = [];
    const head = new MemoryMetricStore();
    const { reader } = joined({
      head: {
        select: async (selection) => {
          asked.push(selection);
          return head.select(selection);
        },
        series: async () => [],
      },
      headFrom: () => NOW,
      rollupsEndMs: () => START,
    });
    await reader.select(span(START - 5, NOW));
    await reader.select(span(START, NOW));
    expect(asked.map(({ from, to, only }) => [only, from - START, to - START])).toEqual([
      ["samples", -5, NOW - START],
      ["rollups", -5, -1],
      ["samples", 0, NOW - START],
    ]);
  });

  test("they are answered while it is away", async () => {
    const { read } = await withRollups({ long: away("store.unreachable") });
    const warnings: string[] = [];
    expect(await read(START, (message) => warnings.push(message))).toEqual([
      [START + 3_000, 2],
      [NOW, 5],
    ]);
    expect(warnings).toHaveLength(1);
  });

  test("series that have nothing else are told, unless they are too many", async () => {
    const { reader } = await withRollups();
    const hosts = (await reader.series(span(START, NOW))).flatMap(({ host }) => host ?? []);
    expect([...new Set(hosts)].sort()).toEqual(["a", "gone"]);
    const refusal = new OperatorError({ code: "query.too_large", message: "too many", hint: "", status: 422 });
    const { labels } = sample("a", NOW, 1);
    const head = {
      select: async () => [],
      series: async ({ only }: { readonly only?: string | undefined }) => {
        if (only !== "samples") throw refusal;
        return [labels];
      },
    };
    const { reader: ofMany } = joined({ head, rollupsEndMs: () => NOW });
    const warnings: string[] = [];
    expect(await ofMany.series(span(0, NOW, { warn: (message) => warnings.push(message) }))).toEqual([labels]);
    expect(warnings).toEqual([expect.stringContaining("too many")]);
  });
});
