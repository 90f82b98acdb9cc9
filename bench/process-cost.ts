import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";

const TICKS_PER_SECOND = Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));

const MEMORY_EVERY_MS = 5_000;

/** What a process and those it started have taken of the processor so far, in seconds. */
export interface CpuTaken {
  readonly own: number;
  /** Of its children, those that run and those that have ended and were waited for. */
  readonly children: number;
}

export interface MemoryTaken {
  readonly ownRss: number;
  /** In which a page that n processes map counts as 1/n. */
  readonly ownPss: number;
  readonly childrenRss: number;
  readonly childrenPss: number;
  readonly childCount: number;
}

export interface Interval {
  readonly seconds: number;
  readonly cpu: CpuTaken;
}

export interface ProcessCost {
  /** One after another, of the same length, none at the start. */
  readonly rounds: readonly Interval[];
  readonly memory: readonly MemoryTaken[];
  /** Since the process began, as the kernel notes it. */
  readonly peakRss: number;
}

export function cpuTaken(pid: number): CpuTaken {
  const [own = 0, ended = 0] = cpuOf(pid);
  const running = descendants(pid).reduce((sum, child) => sum + cpuOf(child).reduce((a, b) => a + b, 0), 0);
  return { own, children: ended + running };
}

function memoryTaken(pid: number): MemoryTaken {
  const children = descendants(pid);
  const sum = (of: (pid: number) => number) => children.reduce((total, child) => total + of(child), 0);
  return {
    ownRss: statusBytes(pid, "VmRSS"),
    ownPss: pssBytes(pid),
    childrenRss: sum((child) => statusBytes(child, "VmRSS")),
    childrenPss: sum(pssBytes),
    childCount: children.length,
  };
}

/** Looks on from outside: some rounds, one after another, and every few seconds at the memory. */
export async function watchCost(pid: number, rounds: number, roundMs: number): Promise<ProcessCost> {
  const memory: MemoryTaken[] = [];
  const done: Interval[] = [];
  let before = { at: performance.now(), cpu: cpuTaken(pid) };
  while (done.length < rounds) {
    const untilMs = before.at + roundMs;
    while (performance.now() < untilMs) {
      await wait(Math.min(MEMORY_EVERY_MS, Math.max(0, untilMs - performance.now())));
      memory.push(memoryTaken(pid));
    }
    const now = { at: performance.now(), cpu: cpuTaken(pid) };
    const cpu = { own: now.cpu.own - before.cpu.own, children: now.cpu.children - before.cpu.children };
    done.push({ seconds: (now.at - before.at) / 1e3, cpu });
    before = now;
  }
  return { rounds: done, memory, peakRss: statusBytes(pid, "VmHWM") };
}

/** Of itself, and of the children it waited for. */
function cpuOf(pid: number): readonly number[] {
  const stat = textOf(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [user, system, childUser, childSystem] = fields.slice(11, 15).map(Number);
  return [(user ?? 0) + (system ?? 0), (childUser ?? 0) + (childSystem ?? 0)].map((it) => it / TICKS_PER_SECOND);
}

function descendants(pid: number): readonly number[] {
  // Each thread has children of its own.
  const children = threadsOf(pid).flatMap((thread) => textOf(`/proc/${pid}/task/${thread}/children`).trim().split(" "));
  const pids = children.filter((it) => it !== "").map(Number);
  return pids.flatMap((child) => [child, ...descendants(child)]);
}

function threadsOf(pid: number): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
}

function statusBytes(pid: number, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(textOf(`/proc/${pid}/status`))?.[1] ?? 0) * 1_024;
}

function pssBytes(pid: number): number {
  return Number(/^Pss:\s+(\d+)/m.exec(textOf(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0) * 1_024;
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
