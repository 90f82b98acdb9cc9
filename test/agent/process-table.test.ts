import fc from "fast-check";
import { expect, test } from "vitest";
import { NO_IO } from "../../agent/processes/process-io.ts";
import { processPoints as pointsOf, processesPoint } from "../../agent/processes/process-points.ts";
import { type ProcessTable, reportedNames, stepProcesses } from "../../agent/processes/process-table.ts";
import { epochMsOf } from "../../core/clock.ts";
import { formatPoint } from "../../core/line-protocol.ts";
import { sampledProcess } from "./sampled-process.ts";

const process = (key: string, comm: string, cpuSeconds: number, rssBytes = 0) =>
  sampledProcess({ key, comm }, { cpuSeconds, rssBytes });
const processPoints = (table: ProcessTable) => pointsOf(reportedNames(table), NO_IO, table.at);
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
  expect([cpuOf(first, "qemu"), cpuOf(second, "qemu")]).toEqual([0, 1]);
});

test("a process id that is used again is another process", () => {
  const first = stepProcesses(undefined, [process("5@100", "a", 50), process("6@1", "b", 1)], EVERYTHING, epochMsOf(0));
  const second = stepProcesses(
    first,
    [process("5@900", "b", 2), process("6@1", "b", 1)],
    EVERYTHING,
    epochMsOf(10_000),
  );
  expect(cpuOf(second, "b")).toBe(2);
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

test("a configured name is reported from the first sample on, and with none when it is gone; its counters go on when it is back", () => {
  const selection = { top: 0, cpuThreshold: 1 };
  const fillers = Array.from({ length: 5 }, (_, n) => process(`f${n}`, `filler${n}`, 0, 100));
  const watched = (key: string, cpuSeconds: number) =>
    sampledProcess({ key, comm: "ovs-vswitchd" }, { cpuSeconds }, { isWatched: true });
  const first = stepProcesses(undefined, [watched("1", 100), ...fillers], selection, epochMsOf(0));
  const gone = stepProcesses(first, fillers, selection, epochMsOf(10_000));
  const goneLater = stepProcesses(gone, fillers, selection, epochMsOf(3_600_000));
  const back = stepProcesses(goneLater, [watched("2", 1), ...fillers], selection, epochMsOf(3_610_000));
  const countOf = (table: ProcessTable) =>
    processPoints(table).find(({ tags }) => tags.comm === "ovs-vswitchd")?.fields.count;
  expect([first, gone, goneLater, back].map(countOf)).toEqual([{ int: 1 }, { int: 0 }, { int: 0 }, { int: 1 }]);
  expect([first, gone, back].map((table) => cpuOf(table, "ovs-vswitchd"))).toEqual([0, 0, 1]);
});

test("what nobody configured is not reported any more when it is gone", () => {
  const first = stepProcesses(undefined, [process("1", "cc1", 100)], EVERYTHING, epochMsOf(0));
  expect(named(first)).toEqual(["cc1"]);
  expect(named(stepProcesses(first, [], EVERYTHING, epochMsOf(10_000)))).toEqual([]);
});

test("machines of QEMU are told apart by their names, idle ones too", () => {
  const selection = { top: 0, cpuThreshold: 1 };
  const qemu = (key: string, guest: string) => sampledProcess({ key, comm: "qemu", guest }, {});
  const table = stepProcesses(undefined, [qemu("1", "vm-a"), qemu("2", "vm-b")], selection, epochMsOf(0));
  expect(processPoints(table).map(({ tags }) => tags)).toEqual([
    { comm: "qemu", guest: "vm-a" },
    { comm: "qemu", guest: "vm-b" },
  ]);
});

test("states are counted by name and for the host", () => {
  const states = ["running", "sleeping", "sleeping", "uninterruptible", "zombie", "stopped"] as const;
  const sample = states.map((state, n) => sampledProcess({ key: String(n), comm: "a" }, { state, rssBytes: 1 }));
  const table = stepProcesses(undefined, sample, EVERYTHING, epochMsOf(0));
  expect(processPoints(table).map(formatPoint)).toEqual([
    "process,comm=a cpu_s=0,rss_bytes=6i,threads=6i,count=6i,major_faults=0i,running=1i,sleeping=2i,uninterruptible=1i,zombies=1i 0",
  ]);
  expect(formatPoint(processesPoint(table.processes.values(), epochMsOf(0)))).toBe(
    "processes total=6i,threads=6i,running=1i,sleeping=2i,uninterruptible=1i,zombies=1i,stopped=1i 0",
  );
});

test("an agent that is started anew begins at nothing: it never looks like all that processes ever used, used at once", () => {
  const before = [process("1", "qemu", 9_000), process("2", "qemu", 1_000)];
  const first = stepProcesses(undefined, before, EVERYTHING, epochMsOf(0));
  const second = stepProcesses(first, [process("1", "qemu", 9_001)], EVERYTHING, epochMsOf(10_000));
  const anew = stepProcesses(undefined, [process("1", "qemu", 9_002)], EVERYTHING, epochMsOf(20_000));
  expect([first, second, anew].map((table) => cpuOf(table, "qemu"))).toEqual([0, 1, 0]);
});

test("processes that call themselves by ever new names that a pattern fits are not remembered without end", () => {
  let table: ProcessTable | undefined;
  for (let n = 0; n < 1_000; n++) {
    const watched = { ...process(String(n), `nova-api-${n}`, 1), isWatched: true };
    table = stepProcesses(table, [watched], EVERYTHING, epochMsOf(n * 10_000));
  }
  expect(table?.names.size).toBe(257);
  expect([table?.names.has("nova-api-998"), table?.names.has("nova-api-0")]).toEqual([true, false]);
});
