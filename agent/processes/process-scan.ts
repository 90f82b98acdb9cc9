import type { Clock } from "../../core/clock.ts";
import type { ProcReader } from "../proc-reader.ts";
import { processName } from "./process-name.ts";
import { type ProcessStat, pageBytesOf, parseProcessStat } from "./process-stat.ts";
import type { NamedProcess } from "./process-table.ts";

/** After this the event loop has its turn. */
const TURN_MS = 8;
/** Files read before the clock is looked at. */
const FILES_PER_LOOK = 32;

/**
 * A process that nobody named, and that did nothing for as many samples, is read in every third one. Its counters lose nothing by that: what it does
 * is told up to two samples later.
 */
const IDLE_SAMPLES = 3;
const IDLE_READ_EVERY = 3;

/** A process may name itself a little after it has begun. */
const NAME_READINGS = 2;

export interface ProcessScanDeps {
  readonly proc: ProcReader;
  readonly clock: Pick<Clock, "monotonicMs">;
  readonly isWatched: (comm: string) => boolean;
}

interface Known {
  readonly text: string;
  readonly process: NamedProcess;
  readonly nameReadings: number;
  /** Samples in a row in which nothing about it changed. */
  readonly idleSamples: number;
}

/**
 * Reads all processes of the host, in turns: those that do something and those that are watched at every sample, the idle ones at every third. That
 * one came or went is seen at once in any case. Command lines are read of new processes only.
 */
export function createProcessScan({ proc, clock, isWatched }: ProcessScanDeps): () => Promise<readonly NamedProcess[]> {
  const pageBytes = pageBytesOf(proc.text("/proc/self/auxv"));
  let known = new Map<string, Known>();
  let samples = 0;

  function mayRest(pid: string, { process, nameReadings, idleSamples }: Known): boolean {
    if (process.isWatched || idleSamples < IDLE_SAMPLES || nameReadings < NAME_READINGS) return false;
    return (Number(pid) + samples) % IDLE_READ_EVERY !== 0;
  }

  function read(pid: string): Known | undefined {
    const last = known.get(pid);
    if (last !== undefined && mayRest(pid, last)) return last;
    const text = proc.text(`/proc/${pid}/stat`);
    if (text === undefined) return undefined;
    const isUnchanged = last?.text === text;
    const idleSamples = isUnchanged ? last.idleSamples + 1 : 0;
    if (isUnchanged && last.nameReadings >= NAME_READINGS) return { ...last, idleSamples };
    const stat = isUnchanged ? last.process.stat : parseProcessStat(pid, text, pageBytes);
    if (stat === undefined) return undefined;
    const same = last !== undefined && isSameName(last.process.stat, stat) ? last : undefined;
    if (same !== undefined && same.nameReadings >= NAME_READINGS) {
      return { text, process: { ...same.process, stat }, nameReadings: same.nameReadings, idleSamples };
    }
    const commandLine = proc.text(`/proc/${pid}/cmdline`) ?? "";
    // A zombie has no command line any more, and keeps its name.
    const isTold = commandLine !== "" || same === undefined;
    const name = isTold ? processName({ ...stat, commandLine, program: () => programOf(pid) }) : same.process.name;
    const process = { pid, stat, name, isWatched: name.guest === undefined && isWatched(name.comm) };
    return { text, process, nameReadings: (same?.nameReadings ?? 0) + 1, idleSamples };
  }

  function programOf(pid: string): string | undefined {
    return proc.link(`/proc/${pid}/exe`)?.split("/").at(-1);
  }

  return async () => {
    const now = new Map<string, Known>();
    samples++;
    let startedMs = clock.monotonicMs();
    let untilLook = FILES_PER_LOOK;
    for (const pid of proc.names("/proc")) {
      if (!isNumber(pid)) continue;
      const it = read(pid);
      if (it !== undefined) now.set(pid, it);
      if (--untilLook > 0) continue;
      untilLook = FILES_PER_LOOK;
      if (clock.monotonicMs() - startedMs < TURN_MS) continue;
      await new Promise(setImmediate);
      startedMs = clock.monotonicMs();
    }
    known = now;
    // What is made of it is a turn of its own.
    await new Promise(setImmediate);
    return [...now.values()].map(({ process }) => process);
  };
}

function isSameName(was: ProcessStat, is: ProcessStat): boolean {
  return was.key === is.key && was.comm === is.comm;
}

function isNumber(name: string): boolean {
  const first = name.charCodeAt(0);
  return first >= 48 && first <= 57;
}
