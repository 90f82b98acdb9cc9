import type { Clock } from "../../core/clock.ts";
import type { ProcReader } from "../proc-reader.ts";
import { processName } from "./process-name.ts";
import { type ProcessStat, pageBytesOf, parseProcessStat } from "./process-stat.ts";
import type { NamedProcess } from "./process-table.ts";

/** After this the event loop has its turn. */
const TURN_MS = 8;
/** Files read before the clock is looked at. */
const FILES_PER_LOOK = 32;

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
}

/**
 * Reads all processes of the host, in turns. Every one is read at every sample, idle or not: only so are CPU time and what
 * waits for disks complete. What is saved is parsing what has not changed, and reading command lines but of new processes.
 */
export function createProcessScan({ proc, clock, isWatched }: ProcessScanDeps): () => Promise<readonly NamedProcess[]> {
  const pageBytes = pageBytesOf(proc.text("/proc/self/auxv"));
  let known = new Map<string, Known>();

  function read(pid: string): Known | undefined {
    const text = proc.text(`/proc/${pid}/stat`);
    if (text === undefined) return undefined;
    const was = known.get(pid);
    const isUnchanged = was?.text === text;
    if (isUnchanged && was.nameReadings >= NAME_READINGS) return was;
    const stat = isUnchanged ? was.process.stat : parseProcessStat(pid, text, pageBytes);
    if (stat === undefined) return undefined;
    const same = was !== undefined && isSameName(was.process.stat, stat) ? was : undefined;
    if (same !== undefined && same.nameReadings >= NAME_READINGS) {
      return { text, process: { ...same.process, stat }, nameReadings: same.nameReadings };
    }
    const commandLine = proc.text(`/proc/${pid}/cmdline`) ?? "";
    // A zombie has no command line any more, and keeps its name.
    const isTold = commandLine !== "" || same === undefined;
    const name = isTold ? processName({ ...stat, commandLine, program: () => programOf(pid) }) : same.process.name;
    const process = { pid, stat, name, isWatched: name.guest === undefined && isWatched(name.comm) };
    return { text, process, nameReadings: (same?.nameReadings ?? 0) + 1 };
  }

  function programOf(pid: string): string | undefined {
    return proc.link(`/proc/${pid}/exe`)?.split("/").at(-1);
  }

  return async () => {
    const now = new Map<string, Known>();
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
