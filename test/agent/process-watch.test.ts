import { expect, test } from "vitest";
import { type ProcessTable, stepProcesses } from "../../agent/processes/process-table.ts";
import { type ProcessWatch, stepWatch } from "../../agent/processes/process-watch.ts";
import { epochMsOf } from "../../core/clock.ts";
import type { HostEvent } from "../../core/host-event.ts";
import { sampledProcess } from "./sampled-process.ts";

/** Samples 10 s apart, each with these processes of the name; what is told at each. A process begins 3 s before its sample. */
function told(...samples: readonly (readonly string[])[]): readonly (readonly HostEvent[])[] {
  let table: ProcessTable | undefined;
  let watch: ProcessWatch = new Map();
  return samples.map((keys, n) => {
    const at = epochMsOf(n * 10_000 + 1_000_000);
    const stat = { startedAfterMs: at - 3_000 };
    const sample = keys.map((key) => sampledProcess({ key, comm: "bgpd" }, stat, { isWatched: true }));
    table = stepProcesses(table, sample, { top: 0, cpuThreshold: 1 }, at);
    const [after, events] = stepWatch(watch, table, { host: "a", bootedAtMs: 0 });
    watch = after;
    return events;
  });
}
const kinds = (...samples: readonly (readonly string[])[]) =>
  told(...samples).map((events) => events.map(({ kind }) => kind));

test("a process that is replaced was restarted, when the new one began", () => {
  expect(told(["1"], ["1"], ["2"], ["2"])).toEqual([
    [],
    [],
    [
      {
        at: 1_017_000,
        kind: "process-restarted",
        element: "host/a/process/bgpd",
        severity: "warning",
        text: "bgpd was started anew: process 2 instead of 1",
        attributes: { process: "bgpd" },
      },
    ],
    [],
  ]);
});

test("none left for two samples is missing, since the first of them, and told once; then it is back", () => {
  expect(kinds(["1"], ["1"], [], [], [], ["2"], ["2"])).toEqual([
    [],
    [],
    [],
    ["process-missing"],
    [],
    ["process-back"],
    [],
  ]);
  expect(told(["1"], ["1"], [], []).at(-1)).toMatchObject([{ at: 1_020_000, severity: "warning" }]);
});

test.each([
  ["away for one sample: a restart", [["1"], ["1"], [], ["2"]], [[], [], [], ["process-restarted"]]],
  [
    "one of several is replaced: no event",
    [
      ["1", "2"],
      ["1", "2"],
      ["1", "3"],
    ],
    [[], [], []],
  ],
  [
    "one after the other is replaced: no event",
    [
      ["1", "2"],
      ["1", "3"],
      ["3", "4"],
    ],
    [[], [], []],
  ],
  [
    "all of several are replaced",
    [
      ["1", "2"],
      ["1", "2"],
      ["3", "4"],
    ],
    [[], [], ["process-restarted"]],
  ],
  ["seen once, as a command of that name is", [["1"], [], [], []], [[], [], [], []]],
  ["a daemon that forks itself into the background", [["1"], ["2"], ["2"]], [[], [], []]],
  ["never seen", [[], [], []], [[], [], []]],
  [
    "missing twice",
    [["1"], ["1"], [], [], ["2"], ["2"], [], []],
    [[], [], [], ["process-missing"], ["process-back"], [], [], ["process-missing"]],
  ],
])("%s", (_, samples, expected) => {
  expect(kinds(...samples)).toEqual(expected);
});
