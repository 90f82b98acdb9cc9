import { TICKS_PER_SECOND } from "./cpu.ts";

/** The entry of the auxiliary vector that holds the page size (getauxval(3)). */
const AT_PAGESZ = 6;

/** Process 2, kthreadd, is the parent of every kernel thread. */
const KTHREADD = 2;

export interface ProcessStat {
  /** Process id and start time: a process id alone is used again. */
  readonly key: string;
  readonly comm: string;
  readonly cpuSeconds: number;
  readonly majorFaults: number;
  readonly threads: number;
  readonly rssBytes: number;
}

export interface ProcessStatContext {
  readonly pageBytes: number;
  /** The file name of a process's program; undefined when it cannot be told. */
  readonly programOf: (pid: string) => string | undefined;
}

/**
 * Parses /proc/<pid>/stat. The name stands in parentheses and may itself hold spaces, parentheses and newlines, so
 * everything counts from the last `)`. Undefined for text that is no such file.
 */
export function parseProcessStat(
  pid: string,
  text: string,
  { pageBytes, programOf }: ProcessStatContext,
): ProcessStat | undefined {
  const open = text.indexOf("(");
  const close = text.lastIndexOf(")");
  if (open < 0 || close < open) return undefined;
  const v = text.slice(close + 2).split(" ");
  const [parent, majorFaults, user, system] = [Number(v[1]), Number(v[9]), Number(v[11]), Number(v[12])];
  const [threads, startTicks, rssPages] = [Number(v[17]), v[19], Number(v[21])];
  if (startTicks === undefined || Number.isNaN(rssPages)) return undefined;
  return {
    key: `${pid}@${startTicks}`,
    comm: nameOf(text.slice(open + 1, close), parent, () => programOf(pid)),
    cpuSeconds: (user + system) / TICKS_PER_SECOND,
    majorFaults,
    threads,
    rssBytes: rssPages * pageBytes,
  };
}

/**
 * Kernel threads carry CPU and work queue in their names (`kworker/0:1-events`), which change all the time. Node names
 * its main thread, and with it the process, `MainThread`: there the program's name says more.
 */
function nameOf(comm: string, parent: number, program: () => string | undefined): string {
  if (comm === "" || comm === "MainThread") return program() ?? (comm || "unnamed");
  const slash = comm.indexOf("/");
  return parent === KTHREADD && slash > 0 ? comm.slice(0, slash) : comm;
}

/** The size of a page from /proc/self/auxv, read as latin1: pairs of 64-bit words. 4096 where it does not say. */
export function pageBytesOf(auxv: string | undefined): number {
  const bytes = Buffer.from(auxv ?? "", "latin1");
  for (let offset = 0; offset + 16 <= bytes.length; offset += 16) {
    if (bytes.readUInt32LE(offset) === AT_PAGESZ) return bytes.readUInt32LE(offset + 8);
  }
  return 4096;
}
