import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, test } from "vitest";
import { mappedInTurns } from "../../../collector/openstack/in-turns.ts";
import { recordingTurns } from "../../../topology/recording-turns.ts";

test("many items come to what flatMap makes of them", async () => {
  const items = Array.from({ length: 1_000 }, (_, place) => place);
  const half = (item: number) => (item % 2 === 0 ? item / 2 : undefined);
  expect(await mappedInTurns(items, half)).toEqual(items.flatMap((item) => half(item) ?? []));
});

test("nothing is done while the turn is over", async () => {
  while (!recordingTurns.isOver());
  const seen: number[] = [];
  const all = mappedInTurns([1, 2, 3], (item) => seen.push(item));
  for (let time = 0; time < 20; time++) await Promise.resolve();
  expect(seen).toEqual([]);
  await nextTurn();
  await all;
  expect(seen).toEqual([1, 2, 3]);
});
