// Loaded into the server by `node --import` before anything else, in each of its threads: sets its clock, so that an hour ends when a
// bench wants it to, and writes down every ten seconds how the thread is.
import { appendFileSync } from "node:fs";
import { constants, PerformanceObserver } from "node:perf_hooks";
import { getHeapStatistics } from "node:v8";
import { isMainThread, threadName } from "node:worker_threads";
import { isRecord } from "../core/json.ts";
import { watchLoop } from "./loop-watch.ts";
import type { ThreadReading } from "./watched-server.ts";

const EVERY_MS = 10_000;
const shiftMs = Number(process.env.BENCH_CLOCK_SHIFT_MS ?? 0);
const path = process.env.BENCH_WATCH_FILE;

if (shiftMs !== 0) {
  const machineNow = Date.now;
  Date.now = () => machineNow() + shiftMs;
}
if (path !== undefined) watchInto(path);

function watchInto(path: string): void {
  const loop = watchLoop();
  let [gcMs, gcWorstMs, gcWhole, last] = [0, 0, 0, performance.now()];
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const { duration } = entry;
      if (isOfWholeHeap(entry)) gcWhole++;
      gcMs += duration;
      gcWorstMs = Math.max(gcWorstMs, duration);
    }
  });
  observer.observe({ entryTypes: ["gc"] });
  const timer = setInterval(() => {
    const heap = getHeapStatistics();
    const now = performance.now();
    const reading: ThreadReading = {
      thread: isMainThread ? "main" : (threadName ?? "worker"),
      ...loop.figures(),
      gcShare: gcMs / (now - last),
      gcWorstMs,
      gcWhole,
      heapUsedBytes: heap.used_heap_size,
      heapBytes: heap.total_physical_size,
      outsideBytes: heap.external_memory,
    };
    [gcMs, gcWorstMs, gcWhole, last] = [0, 0, 0, now];
    loop.reset();
    appendFileSync(path, `${JSON.stringify(reading)}\n`);
  }, EVERY_MS);
  timer.unref();
}

function isOfWholeHeap(entry: object): boolean {
  return "detail" in entry && isRecord(entry.detail) && entry.detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR;
}
