// node bench/rule-load-head.ts [--hosts 10000] [--rules 200] [--rounds 6] [--samples 30] [--seed 1] [--elements 0] [--local] [--wide]
// As rule-load.ts, over the real head in a thread of its own: a round of rules with what the head takes to read the selectors.
// Before each round every series gets a new sample, which is not measured.
// --samples: of each series before the first round, ten seconds apart. --elements: as in rule-load.ts.
// --local: the head is in the thread of the rules.
// --wide: lines have many fields, as agents send them, and the head keeps a place for every field the catalogue has; else each
// series has a line and a table's row of its own.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { parseArgs } from "node:util";
import { createPromqlEngine } from "../alerts/promql-engine.ts";
import { openLocalHead } from "../collector/head/local-head.ts";
import { openThreadedHead } from "../collector/head/threaded-head.ts";
import { epochMsOf, systemClock } from "../core/clock.ts";
import { Lifetime } from "../core/lifetime.ts";
import { silentLog } from "../core/log.ts";
import { EMBEDDED_METRICS_LIMITS } from "../store/embedded/metrics/limits.ts";
import { livingElements, watchCollector } from "./collector-watch.ts";
import { watchLoop } from "./loop-watch.ts";
import { writeTick } from "./rule-head-samples.ts";
import { rulesOf } from "./rule-set.ts";

const { values: options } = parseArgs({
  options: {
    hosts: { type: "string", default: "10000" },
    rules: { type: "string", default: "200" },
    rounds: { type: "string", default: "6" },
    samples: { type: "string", default: "30" },
    seed: { type: "string", default: "1" },
    elements: { type: "string", default: "0" },
    local: { type: "boolean", default: false },
    wide: { type: "boolean", default: false },
  },
});
const [HOSTS, RULES, ROUNDS] = [Number(options.hosts), Number(options.rules), Number(options.rounds)];
const [SAMPLES, SEED] = [Number(options.samples), Number(options.seed)];
const LOAD = { seed: SEED, hosts: HOSTS, isWide: options.wide };
const BEGIN_MS = systemClock.now() - (SAMPLES + ROUNDS) * 10_000;

const folder = mkdtempSync(join(tmpdir(), "nephoscope-rules-"));
const lifetime = new Lifetime();
try {
  const path = join(folder, "metrics.duckdb");
  const parts = { clock: systemClock, log: silentLog };
  const head = options.local
    ? await openLocalHead(path, EMBEDDED_METRICS_LIMITS, parts, lifetime)
    : await openThreadedHead(path, EMBEDDED_METRICS_LIMITS, silentLog, lifetime);
  const began = performance.now();
  for (let tick = 0; tick < SAMPLES; tick++) await writeTick(head, { ...LOAD, tick, atMs: at(tick) });
  const elements = livingElements(Number(options.elements));
  console.log(
    `seed ${SEED}: ${RULES} rules, ${HOSTS} hosts, ${head.stats().series} series of ${SAMPLES} samples and one more each round, ` +
      `written in ${((performance.now() - began) / 1_000).toFixed(0)} s; ${elements.size} other objects`,
  );
  const engine = createPromqlEngine(head);
  const [loop, collector] = [watchLoop(), watchCollector()];
  for (let round = 0; round < ROUNDS; round++) {
    await writeTick(head, { ...LOAD, tick: SAMPLES + round, atMs: at(SAMPLES + round) });
    await wait(1_000);
    loop.reset();
    collector.reset();
    const [cpu, own, begin] = [process.cpuUsage(), process.threadCpuUsage(), performance.now()];
    let alerts = 0;
    const { signal } = new AbortController();
    const instant = epochMsOf(at(SAMPLES + round));
    for (const { expr } of rulesOf(RULES)) alerts += (await engine.instant(expr, instant, signal)).length;
    const [all, mine] = [process.cpuUsage(cpu), process.threadCpuUsage(own)];
    const seconds = ({ user, system }: NodeJS.CpuUsage) => ((user + system) / 1e6).toFixed(2);
    console.log(
      `round: ${seconds(all)} CPU s of all threads, ${seconds(mine)} of the rules' own; ` +
        `${((performance.now() - begin) / 1_000).toFixed(2)} s, ${alerts} alerts; ${await collector.text()}; ${loop.text()}`,
    );
  }
  loop.stop();
  collector.stop();
  console.log(`peak resident ${((process.resourceUsage().maxRSS * 1_024) / 1e6).toFixed(0)} MB`);
  console.log("not measured: ingest beside it, sealed hours");
} finally {
  await lifetime.end();
  rmSync(folder, { recursive: true, force: true });
}

function at(tick: number): number {
  return BEGIN_MS + tick * 10_000;
}
