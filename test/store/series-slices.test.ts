import { expect, test } from "vitest";
import { epochMsOf } from "../../core/clock.ts";
import { METRIC_NAME } from "../../core/series.ts";
import { newPath, openHead } from "./fixtures/open-head.ts";

const NOON = epochMsOf(Date.UTC(2026, 0, 5, 12));

test("sealed samples of more series than are read at once are all found, and what came since, by metric and by label", async () => {
  const clock = { nowMs: epochMsOf(NOON + 3_000_000) };
  const { head } = await openHead(newPath(), clock, { cacheMegabytes: 0 });
  const written = (at: number) =>
    Array.from({ length: 45_000 }, (_, i) => ({
      labels: { [METRIC_NAME]: i % 2 === 0 ? "even" : "odd", i: String(i) },
      at: epochMsOf(NOON + at),
      value: i + at,
    }));
  await head.write({ samples: written(1) });
  await head.sealPresent();
  await head.write({ samples: written(2) });
  const blocks = await head.selectBlocks({ matchers: [], from: NOON, to: epochMsOf(NOON + 9) });
  const found = blocks.flatMap(({ names, ids, space, begins, values }) =>
    Array.from(ids, (id, place) => [
      typeof names === "string" ? names : names[place],
      space.labelsOf(id).i,
      ...values.subarray(begins[place], begins[place + 1]),
    ]),
  );
  expect(blocks.length).toBeGreaterThan(1);
  expect(found.sort((left, right) => Number(left[1]) - Number(right[1]))).toEqual(
    Array.from({ length: 45_000 }, (_, i) => [i % 2 === 0 ? "even" : "odd", String(i), i + 1, i + 2]),
  );
});
