import { expect, onTestFinished, test } from "vitest";
import { seeded } from "../../bench/collector-figures.ts";
import { killUnderLoad } from "./fixtures/kill-run.ts";
import { temporaryFolder } from "./fixtures/nephoscope.ts";

/** More of them, with a table: `node bench/kill-collector.ts --kills 50`. */
const KILLS = Number(process.env.NEPHOSCOPE_KILLS ?? 8);
const SECONDS_A_KILL = 10;

/**
 * The law of an acknowledgement. Answered 204: the samples are durable, and come to be in the head exactly once. Not answered: they
 * are there at most once, unless their sender sends them again without a number.
 */
test(
  `of a collector killed ${KILLS} times at random moments under load, every acknowledged sample is there once`,
  async () => {
    const folder = temporaryFolder();
    onTestFinished(() => folder.remove());
    const seed = Date.now() % 1_000_000;
    const { samples, rows, resent, kills } = await killUnderLoad(folder.path, KILLS, seeded(seed));
    const sumOf = (numberOf: (one: (typeof samples)[number]) => number) =>
      samples.reduce((sum, one) => sum + numberOf(one), 0);
    expect(
      samples.map(({ missing, strange, wrong }) => ({ missing, strange, wrong })),
      `seed ${seed}`,
    ).toEqual(samples.map(() => ({ missing: [], strange: [], wrong: [] })));
    expect(rows, `seed ${seed}`).toEqual({ rows: sumOf(({ found }) => found), doubled: 0 });
    // That the run was one: kills broke connections, and every sender came through.
    expect(kills.working + kills.acknowledged === 0 || resent > 0, `seed ${seed}`).toBe(true);
    for (const { acknowledged } of samples) expect(acknowledged).toBeGreaterThan(100);
  },
  60_000 + KILLS * SECONDS_A_KILL * 1_000,
);
