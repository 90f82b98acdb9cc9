import fc from "fast-check";
import { expect, test } from "vitest";
import type { ProcessStat } from "../../agent/metrics/process-stat.ts";
import { type ProcessTable, processPoints, stepProcesses } from "../../agent/metrics/process-table.ts";
import { epochMsOf } from "../../core/clock.ts";

const process = (key: string, comm: string, cpuSeconds: number, rssBytes = 0): ProcessStat => ({
  key,
  comm,
  cpuSeconds,
  majorFaults: 0,
  threads: 1,
  rssBytes,
});
const named = (table: ProcessTable) => processPoints(table).map(({ tags }) => tags.comm);
const cpuOf = (table: ProcessTable, comm: string) =>
  processPoints(table).find(({ tags }) => tags.comm === comm)?.fields.cpu_s;
const EVERYTHING = { top: 100, cpuThreshold: 1 };

test("a name's CPU time goes on rising when one of its processes ends", () => {
  const first = stepProcesses(
    undefined,
    [process("1", "qemu", 10), process("2", "qemu", 100)],
    EVERYTHING,
    epochMsOf(0),
  );
  const second = stepProcesses(first, [process("1", "qemu", 11)], EVERYTHING, epochMsOf(10_000));
  expect([cpuOf(first, "qemu"), cpuOf(second, "qemu")]).toEqual([110, 111]);
});

test("a process id that is used again is another process", () => {
  const first = stepProcesses(undefined, [process("5@100", "a", 50), process("6@1", "b", 1)], EVERYTHING, epochMsOf(0));
  const second = stepProcesses(
    first,
    [process("5@900", "b", 2), process("6@1", "b", 1)],
    EVERYTHING,
    epochMsOf(10_000),
  );
  expect(cpuOf(second, "b")).toBe(3);
});

test("CPU time of a name never falls while a process of that name is there", () => {
  const sample = fc.array(fc.tuple(fc.nat(5), fc.constantFrom("a", "b"), fc.nat(50)), { maxLength: 6 });
  fc.assert(
    fc.property(fc.array(sample, { minLength: 2, maxLength: 8 }), (samples) => {
      let table: ProcessTable | undefined;
      samples.forEach((list, index) => {
        const processes = new Map(list.map(([pid, comm, cpu]) => [String(pid), process(String(pid), comm, cpu)]));
        const before = table;
        table = stepProcesses(before, [...processes.values()], EVERYTHING, epochMsOf(index * 10_000));
        for (const comm of ["a", "b"]) {
          const [was, is] = [before?.names.get(comm), table.names.get(comm)];
          if (was !== undefined && is !== undefined) expect(is.cpuSeconds).toBeGreaterThanOrEqual(was.cpuSeconds);
        }
      });
    }),
  );
});

test("the busiest, all above the threshold and the largest are reported, the others are not", () => {
  const idle = Array.from({ length: 20 }, (_, n) => process(`i${n}`, `idle${n}`, 0, n));
  const at = (busy: number, middling: number) => [
    ...idle,
    process("x", "busiest", busy),
    process("y", "busy", middling),
    process("z", "lazy", middling / 100),
    process("m", "large", 0, 1e9),
  ];
  const selection = { top: 1, cpuThreshold: 0.5 };
  const first = stepProcesses(undefined, idle, selection, epochMsOf(0));
  const second = stepProcesses(first, at(9, 6), selection, epochMsOf(10_000));
  expect(named(second)).toEqual(expect.arrayContaining(["busiest", "busy", "large"]));
  expect(named(second)).not.toContain("lazy");
  expect(named(second)).not.toContain("idle0");
});

test("what was busy is reported for five more minutes, so that a chart has no holes, and then no more", () => {
  const selection = { top: 0, cpuThreshold: 0.5 };
  const fillers = Array.from({ length: 5 }, (_, n) => process(`f${n}`, `filler${n}`, 0, 100));
  const first = stepProcesses(undefined, [process("1", "burst", 0), ...fillers], selection, epochMsOf(0));
  const busy = stepProcesses(first, [process("1", "burst", 10), ...fillers], selection, epochMsOf(10_000));
  const quiet = stepProcesses(busy, [process("1", "burst", 10), ...fillers], selection, epochMsOf(300_000));
  const later = stepProcesses(quiet, [process("1", "burst", 10), ...fillers], selection, epochMsOf(400_000));
  expect([busy, quiet, later].map((table) => named(table).includes("burst"))).toEqual([true, true, false]);
});
