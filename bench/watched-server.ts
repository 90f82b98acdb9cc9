import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { LoopFigures } from "./loop-watch.ts";
import { type MetricServer, startOurs } from "./metric-servers.ts";

/** How a thread of the server was in the last ten seconds. */
export interface ThreadReading extends LoopFigures {
  readonly thread: string;
  /** Of the time. */
  readonly gcShare: number;
  readonly gcWorstMs: number;
  /** Collections of the whole heap. */
  readonly gcWhole: number;
  readonly heapUsedBytes: number;
  /** Of the heap, in memory. */
  readonly heapBytes: number;
  /** Array buffers and what else lies outside of the heap, as V8 knows it. */
  readonly outsideBytes: number;
}

/** A table of an hour that was sealed. */
export interface SealedTable {
  readonly table: string;
  readonly rows: number;
  readonly bytes: number;
  readonly tookMs: number;
  /** By `performance.now()`. */
  readonly endedAt: number;
}

export interface WatchedServer extends MetricServer {
  readonly sealed: readonly SealedTable[];
  /** Readings of all threads since the last call. */
  readings(): readonly ThreadReading[];
}

export interface WatchOptions {
  readonly settings: readonly string[];
  /** How far ahead of the machine's clock its own is. */
  readonly clockShiftMs: number;
  readonly nodeFlags: readonly string[];
}

/** The one that serves and the head's. */
const THREADS = 2;
const WATCH = join(import.meta.dirname, "server-watch.ts");

/** Our server with a clock of its own; every thread of it is watched. */
export async function startWatched(folder: string, options: WatchOptions): Promise<WatchedServer> {
  const watchFile = join(folder, "../watch.ndjson");
  const sealed: SealedTable[] = [];
  const server = await startOurs(folder, {
    settings: options.settings,
    nodeFlags: [...options.nodeFlags, "--import", WATCH],
    env: { BENCH_CLOCK_SHIFT_MS: String(options.clockShiftMs), BENCH_WATCH_FILE: watchFile },
    onLog: (line) => {
      const table = sealedIn(line);
      if (table !== undefined) sealed.push({ ...table, endedAt: performance.now() });
      else if (/"level":"(warn|error)"/.test(line) || !line.startsWith("{")) console.error(line);
    },
  });
  let read = 0;
  const readings = () => {
    const lines = textOf(watchFile).split("\n").slice(0, -1);
    const fresh = lines.slice(read).map((line): ThreadReading => JSON.parse(line));
    read = lines.length;
    return fresh;
  };
  // What comes first is of the start.
  const told = new Set<string>();
  for (let tries = 0; told.size < THREADS; tries++) {
    if (tries === 300) {
      await server.stop();
      throw new Error("the threads of the server told nothing of themselves within a minute");
    }
    await wait(200);
    for (const { thread } of readings()) told.add(thread);
  }
  return { ...server, sealed, readings };
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function sealedIn(line: string): Omit<SealedTable, "endedAt"> | undefined {
  if (!line.includes('"hour sealed"')) return undefined;
  const { table, rows, bytes, took_ms } = JSON.parse(line);
  return { table: String(table), rows: Number(rows), bytes: Number(bytes), tookMs: Number(took_ms) };
}

/** CPU seconds of a process so far, by the names of its threads; those that ended are not in it. */
export function cpuByThread(pid: number, ticksPerSecond: number): ReadonlyMap<string, number> {
  const seconds = new Map<string, number>();
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    const stat = textOf(`/proc/${pid}/task/${task}/stat`);
    const [, name = "", rest = ""] = /^\d+ \((.*)\) (.*)$/.exec(stat.trim()) ?? [];
    const fields = rest.split(" ");
    const spent = (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
    const called = Number(task) === pid ? "main" : name;
    if (Number.isFinite(spent)) seconds.set(called, (seconds.get(called) ?? 0) + spent);
  }
  return seconds;
}

export function residentBytes(pid: number): { readonly now: number; readonly peak: number } {
  const status = textOf(`/proc/${pid}/status`);
  const bytes = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) * 1_024;
  return { now: bytes("VmRSS"), peak: bytes("VmHWM") };
}
