import fc from "fast-check";
import { expect, test } from "vitest";
import { epochMsOf } from "../../core/clock.ts";
import { evaluateRange } from "../../promql/evaluate.ts";
import { formatLabels, omitLabels, pickLabels, withoutName } from "../../promql/labels.ts";
import type { SeriesSource } from "../../promql/source.ts";
import { given } from "./ask.ts";
import { notation } from "./law-queries.ts";

const RANGE = { from: epochMsOf(120_000), to: epochMsOf(420_000), stepMs: 60_000 };

async function seriesOf(query: string, source: SeriesSource) {
  const { series } = await evaluateRange(query, RANGE, { source });
  return series.map(({ labels, timesMs, values }) => ({
    labels,
    samples: new Map([...timesMs].map((at, place) => [at, values[place]])),
  }));
}

type Found = Awaited<ReturnType<typeof seriesOf>>;

/** What the operator means, from both sides as they are. */
function combined(op: "and" | "unless", sides: { left: Found; right: Found }, keyOf: (labels: object) => string) {
  return sides.left.flatMap(({ labels, samples }) => {
    const others = sides.right.filter((one) => keyOf(one.labels) === keyOf(labels));
    const kept = [...samples].filter(([at]) => others.some((one) => one.samples.has(at)) === (op === "and"));
    return kept.length === 0 ? [] : [`${formatLabels(labels)} ${JSON.stringify(kept)}`];
  });
}

const LEFTS = ["m > 25", 'm{a="x"} == 0', "m < 0", "n * 2", "sum by (a) (m) > 30", "m"];
const RIGHTS = [
  "max_over_time(n[3m]) >= 20",
  "-n",
  "20 < n offset 1m",
  "abs(n)",
  "rate(n[2m:30s])",
  "quantile_over_time(0.5, n[2m])",
  "sum by (a) (n)",
  'label_replace(n{b="2"}, "b", "1", "b", ".*")',
  "n or m",
  "absent_over_time(n[2m])",
  'n{b=~"1|"}',
];
const MATCHINGS = ["", "on (a)", "on (a, b)", "ignoring (b)", "on ()", "on (c)"] as const;

function keyBy(matching: (typeof MATCHINGS)[number]) {
  const names = /\((.*)\)/.exec(matching)?.[1]?.split(", ") ?? [];
  return (labels: object) => {
    const own = withoutName({ ...labels });
    return JSON.stringify(
      Object.entries(matching.startsWith("on") ? pickLabels(own, names) : omitLabels(own, names)).sort(),
    );
  };
}

test.each(["and", "unless"] as const)(
  "%s is what both sides say, whichever series its right side is narrowed to",
  async (op) => {
    await fc.assert(
      fc.asyncProperty(
        notation,
        fc.constantFrom(...LEFTS),
        fc.constantFrom(...RIGHTS),
        fc.constantFrom(...MATCHINGS),
        async (text, leftText, rightText, matching) => {
          const source = given(
            `${text}\n${text.replaceAll("m{", "n{").replaceAll('b="1"', 'b=""')}\nn{a="(x|y)"} 30 40 50`,
          );
          const sides = { left: await seriesOf(leftText, source), right: await seriesOf(rightText, source) };
          const found = await seriesOf(`(${leftText}) ${op} ${matching} (${rightText})`, source);
          const told = found.map(({ labels, samples }) => `${formatLabels(labels)} ${JSON.stringify([...samples])}`);
          expect(told.sort()).toEqual(combined(op, sides, keyBy(matching)).sort());
        },
      ),
      { numRuns: 500 },
    );
  },
);

test("what no row on the left can match is not read", async () => {
  const hosts = Array.from({ length: 50 }, (_, i) => `up{host="h${i}",path="/a.b|c"} ${i < 2 ? "1 0" : "1 1"}`);
  const store = given(hosts.join("\n"));
  const read: number[] = [];
  const source: SeriesSource = {
    select: async (selection) => {
      const found = await store.select(selection);
      read.push(found.length);
      return found;
    },
  };
  const query = "up == 0 and max_over_time(up[5m]) == 1";
  const at = { from: epochMsOf(60_000), to: epochMsOf(60_000), stepMs: 1 };
  expect((await evaluateRange(query, at, { source })).series.map(({ labels }) => labels.host)).toEqual(["h0", "h1"]);
  expect(read).toEqual([50, 2]);
  await evaluateRange("up > 1 and max_over_time(up[5m]) == 1", at, { source });
  expect(read.slice(2)).toEqual([50]);
});

test("what is said of all series together is said of all of them", async () => {
  const source = given('m{a="x"} 1 1\nn{a="y"} 1 1');
  const at = { from: epochMsOf(60_000), to: epochMsOf(60_000), stepMs: 1 };
  for (const right of ["absent_over_time(n[2m])", "absent(n)", "n or absent(n)", "count(n) < 1"]) {
    expect((await evaluateRange(`m and ${right}`, at, { source })).series).toEqual([]);
  }
});
