import { describe, expect, test } from "vitest";
import { epochMsOf } from "../../core/clock.ts";
import type { LabelSpace, SeriesBlock } from "../../core/series-block.ts";
import { evaluateInstant, evaluateRange } from "../../promql/evaluate.ts";
import { labelTableOf } from "../../promql/shared-reads.ts";
import type { SeriesSource } from "../../promql/source.ts";
import { countWork, nextTurn } from "../../promql/turns.ts";

const SERIES = 60_000;
const AT = epochMsOf(60_000);

/** Two metrics with a sample of each of many series; new labels each time, so that nothing is known of them. */
function manySeries(): SeriesSource {
  const labels = Array.from({ length: SERIES }, (_, i) => ({ i: String((i * 7_919) % SERIES), host: `host-${i}` }));
  const space: LabelSpace = { labelsOf: (id) => labels[id] ?? {} };
  const blockOf = (names: string): SeriesBlock => ({
    names,
    space,
    ids: Int32Array.from(labels, (_, id) => id),
    begins: Uint32Array.from({ length: SERIES + 1 }, (_, i) => i),
    timesMs: new Float64Array(SERIES).fill(AT),
    values: Float64Array.from(labels, (_, i) => (i * 7_907) % SERIES),
  });
  return {
    select: async () => [],
    selectBlocks: async ({ matchers }) => [blockOf(String(matchers.map((one) => ("value" in one ? one.value : ""))))],
  };
}

/** The most processor time this thread spent between two turns: on a busy machine, a clock would tell of the neighbours. */
async function longestOwnMs(job: () => Promise<unknown>): Promise<number> {
  let [mostMs, isOver] = [0, false];
  let before = process.threadCpuUsage();
  const look = () => {
    const { user, system } = process.threadCpuUsage(before);
    before = process.threadCpuUsage();
    mostMs = Math.max(mostMs, (user + system) / 1_000);
    if (!isOver) setImmediate(look);
  };
  setImmediate(look);
  await new Promise(setImmediate);
  mostMs = 0;
  await job();
  await new Promise(setImmediate);
  isOver = true;
  return mostMs;
}

/** Of three times, since a collection of garbage may fall into a turn, but not into the same one each time. */
async function longestTurnMs(job: (source: SeriesSource) => Promise<unknown>): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let time = 0; time < 3; time++) {
    const source = manySeries();
    least = Math.min(least, await longestOwnMs(() => job(source)));
    expect(labelTableOf(source).size).toBeGreaterThan(SERIES);
  }
  return least;
}

describe("many rows leave turns to others", () => {
  test.each([
    "m",
    "sort_desc(m)",
    'sort_by_label(m, "i")',
    "topk(50000, m)",
    "sum by (host) (m)",
    "m * on (host) group_left n",
    "m / ignoring (i) n",
    "m or n",
    'label_replace(m, "short", "$1", "host", "host-(.*)")',
    'count_values("v", m)',
    "rate(m[1m]) or last_over_time(n[1m])",
  ])("in %s", async (query) => {
    // Turns are of ten milliseconds.
    expect(await longestTurnMs((source) => evaluateInstant(query, AT, { source }))).toBeLessThan(80);
  });

  test("in a range query with its series in order", async () => {
    const range = { from: AT, to: epochMsOf(AT + 90_000), stepMs: 10_000 };
    expect(await longestTurnMs((source) => evaluateRange("m > 5", range, { source }))).toBeLessThan(80);
  });
});

test("evaluations that are there at once take turns: in each turn of the loop one of them goes on", async () => {
  const order: string[] = [];
  const busy = async (name: string) => {
    for (let turn = 0; turn < 3; turn++) {
      while (!countWork(50_000));
      order.push(name);
      await nextTurn();
    }
  };
  let turns = 0;
  const count = () => {
    turns += 1;
    if (order.length < 6) setImmediate(count);
  };
  setImmediate(count);
  await Promise.all([busy("a"), busy("b")]);
  expect(order.slice(2)).toEqual(["a", "b", "a", "b"]);
  expect(turns).toBeGreaterThanOrEqual(4);
});
