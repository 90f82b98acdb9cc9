import type { AgentRun, LoopReading, SampleTaken } from "./agent-runs.ts";
import { bytesByMeasurement, grownBytes } from "./agent-sample-bytes.ts";
import type { Interval, MemoryTaken, ProcessCost } from "./process-cost.ts";

const SAMPLE_SECONDS = 10;
const MEASUREMENTS_SHOWN = 6;

/** What the agent says its conntrack walks took, over the samples given. */
interface WalkCost {
  readonly walks: number;
  readonly cpuSeconds: number;
  readonly entries: number;
}

/** The rows that the table of bounds is made of. */
export function agentRows(run: AgentRun, watched: AgentRun): readonly string[] {
  const { cost, samples } = run;
  const seconds = cost.rounds.reduce((sum, round) => sum + round.seconds, 0);
  const walk = walkCost(samples);
  const walkShare = walk.cpuSeconds / seconds;
  const shares = cost.rounds.map(shareOf);
  const rest = mean(shares) - walkShare;
  const memory = cost.memory;
  const bytes = samples.map(({ gzipBytes }) => gzipBytes);
  return [
    `CPU without the walk  ${percent(rest)} of a core, ${sampleMs(rest)} a sample   aim <= 1 %`,
    `CPU of the walk       ${percent(walkShare)} of a core, ${walk.walks} walks over ${walk.entries} entries in ${seconds.toFixed(0)} s   aim <= 1 %`,
    `CPU in all            rounds ${spread(shares.map((it) => it * 100))} % of a core; ${partsText(cost.rounds)}`,
    `resident              ${megabytes(most(memory, (it) => it.ownRss))} at most, ${megabytes(cost.peakRss)} since its start, ${megabytes(median(memory.map(({ ownPss }) => ownPss)))} PSS   aim <= 80 MB`,
    `its children          ${childrenText(memory)}`,
    `event loop held       ${loopText(watched.loop)}   aim <= 50 ms`,
    `event loop at start   ${loopText(watched.loopAtStart)}`,
    `gzip a sample         median ${kilobytes(median(bytes))}, most ${kilobytes(Math.max(...bytes))}   aim <= 5 KB`,
    `gzip, grown           median ${kilobytes(median(samples.map(({ lines }) => grownBytes(lines))))} if interfaces had counted for months`,
    `gzip by measurement   ${bytesText(samples)}`,
    `lines and series      ${median(samples.map(({ lines }) => lines.length))} lines a sample, ${agentSeries(run.allSamples).length} series in all, ${run.elements} elements, of which ${run.links} links`,
    ...(run.uncatalogued.length === 0 ? [] : [`not in the catalogue  ${run.uncatalogued.join(" ")}`]),
  ];
}

/** Series of all samples: measurement with labels, and field. */
export function agentSeries(samples: readonly SampleTaken[]): readonly string[] {
  const series = new Set<string>();
  for (const { lines } of samples) {
    for (const line of lines) {
      const [, name = "", fields = ""] = /^((?:\\.|[^ \\])+) (.*) \d+$/.exec(line) ?? [];
      for (const field of fields.split(",")) series.add(`${name} ${field.split("=")[0]}`);
    }
  }
  return [...series];
}

/** A line of the table of all programs. */
export function costRow(
  name: string,
  cost: ProcessCost,
  told: { readonly series: number; readonly bytes: number | undefined },
): string {
  const memory = cost.memory;
  const cells = [
    name.padEnd(22),
    percent(median(cost.rounds.map(shareOf))).padStart(8),
    `${megabytes(most(memory, (it) => it.ownRss))}`.padStart(9),
    `${megabytes(most(memory, (it) => it.ownPss + it.childrenPss))}`.padStart(9),
    `${Math.max(...memory.map(({ childCount }) => childCount))}`.padStart(8),
    `${told.series}`.padStart(7),
    (told.bytes === undefined ? "-" : kilobytes(told.bytes)).padStart(9),
  ];
  return cells.join(" | ");
}

export const COST_HEAD = [
  "program".padEnd(22),
  "CPU".padStart(8),
  "RSS".padStart(9),
  "PSS all".padStart(9),
  "children".padStart(8),
  "series".padStart(7),
  "a sample".padStart(9),
].join(" | ");

export function walkCost(samples: readonly SampleTaken[]): WalkCost {
  const byNumber = new Map<string, { readonly cpuSeconds: number; readonly entries: number }>();
  for (const line of samples.flatMap(({ lines }) => lines)) {
    if (!line.startsWith("conntrack_walk,")) continue;
    const field = (name: string) => new RegExp(`[ ,]${name}=([\\d.e-]+)`).exec(line)?.[1] ?? "0";
    byNumber.set(field("walks"), { cpuSeconds: Number(field("cpu_s")), entries: Number(field("entries")) });
  }
  // The first is of before, or of nothing.
  const walks = [...byNumber.values()].slice(1);
  return {
    walks: walks.length,
    cpuSeconds: walks.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0),
    entries: Math.max(0, ...walks.map(({ entries }) => entries)),
  };
}

function loopText(readings: readonly LoopReading[]): string {
  const own = Math.max(0, ...readings.map(({ ownWorstMs }) => ownWorstMs));
  const wall = Math.max(0, ...readings.map(({ worstMs }) => worstMs));
  const p99 = median(readings.map(({ p99Ms }) => p99Ms));
  return `own work at most ${own.toFixed(1)} ms, by the clock ${wall.toFixed(1)} ms (p99 of a second, median ${p99.toFixed(1)} ms) in ${readings.length} s`;
}

function partsText(rounds: readonly Interval[]): string {
  const per = (of: (round: Interval) => number) =>
    `${(mean(rounds.map((round) => of(round) / round.seconds)) * SAMPLE_SECONDS * 1e3).toFixed(1)} ms`;
  return `a sample: itself ${per(({ cpu }) => cpu.own)}, its children ${per(({ cpu }) => cpu.children)}`;
}

/** Of a sample of middling size. */
function bytesText(samples: readonly SampleTaken[]): string {
  const middle = median(samples.map(({ gzipBytes }) => gzipBytes));
  const lines = samples.find(({ gzipBytes }) => gzipBytes === middle)?.lines ?? [];
  const most = bytesByMeasurement(lines).slice(0, MEASUREMENTS_SHOWN);
  return most.map(([name, bytes]) => `${name} ${kilobytes(bytes)}`).join(", ");
}

function childrenText(memory: readonly MemoryTaken[]): string {
  const counts = memory.map(({ childCount }) => childCount);
  return `${median(counts)} (at most ${Math.max(...counts)}), ${megabytes(most(memory, (it) => it.childrenRss))} resident at most, ${megabytes(most(memory, (it) => it.childrenPss))} PSS`;
}

export function shareOf({ cpu, seconds }: Interval): number {
  return (cpu.own + cpu.children) / seconds;
}

function sampleMs(share: number): string {
  return `${(share * SAMPLE_SECONDS * 1e3).toFixed(1)} ms`;
}

export function percent(share: number): string {
  return `${(share * 100).toFixed(2)} %`;
}

export function spread(values: readonly number[]): string {
  return `${Math.min(...values).toFixed(2)} to ${Math.max(...values).toFixed(2)}, median ${median(values).toFixed(2)}`;
}

function most<T>(of: readonly T[], value: (it: T) => number): number {
  return Math.max(0, ...of.map(value));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, it) => sum + it, 0) / Math.max(1, values.length);
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

export function kilobytes(bytes: number): string {
  return `${(bytes / 1e3).toFixed(2)} KB`;
}
