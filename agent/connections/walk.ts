import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import type { Clock } from "../../core/clock.ts";
import type { ProcReader } from "../proc-reader.ts";
import { commandEnvironment } from "../topology/ip-command.ts";
import { startedChild } from "../topology/started-child.ts";
import { type EntrySink, eachEntry } from "./conntrack-entry.ts";
import type { WalkSource } from "./walk-pace.ts";

export const CONNTRACK_FILE = "/proc/net/nf_conntrack";

/** After each piece of 64 KB, 330 entries: the loop is held for about 1 ms in every 10, and the child waits at its pipe. */
const PAUSE_MS = 10;
const TIMEOUT_MS = 10 * 60_000;

const BLOCKS = "dd bs=64k iflag=fullblock status=none";
/** Large pieces, since each costs a turn of the event loop. Both families: `conntrack` shows one at a time in old releases. */
const COMMANDS: { readonly [source in WalkSource]: string } = {
  file: `exec ${BLOCKS} if=${CONNTRACK_FILE}`,
  command: `{ conntrack -L -f ipv4 -o extended && conntrack -L -f ipv6 -o extended; } | ${BLOCKS}`,
};

export interface WalkDeps {
  readonly proc: ProcReader;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/**
 * Walks over all entries of this network namespace, in a child process: one read of the file can take the kernel as long as it
 * needs to pass by all entries of other namespaces (50 ns each), which the event loop must not wait for. The CPU time it
 * took in milliseconds, of the child and of reading its lines here; undefined when it did not get to the end.
 */
export async function walkEntries(
  source: WalkSource,
  onEntry: EntrySink,
  { proc, clock, signal }: WalkDeps,
): Promise<number | undefined> {
  const before = childrenCpuMs(proc);
  const child = startedChild(() =>
    spawn("sh", ["-c", COMMANDS[source]], {
      env: commandEnvironment(),
      stdio: ["ignore", "pipe", "ignore"],
      timeout: TIMEOUT_MS,
      signal,
    }),
  );
  if (child instanceof Error) return undefined;
  let rest = "";
  let readingMs = 0;
  let timer: NodeJS.Timeout | undefined;
  child.stdout.setEncoding("latin1");
  child.stdout.on("data", (piece: string) => {
    const startedMs = clock.monotonicMs();
    rest = eachEntry(rest + piece, onEntry);
    readingMs += clock.monotonicMs() - startedMs;
    child.stdout.pause();
    timer = setTimeout(() => child.stdout.resume(), PAUSE_MS);
  });
  const code = await new Promise<number | null>((resolve) => {
    child.on("error", () => resolve(null));
    child.on("close", resolve);
  });
  clearTimeout(timer);
  // Whatever of a pipeline is left ends when nobody reads.
  child.stdout.destroy();
  return code === 0 && !signal.aborted ? childrenCpuMs(proc) - before + readingMs : undefined;
}

/** A jiffy of proc(5), `USER_HZ`: 100 a second on all that Node runs on. */
const MS_PER_TICK = 10;

/** Of all children that have ended: cutime and cstime of proc(5). What others took meanwhile is put down to the walk. */
function childrenCpuMs(proc: ProcReader): number {
  const stat = proc.text("/proc/self/stat") ?? "";
  const [user, system] = stat
    .slice(stat.lastIndexOf(")") + 2)
    .split(" ")
    .slice(13, 15);
  return (Number(user ?? 0) + Number(system ?? 0)) * MS_PER_TICK;
}

/** Whether a program is where commands are looked for. */
export function isInstalled(program: string): boolean {
  return (commandEnvironment().PATH ?? "").split(":").some((folder) => existsSync(`${folder}/${program}`));
}
