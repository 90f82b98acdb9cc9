import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { JudgedRows } from "../../bench/judged-rows.ts";
import { areSeenWithin } from "../../bench/seen-changes.ts";

let printed: string[];
beforeEach(() => {
  printed = [];
  vi.spyOn(console, "log").mockImplementation((line: string) => printed.push(line));
});
afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
});

test("a bench whose bounds are met ends well", () => {
  const judged = new JudgedRows();
  judged.row("first reading", "12 s", { aim: "<= 300 s", isMet: true });
  judged.end();
  expect(printed).toEqual([expect.stringMatching(/^first reading +12 s {3}aim <= 300 s$/), "every bound is met"]);
  expect(process.exitCode).toBeUndefined();
});

test("a bench with a bound that is not met prints all its rows, names what fell short last, and ends with 1", () => {
  const judged = new JudgedRows();
  judged.row("steady state", "11 %", { aim: "<= 10 %", isMet: false });
  judged.row("a change seen", "3 s", { aim: "<= 30 s", isMet: true });
  judged.row("memory", "31 s", { aim: "<= 30 s", isMet: false });
  judged.end();
  expect(printed).toHaveLength(4);
  expect(printed.at(-1)).toBe("not met: steady state (aim <= 10 %): 11 % | memory (aim <= 30 s): 31 s");
  expect(process.exitCode).toBe(1);
});

test("changes are seen in time when there were some, all were seen, and the last of them in time", () => {
  const within = (afterMs: readonly number[], notSeen = 0) => areSeenWithin({ afterMs, notSeen }, 30_000);
  expect([within([1, 30_000]), within([1, 30_001]), within([1], 1), within([])]).toEqual([true, false, false, false]);
});
