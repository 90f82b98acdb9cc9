import { dirname, join } from "node:path";
import type { EpochMs } from "../../core/clock.ts";
import { epochMsOf } from "../../core/clock.ts";
import { TICKS_PER_SECOND } from "../metrics/cpu.ts";
import type { ProcReader } from "../proc-reader.ts";

const DAEMON = "ovs-vswitchd";

/** Where Open vSwitch of this host is found. */
export interface OvsPlaces {
  readonly databaseSocket: string;
  /** Where ovs-vswitchd keeps its pid file and its control socket; the folder of the database's socket when not given. */
  readonly runFolder?: string | undefined;
}

/** A process of ovs-vswitchd. */
export interface VswitchdProcess {
  readonly pid: number;
  /** Process id and start time: a process id alone is used again. */
  readonly key: string;
  readonly startedAt: EpochMs;
}

export function runFolderOf({ databaseSocket, runFolder }: OvsPlaces): string {
  return runFolder ?? dirname(databaseSocket);
}

/** The running ovs-vswitchd; undefined when there is none: its pid file may be older than a process of another kind. */
export function vswitchdProcess(proc: ProcReader, places: OvsPlaces): VswitchdProcess | undefined {
  const pid = pidOf(proc, places);
  const stat = pid === undefined ? undefined : proc.text(`/proc/${pid}/stat`);
  const bootedSeconds = /^btime (\d+)/m.exec(proc.text("/proc/stat") ?? "")?.[1];
  if (pid === undefined || stat === undefined || bootedSeconds === undefined) return undefined;
  const close = stat.lastIndexOf(")");
  if (stat.slice(stat.indexOf("(") + 1, close) !== DAEMON) return undefined;
  const startTicks = Number(stat.slice(close + 2).split(" ")[19]);
  if (!Number.isSafeInteger(startTicks)) return undefined;
  const startedAt = epochMsOf(Number(bootedSeconds) * 1_000 + Math.round((startTicks * 1_000) / TICKS_PER_SECOND));
  return { pid, key: `${pid}@${startTicks}`, startedAt };
}

/** Inode of the network namespace of ovs-vswitchd; asked again each time, since it may be started again elsewhere. */
export function vswitchdNamespace(proc: ProcReader, places: OvsPlaces): number | undefined {
  const pid = pidOf(proc, places);
  const inode = pid === undefined ? undefined : /^net:\[(\d+)\]$/.exec(proc.link(`/proc/${pid}/ns/net`) ?? "")?.[1];
  return inode === undefined ? undefined : Number(inode);
}

function pidOf(proc: ProcReader, places: OvsPlaces): number | undefined {
  const pid = proc.text(join(runFolderOf(places), `${DAEMON}.pid`))?.trim();
  return pid !== undefined && /^\d+$/.test(pid) ? Number(pid) : undefined;
}
