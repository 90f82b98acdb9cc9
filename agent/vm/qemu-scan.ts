import type { ProcReader } from "../proc-reader.ts";
import { isQemuName, parseQemuCommandLine, type QemuCommandLine } from "./qemu-command-line.ts";

/** All processes are looked at again this often, whatever was known of them: a process may become another program. */
const ALL_EVERY_MS = 60_000;
/** Between two turns of the event loop. */
const PER_TURN = 200;

export interface QemuProcess {
  readonly pid: string;
  readonly commandLine: QemuCommandLine;
}

export interface QemuScan {
  /** Processes that are virtual machines; which ones they are is remembered, so that mostly only new ones are read. */
  processes(nowMs: number): Promise<readonly QemuProcess[]>;
}

/**
 * Looks for virtual machines among all processes. A new process is looked at twice, since a program is started by a process
 * that first was another one; all are looked at once a minute.
 */
export function createQemuScan(proc: ProcReader): QemuScan {
  let looked = new Map<string, number>();
  let found = new Map<string, QemuProcess>();
  let allAtMs = Number.NEGATIVE_INFINITY;

  return {
    async processes(nowMs) {
      if (nowMs - allAtMs >= ALL_EVERY_MS) {
        looked = new Map();
        allAtMs = nowMs;
      }
      const times = new Map<string, number>();
      const machines = new Map<string, QemuProcess>();
      let read = 0;
      for (const pid of proc.names("/proc")) {
        if (!/^\d+$/.test(pid)) continue;
        const before = looked.get(pid) ?? 0;
        const known = found.get(pid);
        times.set(pid, before + 1);
        if (before < 2) {
          const machine = machineOf(proc, pid);
          if (machine !== undefined) machines.set(pid, machine);
          if (++read % PER_TURN === 0) await new Promise(setImmediate);
        } else if (known !== undefined) machines.set(pid, known);
      }
      looked = times;
      found = machines;
      return [...machines.values()];
    },
  };
}

function machineOf(proc: ProcReader, pid: string): QemuProcess | undefined {
  if (!isQemuName(proc.text(`/proc/${pid}/comm`)?.trim() ?? "")) return undefined;
  const commandLine = parseQemuCommandLine(proc.text(`/proc/${pid}/cmdline`) ?? "");
  return commandLine === undefined ? undefined : { pid, commandLine };
}
