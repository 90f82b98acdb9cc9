// node bench/rule-load-head.ts [--hosts 10000] [--rules 200] [--rounds 6] [--seed 1]
// As rule-load.ts, over the real head: a round of rules with what DuckDB takes to read the selectors.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createPromqlEngine } from "../alerts/promql-engine.ts";
import type { QueryEngine } from "../alerts/query-engine.ts";
import { type EpochMs, epochMsOf } from "../core/clock.ts";
import { Lifetime } from "../core/lifetime.ts";
import { silentLog } from "../core/log.ts";
import { METRIC_NAME } from "../core/series.ts";
import { EMBEDDED_METRICS_LIMITS, type EmbeddedMetrics, openEmbeddedMetrics } from "../store/embedded/metrics/head.ts";
import { HOST_METRICS, rulesOf } from "./rule-set.ts";
import { WindowSource } from "./window-source.ts";

const { values: options } = parseArgs({
  options: {
    hosts: { type: "string", default: "10000" },
    rules: { type: "string", default: "200" },
    rounds: { type: "string", default: "6" },
    seed: { type: "string", default: "1" },
  },
});
const [HOSTS, RULES] = [Number(options.hosts), Number(options.rules)];
const [ROUNDS, SEED] = [Number(options.rounds), Number(options.seed)];
const BEGIN_MS = 1_700_000_000_000;

const folder = mkdtempSync(join(tmpdir(), "nephoscope-rules-"));
const lifetime = new Lifetime();
try {
  const source = new WindowSource(HOST_METRICS, { seed: SEED, hosts: HOSTS, beginMs: BEGIN_MS });
  const clock = { now: () => epochMsOf(source.nowMs), monotonicMs: () => performance.now() };
  const path = join(folder, "metrics.duckdb");
  const head = await openEmbeddedMetrics(path, EMBEDDED_METRICS_LIMITS, { clock, log: silentLog }, lifetime);
  for (const { name } of HOST_METRICS) await write(head, source, name);
  console.log(
    `seed ${SEED}: ${RULES} rules, ${HOSTS} hosts, ${head.stats().series} series, samples of a minute, none come meanwhile`,
  );
  const engine = createPromqlEngine(head);
  // A millisecond later nothing that was read may be used again.
  for (let round = 0; round < ROUNDS; round++) await evaluate(engine, epochMsOf(source.nowMs + round));
  console.log(
    `peak resident ${((process.resourceUsage().maxRSS * 1_024) / 1e6).toFixed(0)} MB, the source of the samples with it`,
  );
  console.log(
    "not measured: ingest beside it, a look-back full of samples (30 a series, not 7), more than one hour, sealed hours",
  );
} finally {
  await lifetime.end();
  rmSync(folder, { recursive: true, force: true });
}

async function write(head: EmbeddedMetrics, source: WindowSource, name: string): Promise<void> {
  const matchers = [{ kind: "=", name: METRIC_NAME, value: name }] as const;
  const series = await source.select({ matchers, from: epochMsOf(0), to: epochMsOf(source.nowMs) });
  const samples = series.flatMap(({ labels, timesMs, values }) =>
    Array.from(timesMs, (at, i) => ({ labels, at: epochMsOf(at), value: values[i] ?? 0 })),
  );
  const outcome = await head.write({ samples });
  if (outcome.kind !== "ok") throw new Error(`the head answered ${outcome.kind}`);
}

async function evaluate(engine: QueryEngine, at: EpochMs): Promise<void> {
  const { signal } = new AbortController();
  const cpu = process.cpuUsage();
  const begin = performance.now();
  let alerts = 0;
  for (const { expr } of rulesOf(RULES)) alerts += (await engine.instant(expr, at, signal)).length;
  const { user, system } = process.cpuUsage(cpu);
  const wall = ((performance.now() - begin) / 1_000).toFixed(2);
  console.log(`round: ${((user + system) / 1e6).toFixed(2)} CPU s of all threads, ${wall} s, ${alerts} alerts`);
}
