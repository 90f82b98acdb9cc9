import { expect, test } from "vitest";
import type { ProcReader } from "../../agent/proc-reader.ts";
import { createProcessScan } from "../../agent/processes/process-scan.ts";

/** Processes by number, with their CPU ticks; counts how often each is read. */
function machine() {
  const ticks = new Map<number, number>();
  const reads = new Map<number, number>();
  const stat = (pid: number) =>
    `${pid} (p${pid}) S 1 0 0 0 -1 0 0 0 0 0 ${ticks.get(pid)} 0 0 0 20 0 1 0 ${pid} 1000 10 0\n`;
  const proc: ProcReader = {
    text(path) {
      const [, pid, file] = /^\/proc\/(\d+)\/(\w+)$/.exec(path) ?? [];
      if (pid === undefined || !ticks.has(Number(pid))) return undefined;
      if (file !== "stat") return file === "cmdline" ? `/bin/p${pid}\0` : undefined;
      reads.set(Number(pid), (reads.get(Number(pid)) ?? 0) + 1);
      return stat(Number(pid));
    },
    names: () => ["self", ...Array.from(ticks.keys(), String)],
    link: () => undefined,
  };
  const scan = createProcessScan({ proc, clock: { monotonicMs: () => 0 }, isWatched: (comm) => comm === "p7" });
  return { ticks, reads, scan };
}

test("idle processes are read at every third sample, busy and watched ones at each, and none is ever missing", async () => {
  const { ticks, reads, scan } = machine();
  for (let pid = 1; pid <= 30; pid++) ticks.set(pid, 0);
  for (let sample = 0; sample < 5; sample++) await scan();
  reads.clear();
  for (let sample = 0; sample < 9; sample++) {
    ticks.set(3, sample + 1);
    expect((await scan()).length).toBe(30);
  }
  expect([reads.get(3), reads.get(7)]).toEqual([9, 9]);
  for (const pid of [1, 2, 4, 5, 30]) expect(reads.get(pid)).toBe(3);
});

test("what an idle process does is told two samples later at the latest, and nothing of it is lost", async () => {
  const { ticks, scan } = machine();
  for (let pid = 1; pid <= 9; pid++) ticks.set(pid, 0);
  for (let sample = 0; sample < 6; sample++) await scan();
  for (let pid = 1; pid <= 9; pid++) ticks.set(pid, 250);
  let processes = await scan();
  for (let more = 0; more < 2; more++) processes = await scan();
  expect(processes.map(({ stat }) => stat.cpuSeconds)).toEqual(Array.from({ length: 9 }, () => 2.5));
});

test("a process that ended is gone at once, though nobody was reading it", async () => {
  const { ticks, scan } = machine();
  for (let pid = 1; pid <= 9; pid++) ticks.set(pid, 0);
  for (let sample = 0; sample < 6; sample++) await scan();
  ticks.delete(4);
  expect((await scan()).map(({ pid }) => pid)).not.toContain("4");
});
