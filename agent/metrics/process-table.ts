import type { EpochMs } from "../../core/clock.ts";
import type { Point } from "../../core/line-protocol.ts";
import type { ProcessStat } from "./process-stat.ts";

/** A name that was worth reporting is reported this long after, so that its line in a chart has no holes. */
const REPORTED_FOR_MS = 5 * 60_000;

/** Names reported for the memory they hold, besides those reported for their CPU time. */
const TOP_BY_MEMORY = 5;

export interface ProcessSelection {
  readonly top: number;
  /** Share of one core above which a name is always reported. */
  readonly cpuThreshold: number;
}

/** What is remembered from one sample to the next. */
export interface ProcessTable {
  readonly at: EpochMs;
  readonly processes: ReadonlyMap<string, ProcessStat>;
  readonly names: ReadonlyMap<string, NameTotals>;
}

/**
 * All processes of one name. `cpuSeconds` and `majorFaults` add up what each process used since it was first seen and
 * so go on rising when one of several processes ends; plain sums would fall and look like a restarted counter.
 */
interface NameTotals {
  readonly cpuSeconds: number;
  readonly majorFaults: number;
  readonly cpuShare: number;
  readonly rssBytes: number;
  readonly threads: number;
  readonly count: number;
  /** Undefined: not worth reporting so far. */
  readonly worthAt: EpochMs | undefined;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Adds a sample of all processes to the table. The first sample (no `before`) takes over what processes used so far. */
export function stepProcesses(
  before: ProcessTable | undefined,
  sample: readonly ProcessStat[],
  selection: ProcessSelection,
  at: EpochMs,
): ProcessTable {
  const processes = new Map<string, ProcessStat>();
  const names = new Map<string, Mutable<NameTotals>>();
  for (const process of sample) {
    processes.set(process.key, process);
    const was = before?.processes.get(process.key);
    const usedSeconds = Math.max(0, process.cpuSeconds - (was?.cpuSeconds ?? 0));
    const totals = names.get(process.comm) ?? carriedOver(before?.names.get(process.comm));
    totals.cpuSeconds += usedSeconds;
    totals.cpuShare += usedSeconds;
    totals.majorFaults += Math.max(0, process.majorFaults - (was?.majorFaults ?? 0));
    totals.rssBytes += process.rssBytes;
    totals.threads += process.threads;
    totals.count += 1;
    names.set(process.comm, totals);
  }
  const elapsedSeconds = before === undefined ? Number.POSITIVE_INFINITY : Math.max(0.001, (at - before.at) / 1000);
  for (const totals of names.values()) totals.cpuShare /= elapsedSeconds;
  markWorthReporting(names, before === undefined, selection, at);
  return { at, processes, names };
}

export function processPoints(table: ProcessTable): readonly Point[] {
  const points: Point[] = [];
  for (const [comm, totals] of table.names) {
    if (totals.worthAt === undefined || table.at - totals.worthAt > REPORTED_FOR_MS) continue;
    points.push({
      measurement: "process",
      tags: { comm },
      fields: {
        cpu_s: Math.round(totals.cpuSeconds * 100) / 100,
        rss_bytes: { int: totals.rssBytes },
        threads: { int: totals.threads },
        count: { int: totals.count },
        major_faults: { int: totals.majorFaults },
      },
      at: table.at,
    });
  }
  return points;
}

function carriedOver(was: NameTotals | undefined): Mutable<NameTotals> {
  const nothing = { cpuSeconds: 0, majorFaults: 0, worthAt: undefined };
  return { ...(was ?? nothing), cpuShare: 0, rssBytes: 0, threads: 0, count: 0 };
}

function markWorthReporting(
  names: ReadonlyMap<string, Mutable<NameTotals>>,
  isFirst: boolean,
  selection: ProcessSelection,
  at: EpochMs,
): void {
  const all = [...names.values()];
  const cpuOf = (totals: NameTotals) => (isFirst ? totals.cpuSeconds : totals.cpuShare);
  const byCpu = all.filter((totals) => cpuOf(totals) > 0).sort((a, b) => cpuOf(b) - cpuOf(a));
  const byMemory = all.filter((totals) => totals.rssBytes > 0).sort((a, b) => b.rssBytes - a.rssBytes);
  for (const totals of byCpu.slice(0, selection.top)) totals.worthAt = at;
  for (const totals of byMemory.slice(0, TOP_BY_MEMORY)) totals.worthAt = at;
  for (const totals of byCpu) if (totals.cpuShare >= selection.cpuThreshold) totals.worthAt = at;
}
