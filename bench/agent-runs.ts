import { spawn } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { Lifetime } from "../core/lifetime.ts";
import { type FakeCollector, startFakeCollector } from "../test/agent/fake-collector.ts";
import { eventually } from "../test/fixtures/eventually.ts";
import { end } from "../test/integration/fixtures/server-process.ts";
import type { LoopFigures } from "./loop-watch.ts";
import { type ProcessCost, watchCost } from "./process-cost.ts";

const ROOT = join(import.meta.dirname, "..");
const INTERVAL_SECONDS = 10;

export interface AgentRunOptions {
  readonly folder: string;
  /** Before anything is measured. */
  readonly warmUpMs: number;
  readonly rounds: number;
  readonly roundMs: number;
  /** Watches the event loop from within, which costs processor time. */
  readonly isLoopWatched?: boolean;
}

/** How long the event loop was held within a second, as ./agent-loop-watch.cjs writes it. */
export interface LoopReading extends LoopFigures {
  readonly atMs: number;
}

export interface AgentRun {
  readonly cost: ProcessCost;
  /** One for each sample, in the order they came in. */
  readonly samples: readonly SampleTaken[];
  /** Those while it warmed up, too. */
  readonly allSamples: readonly SampleTaken[];
  readonly elements: number;
  readonly links: number;
  readonly uncatalogued: readonly string[];
  /** Since the agent began, by whether it had warmed up; none when it was not watched. */
  readonly loopAtStart: readonly LoopReading[];
  readonly loop: readonly LoopReading[];
}

/** A sample as a collector received it. */
export interface SampleTaken {
  readonly gzipBytes: number;
  readonly lines: readonly string[];
}

/** Runs the agent as its package installs it, against a collector that takes everything. */
export async function runAgent(options: AgentRunOptions): Promise<AgentRun> {
  const lifetime = new Lifetime();
  const collector = await startFakeCollector(lifetime);
  const loopFile = join(options.folder, `loop-${crypto.randomUUID()}`);
  const watched = {
    NODE_OPTIONS: `--require=${join(import.meta.dirname, "agent-loop-watch.cjs")}`,
    BENCH_LOOP_FILE: loopFile,
  };
  const settings = [`agent.interval_seconds=${INTERVAL_SECONDS}`, "host=bench", "log.level=warn"];
  const agent = spawn(
    "sh",
    [installedAgent(options.folder), "--collector", collector.url, ...settings.flatMap((it) => ["--set", it])],
    {
      stdio: ["ignore", "inherit", "inherit"],
      env: { PATH: process.env.PATH, ...(options.isLoopWatched ? watched : {}) },
    },
  );
  lifetime.defer("agent", () => end(agent, "SIGTERM"));
  try {
    await eventually(() => collector.elements.size > 0, { withinMs: 60_000, what: "the agent's first full state" });
    await wait(options.warmUpMs);
    const warmAtMs = Date.now();
    const before = collector.writes.length;
    const cost = await watchCost(agent.pid ?? 0, options.rounds, options.roundMs);
    const loop = options.isLoopWatched ? loopReadings(loopFile) : [];
    return {
      cost,
      samples: samplesOf(collector.writes.slice(before)),
      allSamples: samplesOf(collector.writes),
      elements: collector.elements.size,
      links: [...collector.elements.values()].filter((it) => "from" in it).length,
      uncatalogued: [...collector.uncatalogued].sort(),
      loopAtStart: loop.filter(({ atMs }) => atMs < warmAtMs),
      loop: loop.filter(({ atMs }) => atMs >= warmAtMs),
    };
  } finally {
    await lifetime.end();
  }
}

function loopReadings(path: string): readonly LoopReading[] {
  const lines = readFileSync(path, "utf8").split("\n").slice(0, -1);
  return lines.map((line): LoopReading => JSON.parse(line));
}

/** /usr/lib/nephoscope-agent of the Debian package, made of links. */
function installedAgent(folder: string): string {
  const library = mkdtempSync(join(folder, "nephoscope-agent-"));
  cpSync(join(ROOT, "deploy/agent/nephoscope-agent.sh"), join(library, "nephoscope-agent"));
  symlinkSync(process.execPath, join(library, "node"));
  symlinkSync(join(ROOT, ".runtime/agent/agent.cjs"), join(library, "agent.cjs"));
  cpSync(join(ROOT, "package.json"), join(library, "package.json"));
  return join(library, "nephoscope-agent");
}

/** Requests of one sample carry its time in their first line. */
function samplesOf(writes: FakeCollector["writes"]): readonly SampleTaken[] {
  const samples = new Map<string, { gzipBytes: number; lines: string[] }>();
  for (const { headers, lines } of writes) {
    const at = lines[0]?.split(" ").at(-1) ?? "";
    const sample = samples.get(at) ?? { gzipBytes: 0, lines: [] };
    sample.gzipBytes += Number(headers["content-length"] ?? 0);
    sample.lines.push(...lines);
    samples.set(at, sample);
  }
  return [...samples.values()];
}
