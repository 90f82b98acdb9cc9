// Loaded into an agent by `node --require` before anything else, plain JavaScript since an agent has no type stripper: writes
// down each second how long its event loop was held, from its first turn on: reading the program comes before. It costs some processor
// time itself.
const { appendFileSync } = require("node:fs");
const { monitorEventLoopDelay } = require("node:perf_hooks");
const { isMainThread } = require("node:worker_threads");

const path = process.env.BENCH_LOOP_FILE;
const LOOK_EVERY_MS = 5;
const WRITE_EVERY_MS = 1_000;

if (path !== undefined && isMainThread) {
  // A child of the agent that is a Node, too, is not watched.
  delete process.env.BENCH_LOOP_FILE;
  setImmediate(watch);
}

function watch() {
  const delay = monitorEventLoopDelay({ resolution: LOOK_EVERY_MS });
  delay.enable();
  let [written, ownWorstMs] = [performance.now(), 0];
  let before = process.threadCpuUsage();
  setInterval(() => {
    const spent = process.threadCpuUsage(before);
    before = process.threadCpuUsage();
    ownWorstMs = Math.max(ownWorstMs, (spent.user + spent.system) / 1e3);
    const now = performance.now();
    if (now - written < WRITE_EVERY_MS) return;
    const reading = { atMs: Date.now(), p99Ms: delay.percentile(99) / 1e6, worstMs: delay.max / 1e6, ownWorstMs };
    appendFileSync(path, `${JSON.stringify(reading)}\n`);
    [written, ownWorstMs] = [now, 0];
    delay.reset();
  }, LOOK_EVERY_MS).unref();
}
