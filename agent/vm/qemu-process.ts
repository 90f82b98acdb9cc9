import { TICKS_PER_SECOND } from "../metrics/cpu.ts";
import type { ProcReader } from "../proc-reader.ts";

/** Seconds between boot and the start of a process, as text of /proc/<pid>/stat has it; undefined when it is gone. */
export function startSecondsOf(proc: ProcReader, pid: string): number | undefined {
  const ticks = Number(statWords(proc, pid)?.[19]);
  return Number.isFinite(ticks) ? ticks / TICKS_PER_SECOND : undefined;
}

/** Words of /proc/<pid>/stat from the state on, which is field 3 of proc(5). */
export function statWords(proc: ProcReader, pid: string): readonly string[] | undefined {
  const text = proc.text(`/proc/${pid}/stat`);
  const close = text?.lastIndexOf(")") ?? -1;
  return text === undefined || close < 0 ? undefined : text.slice(close + 2).split(" ");
}

/** Seconds since boot. */
export function uptimeOf(proc: ProcReader): number | undefined {
  const seconds = Number(proc.text("/proc/uptime")?.split(" ")[0]);
  return Number.isFinite(seconds) ? seconds : undefined;
}

/** Since the process was started, to the hundredth; undefined when either is not known. */
export function ageOf(uptimeSeconds: number | undefined, startSeconds: number | undefined): number | undefined {
  if (uptimeSeconds === undefined || startSeconds === undefined) return undefined;
  return Math.round((uptimeSeconds - startSeconds) * 100) / 100;
}
