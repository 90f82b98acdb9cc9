import { execFile, spawn } from "node:child_process";
import { OperatorError } from "../../../core/errors.ts";
import { commandEnvironment } from "../../topology/ip-command.ts";
import { startedChild } from "../../topology/started-child.ts";
import { isRefusal } from "../../unless-refused.ts";
import { type LldpNeighbour, parseLldpNeighbours, parseOwnName } from "./lldp-neighbours.ts";

const TIMEOUT_MS = 10_000;
const MAX_OUTPUT_BYTES = 8 * 1024 * 1024;

/**
 * `lldpcli` gives up root (it is set-uid), which undoes what makes the kernel end a child together with its parent. So a
 * shell stands between: it ends the watcher when its own standard input closes, which happens however the agent ends.
 */
const LEASHED_WATCH = `exec 3>&1
lldpcli -u "$0" -f json0 watch >&3 3>&- 2>/dev/null &
watcher=$!
exec >&- 3>&-
read -r _
kill "$watcher" 2>/dev/null`;

/** Undefined when lldpd does not answer. Throws an OperatorError when there is no `lldpcli`. */
export async function readNeighbours(
  socket: string,
  signal: AbortSignal,
): Promise<readonly LldpNeighbour[] | undefined> {
  const text = await show(socket, ["neighbors", "details"], signal);
  return text === undefined ? undefined : parseLldpNeighbours(text);
}

/** What this host calls itself to its neighbours; errors as above. */
export async function readOwnName(socket: string, signal: AbortSignal): Promise<string | undefined> {
  const text = await show(socket, ["chassis"], signal);
  return text === undefined ? undefined : parseOwnName(text);
}

function show(socket: string, what: readonly string[], signal: AbortSignal): Promise<string | undefined> {
  const args = ["-u", socket, "-f", "json0", "show", ...what];
  const options = { env: commandEnvironment(), timeout: TIMEOUT_MS, maxBuffer: MAX_OUTPUT_BYTES, signal };
  const shown = new Promise<string | undefined>((resolve, reject) => {
    execFile("lldpcli", args, options, (error, stdout) => {
      if (error === null) return resolve(stdout);
      if (error.code !== "ENOENT" && error.code !== "EACCES") return resolve(undefined);
      const hint =
        "install lldpcli (Debian: `apt install lldpd`), and run the agent as root or in the group of lldpcli";
      reject(new OperatorError({ code: "agent.lldpcli", message: "`lldpcli` cannot be run", hint, cause: error }));
    });
  });
  // The kernel has no memory or no descriptors for another process now.
  return shown.catch((thrown: unknown) => {
    if (isRefusal(thrown)) return undefined;
    throw thrown;
  });
}

/** Calls `onChange` whenever lldpd tells of a neighbour; settles with why when it does so no more. Ends with the signal. */
export function watchNeighbours(socket: string, onChange: () => void, signal: AbortSignal): Promise<string> {
  return new Promise((resolve) => {
    const child = startedChild(() =>
      spawn("sh", ["-c", LEASHED_WATCH, socket], { env: commandEnvironment(), stdio: ["pipe", "pipe", "ignore"] }),
    );
    if (child instanceof Error) return resolve(child.message);
    const end = (reason: string) => {
      child.stdin.end();
      resolve(reason);
    };
    child.stdin.on("error", () => undefined);
    child.stdout.setEncoding("utf8");
    // What has changed is read anew in one piece: this stream says that something did.
    child.stdout.on("data", (text: string) => {
      if (text.includes("{")) onChange();
    });
    child.stdout.on("close", () => end("lldpd ended its stream of changes"));
    child.on("error", (error) => end(error.message));
    signal.addEventListener("abort", () => end("stopped"), { once: true });
  });
}
