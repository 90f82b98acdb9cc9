import fc from "fast-check";
import { expect, test } from "vitest";
import { type Counted, createTurns } from "../../agent/metrics/turns.ts";
import { epochMsOf } from "../../core/clock.ts";

const INTERVAL_MS = 10_000;
const counted = (n: number, packets: number, parts: Partial<Counted> = {}): Counted => ({
  ...{ key: `tap${n}`, counted: packets, state: "up", always: false },
  ...parts,
});
const at = (sample: number) => epochMsOf(1_700_000_000_000 + sample * INTERVAL_MS);

test("a host with few interfaces tells all of them each time", () => {
  const choose = createTurns({ busiest: 5, everyMs: 30_000 });
  for (let sample = 0; sample < 4; sample++) {
    expect(
      choose(
        [1, 2, 3, 4, 5].map((n) => counted(n, sample * n)),
        at(sample),
      ).size,
    ).toBe(5);
  }
});

test("each is told within its time whatever it does, the busiest and the changed at once, and a sample stays small", () => {
  const most = fc.integer({ min: 1, max: 10 });
  const rates = fc.array(fc.integer({ min: 0, max: 1_000 }), { minLength: 20, maxLength: 60 });
  fc.assert(
    fc.property(most, rates, (busiest, perSample) => {
      const choose = createTurns({ busiest, everyMs: 30_000 });
      const told = new Map<string, number>();
      const sizes: number[] = [];
      for (let sample = 0; sample < 20; sample++) {
        const all = perSample.map((rate, n) =>
          counted(n, rate * sample, { state: n === 7 && sample === 12 ? "down" : "up", always: n === 3 }),
        );
        const chosen = choose(all, at(sample));
        if (sample > 0) sizes.push(chosen.size);
        expect([chosen.has("tap3"), sample === 12 && !chosen.has("tap7")]).toEqual([true, false]);
        const top = perSample.toSorted((a, b) => b - a)[busiest] ?? 0;
        for (const [n, rate] of perSample.entries()) {
          if (sample > 0 && rate > top) expect(chosen.has(`tap${n}`)).toBe(true);
          if (chosen.has(`tap${n}`)) told.set(`tap${n}`, sample);
          expect(sample - (told.get(`tap${n}`) ?? -99)).toBeLessThanOrEqual(2);
        }
      }
      const mean = sizes.reduce((sum, size) => sum + size, 0) / sizes.length;
      expect(mean).toBeLessThanOrEqual(busiest + 4 + (perSample.length - busiest) / 3);
    }),
  );
});

test("who comes is told at once, and who went is forgotten", () => {
  const choose = createTurns({ busiest: 1, everyMs: 300_000 });
  const several = [1, 2, 3, 4].map((n) => counted(n, 0));
  choose(several, at(0));
  expect(choose([...several, counted(5, 0)], at(1)).has("tap5")).toBe(true);
  choose(several, at(2));
  expect(choose([...several, counted(5, 0)], at(3)).has("tap5")).toBe(true);
});

test("where samples are as seldom as turns, every sample tells all", () => {
  const choose = createTurns({ busiest: 1, everyMs: 30_000 });
  const several = [1, 2, 3, 4].map((n) => counted(n, 0));
  for (let sample = 0; sample < 4; sample++) expect(choose(several, at(sample * 3)).size).toBe(4);
});
