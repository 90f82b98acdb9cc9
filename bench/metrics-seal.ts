// What sealing an hour costs, with rollups and without: CPU, bytes, memory, and how long the engine is at one slice.
// node bench/metrics-seal.ts --hosts 1000 --ticks 60
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { LineReader } from "../collector/line-protocol/parse.ts";
import { SeriesKeys } from "../collector/line-protocol/series-keys.ts";
import { type Clock, epochMsOf } from "../core/clock.ts";
import { Lifetime } from "../core/lifetime.ts";
import { silentLog } from "../core/log.ts";
import { type EmbeddedMetrics, openEmbeddedMetrics } from "../store/embedded/metrics/head.ts";
import { EMBEDDED_METRICS_LIMITS } from "../store/embedded/metrics/limits.ts";
import type { RollupDays } from "../store/embedded/metrics/tiers.ts";
import { bodyOf, SAMPLES_PER_BODY } from "./metric-load.ts";

const { values: flags } = parseArgs({
  options: {
    hosts: { type: "string", default: "1000" },
    ticks: { type: "string", default: "60" },
    megabytes: { type: "string", default: "512" },
  },
});
const [hosts, ticks] = [Number(flags.hosts), Number(flags.ticks)];
const HOUR_MS = 3_600_000;
const TICK_MS = 10_000;
const HOSTS_PER_WRITE = 500;
/** The first hour of a day. */
const START = Date.UTC(2026, 8, 21);
const millions = (hosts * ticks * SAMPLES_PER_BODY) / 1e6;

let slowestSliceMs = 0;
function noteSlowest(fields: object): void {
  if ("slowest_slice_ms" in fields) slowestSliceMs = Math.max(slowestSliceMs, Number(fields.slowest_slice_ms));
}

interface Cost {
  readonly cpuSeconds: number;
  readonly seconds: number;
  readonly peakMegabytes: number;
}

console.log(`${hosts} hosts, ${ticks} ticks of ${TICK_MS / 1_000} s: ${millions.toFixed(1)} million samples`);
console.log("| what | CPU s/million | s | slowest slice ms | peak MB |");
console.log("|---|---|---|---|---|");
for (const rollups of [
  { minuteDays: 0, hourDays: 0 },
  { minuteDays: 30, hourDays: 400 },
]) {
  await bench(rollups);
}

async function bench(rollups: RollupDays): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "metrics-seal-"));
  const lifetime = new Lifetime();
  const clock = { nowMs: epochMsOf(START + HOUR_MS - 1) };
  const now: Clock = { now: () => clock.nowMs, monotonicMs: () => performance.now() };
  const database = { threads: 2, memoryMegabytes: Number(flags.megabytes) };
  const limits = { ...EMBEDDED_METRICS_LIMITS, database, rollups };
  try {
    const head = await openEmbeddedMetrics(
      join(folder, "metrics.duckdb"),
      limits,
      { clock: now, log: { ...silentLog, info: noteSlowest } },
      lifetime,
    );
    await fill(head);
    clock.nowMs = epochMsOf(START + HOUR_MS + 900_000);
    const what = rollups.minuteDays > 0 ? "with its minutes" : "alone";
    report(`sealing the hour ${what}`, await costOf(() => head.seal()));
    const { raw, "1m": minutes } = head.stats().sealed.tiers;
    if (rollups.minuteDays === 0) return;
    clock.nowMs = epochMsOf(START + 24 * HOUR_MS + 900_000);
    report("minutes and hours of the day", await costOf(() => head.seal()));
    const { "1m": minutesOfDay, "1h": hours } = head.stats().sealed.tiers;
    const buckets = {
      raw: millions,
      minutes: (millions * Math.ceil((ticks * TICK_MS) / 60_000)) / ticks,
      hours: millions / ticks,
    };
    console.log("\n| tier | files | bytes a sample | of a sample that came |\n|---|---|---|---|");
    for (const [name, { files, bytes }, kept] of [
      ["samples", raw, buckets.raw],
      ["minutes of the hour", minutes, buckets.minutes],
      ["minutes of the day", minutesOfDay, buckets.minutes],
      ["hours", hours, buckets.hours],
    ] as const) {
      console.log(
        `| ${name} | ${files} | ${(bytes / kept / 1e6).toFixed(2)} | ${(bytes / millions / 1e6).toFixed(3)} |`,
      );
    }
  } finally {
    await lifetime.end();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function fill(head: EmbeddedMetrics): Promise<void> {
  const keys = SeriesKeys.forSeries(EMBEDDED_METRICS_LIMITS.series);
  for (let tick = 0; tick < ticks; tick++) {
    for (let host = 0; host < hosts; host += HOSTS_PER_WRITE) {
      const rows = head.gather();
      for (let one = host; one < Math.min(hosts, host + HOSTS_PER_WRITE); one++) {
        const body = Buffer.from(bodyOf(1, one, tick, START + tick * TICK_MS));
        const reader = new LineReader(body, { precision: "ms", receivedAt: epochMsOf(START), keys });
        while (reader.nextGood()) rows.addLine(reader, "c");
      }
      await head.writeGathered(rows, undefined);
    }
  }
}

async function costOf(work: () => Promise<void>): Promise<Cost> {
  let peak = 0;
  const look = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage.rss());
  }, 20);
  const [cpu, started] = [process.cpuUsage(), performance.now()];
  try {
    await work();
  } finally {
    clearInterval(look);
  }
  const { user, system } = process.cpuUsage(cpu);
  return {
    cpuSeconds: (user + system) / 1e6,
    seconds: (performance.now() - started) / 1_000,
    peakMegabytes: peak / 1e6,
  };
}

function report(what: string, { cpuSeconds, seconds, peakMegabytes }: Cost): void {
  const slowest = slowestSliceMs === 0 ? "" : String(slowestSliceMs);
  console.log(
    `| ${what} | ${(cpuSeconds / millions).toFixed(3)} | ${seconds.toFixed(1)} | ${slowest} | ${peakMegabytes.toFixed(0)} |`,
  );
  slowestSliceMs = 0;
}
