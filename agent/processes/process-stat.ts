import { TICKS_PER_SECOND } from "../metrics/cpu.ts";

/** The entry of the auxiliary vector that holds the page size (getauxval(3)). */
const AT_PAGESZ = 6;

/** What a process is doing, by its main thread. Stopped ones and idle kernel threads are neither; they only count. */
export type ProcessState = "running" | "sleeping" | "uninterruptible" | "zombie" | "stopped";

export interface ProcessStat {
  /** Process id and start time: a process id alone is used again. */
  readonly key: string;
  /** As the kernel has it: at most 15 bytes, and whatever the process calls itself. */
  readonly comm: string;
  readonly parent: number;
  readonly state: ProcessState;
  readonly cpuSeconds: number;
  readonly majorFaults: number;
  readonly threads: number;
  readonly rssBytes: number;
  /** Since the boot. */
  readonly startedAfterMs: number;
}

/**
 * Parses /proc/<pid>/stat (proc(5)). The name stands in parentheses and may itself hold spaces, parentheses and newlines, so
 * everything counts from the last `)`. Undefined for text that is no such file.
 */
export function parseProcessStat(pid: string, text: string, pageBytes: number): ProcessStat | undefined {
  const open = text.indexOf("(");
  const close = text.lastIndexOf(")");
  if (open < 0 || close < open) return undefined;
  const v = text.slice(close + 2).split(" ", 22);
  const [startTicks, rssPages] = [v[19], Number(v[21])];
  if (startTicks === undefined || Number.isNaN(rssPages)) return undefined;
  return {
    key: `${pid}@${startTicks}`,
    comm: text.slice(open + 1, close),
    parent: Number(v[1]),
    state: stateOf(v[0]),
    cpuSeconds: (Number(v[11]) + Number(v[12])) / TICKS_PER_SECOND,
    majorFaults: Number(v[9]),
    threads: Number(v[17]),
    rssBytes: rssPages * pageBytes,
    startedAfterMs: (Number(startTicks) * 1000) / TICKS_PER_SECOND,
  };
}

/** `I` is an idle kernel thread, which waits for work as others sleep. */
function stateOf(letter: string | undefined): ProcessState {
  if (letter === "R") return "running";
  if (letter === "D") return "uninterruptible";
  if (letter === "Z" || letter === "X") return "zombie";
  return letter === "T" || letter === "t" ? "stopped" : "sleeping";
}

/** The size of a page from /proc/self/auxv, read as latin1: pairs of 64-bit words. 4096 where it does not say. */
export function pageBytesOf(auxv: string | undefined): number {
  const bytes = Buffer.from(auxv ?? "", "latin1");
  for (let offset = 0; offset + 16 <= bytes.length; offset += 16) {
    if (bytes.readUInt32LE(offset) === AT_PAGESZ) return bytes.readUInt32LE(offset + 8);
  }
  return 4096;
}
