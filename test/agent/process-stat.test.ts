import { expect, test } from "vitest";
import { pageBytesOf, parseProcessStat } from "../../agent/processes/process-stat.ts";

const statOf = (comm: string, state = "S") =>
  `7 (${comm}) ${state} 1 0 0 0 -1 4194560 40332 1127302 69 810 234 609 4261 625 20 0 12 0 777 50634752 5157 18446744073709551615 1\n`;

test.each([
  ["an ordinary name", "nova-compute"],
  ["parentheses and spaces in the name", "a) S (b"],
  ["a newline in the name", "evil\n8 (x"],
])("%s", (_, comm) => {
  expect(parseProcessStat("7", statOf(comm), 4096)).toEqual({
    key: "7@777",
    comm,
    parent: 1,
    state: "sleeping",
    cpuSeconds: 8.43,
    majorFaults: 69,
    threads: 12,
    rssBytes: 5157 * 4096,
    startedAfterMs: 7_770,
  });
});

test.each([
  ["R", "running"],
  ["S", "sleeping"],
  ["I", "sleeping"],
  ["D", "uninterruptible"],
  ["Z", "zombie"],
  ["T", "stopped"],
  ["t", "stopped"],
])("state %s is %s", (letter, state) => {
  expect(parseProcessStat("7", statOf("a", letter), 4096)?.state).toBe(state);
});

test("text that is no such file is no process", () => {
  expect(parseProcessStat("7", "", 4096)).toBeUndefined();
  expect(parseProcessStat("7", "7 (x) S 1", 4096)).toBeUndefined();
});

test("the size of a page comes from the auxiliary vector", () => {
  const vector = Buffer.alloc(48);
  vector.writeUInt32LE(33, 0);
  vector.writeUInt32LE(6, 16);
  vector.writeUInt32LE(65_536, 24);
  expect(pageBytesOf(vector.toString("latin1"))).toBe(65_536);
  expect(pageBytesOf(undefined)).toBe(4096);
});
