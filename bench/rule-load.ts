// node bench/rule-load.ts [--hosts 10000] [--rules 200] [--rounds 10] [--seed 1] [--elements 0] [--apart] [--plain]
// What one round of alert rules costs: every rule evaluated once over the newest samples, by the engine the alerts use. Then
// range queries over a series of each host. Both with the longest time they held the event loop.
// --elements: objects alive besides, as the topology's: the garbage collector marks them all.
// --apart: each selector of each rule is read by itself, to see what reading once saves.
// --plain: the source has no blocks, as stores that answer series by series.
import { parseArgs } from "node:util";
import { createPromqlEngine } from "../alerts/promql-engine.ts";
import { epochMsOf } from "../core/clock.ts";
import type { SeriesSource } from "../promql/source.ts";
import { livingElements, watchCollector } from "./collector-watch.ts";
import { watchLoop } from "./loop-watch.ts";
import { askRanges } from "./range-load.ts";
import { HOST_METRICS, rulesOf } from "./rule-set.ts";
import { WindowSource } from "./window-source.ts";

const { values: options } = parseArgs({
  options: {
    hosts: { type: "string", default: "10000" },
    rules: { type: "string", default: "200" },
    rounds: { type: "string", default: "10" },
    seed: { type: "string", default: "1" },
    elements: { type: "string", default: "0" },
    apart: { type: "boolean", default: false },
    plain: { type: "boolean", default: false },
  },
});
const [HOSTS, RULES] = [Number(options.hosts), Number(options.rules)];
const [ROUNDS, SEED] = [Number(options.rounds), Number(options.seed)];
/** 5 % of the hosts are new within an hour. */
const REPLACED_PER_ROUND = Math.ceil((HOSTS * 0.05) / 360);
const BEGIN_MS = 1_700_000_000_000;

const source = new WindowSource(HOST_METRICS, { seed: SEED, hosts: HOSTS, beginMs: BEGIN_MS });
const rules = rulesOf(RULES);
const perHost = HOST_METRICS.reduce((sum, { members }) => sum + (members?.length ?? 1), 0);
const elements = livingElements(Number(options.elements));
globalThis.gc?.();
const before = process.memoryUsage();
const read: SeriesSource = options.plain ? { select: (selection) => source.select(selection) } : source;
const engine = createPromqlEngine(read);

interface Round {
  readonly cpuSeconds: number;
  readonly wallSeconds: number;
  readonly alerts: number;
  readonly slowestMs: number;
  readonly slowest: string;
}

const byKind = new Map<string, { rules: number; ms: number }>();
const rounds: Round[] = [];
const [loop, collector] = [watchLoop(), watchCollector()];
for (let round = 0; round < ROUNDS; round++) {
  source.replace(REPLACED_PER_ROUND);
  source.tick();
  // What the source does is not the rules' time.
  await new Promise((resolve) => setTimeout(resolve, 50));
  loop.reset();
  if (round === 1) collector.reset();
  rounds.push(await evaluated(round));
  // A loop that was held all the time has not noticed yet.
  await new Promise((resolve) => setTimeout(resolve, 20));
  console.log(`round ${round}: ${loop.text()}`);
}
const collected = await collector.text();
report();
if (!options.plain) await askRanges({ hosts: HOSTS, seed: SEED, runs: 5 }, { loop, collector });
loop.stop();
collector.stop();

async function evaluated(round: number): Promise<Round> {
  const { signal } = new AbortController();
  const at = epochMsOf(source.nowMs);
  const cpu = process.cpuUsage();
  const begin = performance.now();
  let [alerts, slowestMs, slowest] = [0, 0, ""];
  for (const { kind, expr } of rules) {
    const began = performance.now();
    const answering = options.apart ? createPromqlEngine(read) : engine;
    alerts += (await answering.instant(expr, at, signal)).length;
    const ms = performance.now() - began;
    if (ms > slowestMs) [slowestMs, slowest] = [ms, expr];
    if (round > 0) noteKind(kind, ms);
  }
  const { user, system } = process.cpuUsage(cpu);
  return {
    cpuSeconds: (user + system) / 1e6,
    wallSeconds: (performance.now() - begin) / 1_000,
    alerts,
    slowestMs,
    slowest,
  };
}

function noteKind(kind: string, ms: number): void {
  const known = byKind.get(kind) ?? { rules: 0, ms: 0 };
  byKind.set(kind, { rules: known.rules + 1, ms: known.ms + ms });
}

function report(): void {
  const [first, ...later] = rounds;
  const cpu = later.map(({ cpuSeconds }) => cpuSeconds).sort((a, b) => a - b);
  const worst = rounds.slice(1).reduce((a, b) => (a.slowestMs > b.slowestMs ? a : b));
  const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(0)} MB`;
  const after = process.memoryUsage();
  console.log(
    `seed ${SEED}: ${RULES} rules, ${HOSTS} hosts x ${perHost} series, ${source.labelSets} label sets, ${ROUNDS} rounds`,
  );
  console.log(
    `each round has new samples and ${REPLACED_PER_ROUND} new hosts; selectors are read ${options.apart ? "by each rule" : "once"}`,
  );
  console.table({
    "first round": {
      "CPU s": first?.cpuSeconds.toFixed(2),
      "wall s": first?.wallSeconds.toFixed(2),
      alerts: first?.alerts,
    },
    "median round": { "CPU s": cpu[cpu.length >> 1]?.toFixed(2), alerts: later.at(-1)?.alerts },
    "worst round": {
      "CPU s": cpu.at(-1)?.toFixed(2),
      "wall s": Math.max(...later.map((one) => one.wallSeconds)).toFixed(2),
    },
  });
  for (const [kind, { rules: count, ms }] of byKind) console.log(`${kind}: ${(ms / count).toFixed(2)} ms a rule`);
  console.log(`after the first round, with ${elements.size} other objects: ${collected}`);
  console.log(`slowest rule: ${worst.slowestMs.toFixed(1)} ms, ${worst.slowest}`);
  console.log(
    `memory: heap and arrays ${megabytes(before.heapUsed + before.arrayBuffers)} before (the source), ` +
      `${megabytes(after.heapUsed + after.arrayBuffers)} after, peak resident ${megabytes(process.resourceUsage().maxRSS * 1_024)}`,
  );
  console.log(
    "not measured: the head's own index and storage, templates and the lifecycle of alerts, ingest beside it",
  );
}
