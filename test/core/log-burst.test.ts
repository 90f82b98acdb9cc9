import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Lifetime } from "../../core/lifetime.ts";
import { createLogBurst } from "../../core/log-burst.ts";

let lifetime: Lifetime;
let lines: { readonly event: string; readonly fields: object }[];
let say: (fields: object) => void;

beforeEach(() => {
  vi.useFakeTimers();
  lifetime = new Lifetime();
  lines = [];
  const write = (fields: object, event: string) => void lines.push({ event, fields });
  say = createLogBurst(write, { event: "one gone", more: "more gone" }, lifetime);
});
afterEach(async () => {
  await lifetime.end();
  vi.useRealTimers();
});

const times = (n: number) => Array.from({ length: n }, (_, index) => say({ index }));
const events = () => lines.map(({ event }) => event);

test("twenty in a second are said one by one, and nothing more is said of them", () => {
  times(20);
  vi.advanceTimersByTime(10_000);
  expect(lines).toEqual(Array.from({ length: 20 }, (_, index) => ({ event: "one gone", fields: { index } })));
});

test("of ten thousand at once twenty are named and one line counts the others", () => {
  times(10_000);
  expect(events()).toEqual(Array(20).fill("one gone"));
  vi.advanceTimersByTime(1_000);
  expect(lines.slice(20)).toEqual([{ event: "more gone", fields: { count: 9_980 } }]);
});

test("after that second they are named again, and what lasts has a line that counts in each second", () => {
  for (let second = 0; second < 3; second++) {
    times(25);
    vi.advanceTimersByTime(1_000);
  }
  say({});
  const oneSecond = [...Array(20).fill("one gone"), "more gone"];
  expect(events()).toEqual([...oneSecond, ...oneSecond, ...oneSecond, "one gone"]);
  expect(lines.filter(({ event }) => event === "more gone").map(({ fields }) => fields)).toEqual(
    Array(3).fill({ count: 5 }),
  );
});

test("what was counted when the process stops is still said", async () => {
  times(23);
  await lifetime.end();
  expect(lines.at(-1)).toEqual({ event: "more gone", fields: { count: 3 } });
  expect(vi.getTimerCount()).toBe(0);
});
