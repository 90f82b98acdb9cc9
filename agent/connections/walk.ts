import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { commandEnvironment } from "../topology/ip-command.ts";
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

/**
 * Walks over all entries of this network namespace, in a child process: one read of the file can take the kernel as long as it needs to pass
 * by all entries of other namespaces (50 ns each), which the event loop must not wait for. Whether it got to the end.
 */
export function walkEntries(source: WalkSource, onEntry: EntrySink, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn("sh", ["-c", COMMANDS[source]], {
      env: commandEnvironment(),
      stdio: ["ignore", "pipe", "ignore"],
      timeout: TIMEOUT_MS,
      signal,
    });
    let rest = "";
    let timer: NodeJS.Timeout | undefined;
    child.stdout.setEncoding("latin1");
    child.stdout.on("data", (piece: string) => {
      rest = eachEntry(rest + piece, onEntry);
      child.stdout.pause();
      timer = setTimeout(() => child.stdout.resume(), PAUSE_MS);
    });
    child.on("error", () => resolve(false));
    child.on("close", (code) => {
      clearTimeout(timer);
      resolve(code === 0 && !signal.aborted);
    });
  });
}

/** Whether a program is where commands are looked for. */
export function isInstalled(program: string): boolean {
  return (commandEnvironment().PATH ?? "").split(":").some((folder) => existsSync(`${folder}/${program}`));
}
