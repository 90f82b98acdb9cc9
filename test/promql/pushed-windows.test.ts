import fc from "fast-check";
import { expect, test } from "vitest";
import { epochMsOf } from "../../core/clock.ts";
import { evaluateInstant, evaluateRange } from "../../promql/evaluate.ts";
import { RANGE_FUNCTIONS } from "../../promql/functions/range-functions.ts";
import { SharedReads } from "../../promql/shared-reads.ts";
import type { SeriesSource, WindowSelection } from "../../promql/source.ts";
import { WindowMaker } from "../../promql/window-blocks.ts";
import { given } from "./ask.ts";
import { BlockSource } from "./block-source.ts";
import { LAW_QUERIES, notation } from "./law-queries.ts";
import { told } from "./told.ts";

/** Works windows out itself, from what it would have handed over. */
class PushingSource extends BlockSource {
  pushed = 0;

  selectWindows = async ({ windows, ...selection }: WindowSelection) => {
    this.pushed++;
    const blocks = await this.selectBlocks({ ...selection, lastOnly: false });
    const maker = new WindowMaker(windows, selection.signal);
    try {
      return await Promise.all(blocks.map((block) => maker.blockOf(block)));
    } finally {
      for (const block of blocks) block.release?.();
    }
  };
}

const NUMBERS: { readonly [name: string]: readonly [string, string] } = {
  quantile_over_time: ["0.3, ", ""],
  predict_linear: ["", ", 60 + time() % 7"],
  double_exponential_smoothing: ["", ", 0.3, 0.6"],
};
const FUNCTIONS = [...RANGE_FUNCTIONS.keys()].map((name) => {
  const [before, behind] = NUMBERS[name] ?? ["", ""];
  return (range: string) => `${name}(${before}${range}${behind})`;
});
const QUERIES = [
  ...LAW_QUERIES,
  ...FUNCTIONS.flatMap((call) => [
    call("m[3m]"),
    `${call('{__name__=~"m|n",a="x"}[2m] offset 1m')} or vector(1)`,
    call("m[2m] @ 300"),
  ]),
  "m",
  '{__name__=~"m|n"}',
  "timestamp(m) - time()",
  "m offset 70s",
  "m @ end()",
  "sum by (a) (rate(m[2m])) / scalar(sum(rate(m[2m])))",
];

/** Or how it is refused: two metrics may lose the name that tells them apart. */
async function outcome(source: SeriesSource, query: string, atMs: number) {
  const shared = new SharedReads(source);
  return told(source, query, atMs, shared)
    .catch((error: unknown) => String(error))
    .finally(() => shared.end());
}

test.each(QUERIES)("what is worked out where the samples are is what comes of the samples: %s", async (query) => {
  await fc.assert(
    fc.asyncProperty(notation, fc.integer({ min: 0, max: 600_000 }), fc.boolean(), async (text, atMs, perMetric) => {
      const store = given(`${text}\n${text.replaceAll("m{", "n{")}`);
      const source = new PushingSource(store, perMetric);
      expect(await outcome(source, query, atMs)).toEqual(await outcome(store, query, atMs));
      expect(source.inUse.size).toBe(0);
    }),
    { numRuns: 10 },
  );
});

test("what two queries of one instant want of windows is worked out once, other parameters or functions apart", async () => {
  const source = new PushingSource(given('m{a="1"} 1 2 3 4\nm{a="2"} 2 4 8'), true);
  const shared = new SharedReads(source);
  const at = epochMsOf(120_000);
  const ask = (query: string) => evaluateInstant(query, at, { source, shared });
  for (const query of ["rate(m[2m])", "sum(rate(m[2m]))", "max(rate(m[2m])) > 0"]) await ask(query);
  expect(source.pushed).toBe(1);
  await ask("increase(m[2m])");
  await ask("quantile_over_time(0.2, m[2m])");
  await ask("quantile_over_time(0.9, m[2m])");
  expect(source.pushed).toBe(4);
  shared.end();
});

test("samples count against a query's limit where they are handed over, results where they are not", async () => {
  const text = `m ${Array.from({ length: 100 }, (_, i) => i).join(" ")}`;
  const [store, at] = [given(text), epochMsOf(6_000_000)];
  const limits = { maxSamples: 50 };
  const query = "sum_over_time(m[2h])";
  await expect(evaluateInstant(query, at, { source: store, limits })).rejects.toThrow("too many samples");
  expect(await evaluateInstant(query, at, { source: new PushingSource(store, true), limits })).toMatchObject({
    samples: [{ value: 4_950 }],
  });
  const range = { from: epochMsOf(0), to: at, stepMs: 60_000 };
  await expect(evaluateRange(query, range, { source: new PushingSource(store, true), limits })).rejects.toThrow(
    "too many samples",
  );
  const two = new PushingSource(given('m{a="1"} 1\nm{a="2"} 1'), true);
  await expect(evaluateInstant(query, epochMsOf(0), { source: two, limits: { maxSeries: 1 } })).rejects.toThrow(
    "matches 2 series",
  );
});
