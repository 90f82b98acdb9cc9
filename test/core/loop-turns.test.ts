import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, test } from "vitest";
import { LoopTurns } from "../../core/loop-turns.ts";

/** Works until the turn is over. */
function spend(turns: LoopTurns): void {
  while (!turns.isOver());
}

test("those who share turns go on one by one, each in a turn of the loop of its own", async () => {
  const shared = new LoopTurns();
  const order: string[] = [];
  let turns = 0;
  const busy = async (name: string) => {
    for (let turn = 0; turn < 3; turn++) {
      if (shared.isOver()) await shared.next();
      order.push(`${name} ${turns}`);
      spend(shared);
    }
  };
  const count = () => {
    turns += 1;
    if (order.length < 9) setImmediate(count);
  };
  setImmediate(count);
  await Promise.all([busy("a"), busy("b"), busy("c")]);
  expect(order.map((it) => it[0])).toEqual([..."aabcabcbc"]);
  expect(new Set(order.map((it) => it.slice(2))).size).toBe(9);
});

test("those who have little to do do it in the same turn", async () => {
  const shared = new LoopTurns();
  spend(shared);
  let done = 0;
  const doLittle = async () => {
    await shared.next();
    done++;
  };
  const all = Array.from({ length: 100 }, doLittle);
  await nextTurn();
  await nextTurn();
  expect(done).toBe(100);
  await Promise.all(all);
});

test("who shares turns with nobody else does not keep the others waiting", async () => {
  const [one, other] = [new LoopTurns(), new LoopTurns()];
  spend(one);
  expect([one.wasOver, other.isOver()]).toEqual([true, false]);
  await one.next();
  expect(one.wasOver).toBe(false);
});

test("work that pauses comes to what it comes to without pauses", async () => {
  const turns = new LoopTurns();
  function* work(): Generator<undefined, number> {
    let sum = 0;
    for (let item = 1; item <= 5; item++) {
      sum += item;
      spend(turns);
      yield;
    }
    return sum;
  }
  expect(await turns.run(work())).toBe(15);
});

test("many items come to what flatMap makes of them", async () => {
  const items = Array.from({ length: 1_000 }, (_, place) => place);
  const half = (item: number) => (item % 2 === 0 ? item / 2 : undefined);
  expect(await new LoopTurns().map(items, half)).toEqual(items.flatMap((item) => half(item) ?? []));
});

test("no item is looked at while the turn is over", async () => {
  const turns = new LoopTurns();
  spend(turns);
  const seen: number[] = [];
  const all = turns.map([1, 2, 3], (item) => seen.push(item));
  for (let time = 0; time < 20; time++) await Promise.resolve();
  expect(seen).toEqual([]);
  await nextTurn();
  await all;
  expect(seen).toEqual([1, 2, 3]);
});
