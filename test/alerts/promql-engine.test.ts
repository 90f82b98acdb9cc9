import { expect, test } from "vitest";
import { createPromqlEngine } from "../../alerts/promql-engine.ts";
import { epochMsOf } from "../../core/clock.ts";
import { given } from "../promql/ask.ts";

const { signal } = new AbortController();

test("rules of a round read each selector once, and the next round reads anew", async () => {
  const source = given('load{host="a"} 1 2 3 9\nload{host="b"} 4 5 6 0');
  const engine = createPromqlEngine(source);
  const round = async (seconds: number) => {
    const at = epochMsOf(seconds * 1_000);
    const found = [];
    for (const expr of ["load > 5", "load > 2", "max(load)"]) found.push(await engine.instant(expr, at, signal));
    return found.map((vector) => vector.map(({ value }) => value));
  };
  expect(await round(120)).toEqual([[6], [3, 6], [6]]);
  expect(source.selections).toHaveLength(1);
  expect(await round(180)).toEqual([[9], [9], [9]]);
  expect(source.selections).toHaveLength(2);
});

test("two groups that take turns at instants of their own both read once", async () => {
  const source = given("load 1 2 3 4");
  const engine = createPromqlEngine(source);
  for (const expr of ["load > 1", "load > 2", "load > 3"]) {
    await engine.instant(expr, epochMsOf(120_000), signal);
    await engine.instant(expr, epochMsOf(180_000), signal);
  }
  expect(source.selections).toHaveLength(2);
});
