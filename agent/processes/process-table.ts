import type { EpochMs } from "../../core/clock.ts";
import type { ProcessName } from "./process-name.ts";
import type { ProcessStat } from "./process-stat.ts";

/** A name that was worth reporting is reported this long after, so that its line in a chart has no holes. */
const REPORTED_FOR_MS = 5 * 60_000;

/** Names of which there is no process any more that are remembered: a pattern (`nova-api*`) fits whatever anybody calls a process. */
const MAX_GONE = 256;

/** Names reported for the memory they hold, besides those reported for their CPU time. */
const TOP_BY_MEMORY = 5;

export interface ProcessSelection {
  readonly top: number;
  /** Share of one core above which a name is always reported. */
  readonly cpuThreshold: number;
}

export interface NamedProcess {
  readonly pid: string;
  readonly stat: ProcessStat;
  readonly name: ProcessName;
  /** Named in the configuration. */
  readonly isWatched: boolean;
}

/** What is remembered from one sample to the next. */
export interface ProcessTable {
  readonly at: EpochMs;
  readonly processes: ReadonlyMap<string, ProcessStat>;
  /** By `nameKey`. */
  readonly names: ReadonlyMap<string, NameTotals>;
}

/**
 * All processes of one name. `cpuSeconds` and `majorFaults` add up what each process used since the agent began, and so go on
 * rising when one of several processes ends, or when all are started anew; plain sums would fall and look like a restarted
 * counter. They begin at 0: were they to begin at what the processes there are have used in their lives, an agent that is
 * started anew after one of them ended would begin a little lower than it ended, and that would look like all of it used at once.
 */
export interface NameTotals {
  readonly name: ProcessName;
  readonly isWatched: boolean;
  readonly cpuSeconds: number;
  readonly majorFaults: number;
  readonly rssBytes: number;
  readonly threads: number;
  readonly running: number;
  readonly sleeping: number;
  readonly uninterruptible: number;
  readonly zombies: number;
  /** 0: there were some, and they are gone. */
  readonly members: readonly NamedProcess[];
  /** Undefined: not worth reporting so far. */
  readonly worthAt: EpochMs | undefined;
}

type Mutable = { -readonly [K in keyof Omit<NameTotals, "members">]: NameTotals[K] } & {
  readonly members: NamedProcess[];
  /** CPU time used since the last sample. */
  rankSeconds: number;
};

export function nameKey({ comm, guest }: ProcessName): string {
  return guest === undefined ? comm : `${comm}\0${guest}`;
}

/** Adds a sample of all processes to the table. Of the first one (no `before`) what they used so far is only what they are ranked by. */
export function stepProcesses(
  before: ProcessTable | undefined,
  sample: readonly NamedProcess[],
  selection: ProcessSelection,
  at: EpochMs,
): ProcessTable {
  const processes = new Map<string, ProcessStat>();
  const names = new Map<string, Mutable>();
  for (const process of sample) {
    const { stat, name } = process;
    processes.set(stat.key, stat);
    const key = nameKey(name);
    let totals = names.get(key);
    if (totals === undefined) {
      totals = carriedOver(process, before?.names.get(key));
      names.set(key, totals);
    }
    if (before === undefined) addState(totals, process, stat.cpuSeconds);
    else addUse(totals, process, before.processes.get(stat.key));
  }
  const elapsedSeconds = before === undefined ? Number.POSITIVE_INFINITY : Math.max(0.001, (at - before.at) / 1000);
  markWorthReporting(names, elapsedSeconds, selection, at);
  let gone = 0;
  // Those that are gone for the shortest time come first.
  for (const [key, was] of before?.names ?? []) {
    if (!names.has(key) && isKeptWhenGone(was, at) && gone++ < MAX_GONE) names.set(key, carriedOver(was, was));
  }
  return { at, processes, names };
}

/** Names to be reported: those worth it, of which there are some; and those configured, even when there are none any more. */
export function reportedNames(table: ProcessTable): readonly NameTotals[] {
  const reported: NameTotals[] = [];
  for (const totals of table.names.values()) {
    if (totals.worthAt === undefined || (totals.members.length === 0 && !totals.isWatched)) continue;
    if (totals.isWatched || table.at - totals.worthAt <= REPORTED_FOR_MS) reported.push(totals);
  }
  return reported;
}

function addUse(totals: Mutable, process: NamedProcess, was: ProcessStat | undefined): void {
  const { stat } = process;
  // The same object: nothing has changed.
  const usedSeconds = stat === was ? 0 : Math.max(0, stat.cpuSeconds - (was?.cpuSeconds ?? 0));
  totals.cpuSeconds += usedSeconds;
  if (stat !== was) totals.majorFaults += Math.max(0, stat.majorFaults - (was?.majorFaults ?? 0));
  addState(totals, process, usedSeconds);
}

function addState(totals: Mutable, process: NamedProcess, rankSeconds: number): void {
  const { stat } = process;
  totals.rankSeconds += rankSeconds;
  totals.rssBytes += stat.rssBytes;
  totals.threads += stat.threads;
  totals.members.push(process);
  if (stat.state === "sleeping") totals.sleeping++;
  else if (stat.state === "running") totals.running++;
  else if (stat.state === "uninterruptible") totals.uninterruptible++;
  else if (stat.state === "zombie") totals.zombies++;
}

const NOTHING = { rankSeconds: 0, rssBytes: 0, threads: 0, running: 0, sleeping: 0, uninterruptible: 0, zombies: 0 };

function carriedOver(
  { name, isWatched }: Pick<NameTotals, "name" | "isWatched">,
  was: NameTotals | undefined,
): Mutable {
  const { cpuSeconds = 0, majorFaults = 0, worthAt } = was ?? {};
  return { ...NOTHING, name, isWatched, cpuSeconds, majorFaults, worthAt, members: [] };
}

/** Counters of what comes and goes (compilers, backups) go on when it is back within the time it is reported for. */
function isKeptWhenGone({ isWatched, worthAt }: NameTotals, at: EpochMs): boolean {
  return isWatched || (worthAt !== undefined && at - worthAt <= REPORTED_FOR_MS);
}

function markWorthReporting(
  names: ReadonlyMap<string, Mutable>,
  elapsedSeconds: number,
  selection: ProcessSelection,
  at: EpochMs,
): void {
  const all = [...names.values()];
  const byCpu = all.filter((it) => it.rankSeconds > 0).sort((a, b) => b.rankSeconds - a.rankSeconds);
  const byMemory = all.filter((it) => it.rssBytes > 0).sort((a, b) => b.rssBytes - a.rssBytes);
  for (const totals of byCpu.slice(0, selection.top)) totals.worthAt = at;
  for (const totals of byMemory.slice(0, TOP_BY_MEMORY)) totals.worthAt = at;
  for (const totals of byCpu) if (totals.rankSeconds >= selection.cpuThreshold * elapsedSeconds) totals.worthAt = at;
  for (const totals of all) if (totals.isWatched || totals.name.guest !== undefined) totals.worthAt = at;
}
