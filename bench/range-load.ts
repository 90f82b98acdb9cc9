import { epochMsOf } from "../core/clock.ts";
import { evaluateRange, giveBackResult } from "../promql/evaluate.ts";
import type { CollectorWatch } from "./collector-watch.ts";
import type { LoopWatch } from "./loop-watch.ts";
import { type MetricShape, WindowSource } from "./window-source.ts";

const SHAPES: readonly MetricShape[] = [
  { name: "rx_bytes", kind: "counter" },
  { name: "tx_bytes", kind: "counter" },
  { name: "load", kind: "gauge" },
];
const STEPS = 60;
const STEP_MS = 10_000;

const QUERIES = [
  "load",
  "rate(rx_bytes[1m])",
  "rate(rx_bytes[1m]) / rate(tx_bytes[1m]) * 100 > 20",
  "topk(10, rate(rx_bytes[1m]))",
  "quantile by (cluster) (0.99, avg_over_time(load[1m]))",
  "rx_bytes > 0 and on (host) load < 0.9 or tx_bytes",
  "max_over_time(rate(rx_bytes[1m])[1m:10s])",
  'sum by (rack) (label_replace(load, "rack", "$1", "host", "compute-(..).*"))',
];

/** Range queries over a series of each host, one after the other. */
export async function askRanges(
  { hosts, seed, runs }: { readonly hosts: number; readonly seed: number; readonly runs: number },
  { loop, collector }: { readonly loop: LoopWatch; readonly collector: CollectorWatch },
): Promise<void> {
  const window = STEPS + 12;
  const source = new WindowSource(SHAPES, { seed, hosts, beginMs: 1_700_000_000_000, window });
  const to = epochMsOf(source.nowMs);
  const range = { from: epochMsOf(to - (STEPS - 1) * STEP_MS), to, stepMs: STEP_MS };
  console.log(`range queries over ${hosts} series of each metric, ${STEPS} steps, ${runs} times:`);
  for (const query of QUERIES) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    loop.reset();
    collector.reset();
    const cpu = process.cpuUsage();
    const begin = performance.now();
    let points = 0;
    for (let run = 0; run < runs; run++) {
      const result = await evaluateRange(query, range, { source });
      points = result.series.reduce((sum, { values }) => sum + values.length, 0);
      giveBackResult(result);
    }
    const [ms, { user, system }] = [(performance.now() - begin) / runs, process.cpuUsage(cpu)];
    await new Promise((resolve) => setTimeout(resolve, 20));
    const cpuMs = (user + system) / 1e3 / runs;
    console.log(`${query}: ${points} points, ${ms.toFixed(0)} ms, ${cpuMs.toFixed(0)} CPU ms; ${loop.text()}`);
    console.log(`    ${await collector.text()}`);
  }
}
