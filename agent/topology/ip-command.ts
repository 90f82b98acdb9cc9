import { execFile } from "node:child_process";
import { OperatorError } from "../../core/errors.ts";
import { isRefusal } from "../unless-refused.ts";

const TIMEOUT_MS = 10_000;
const MAX_OUTPUT_BYTES = 32 * 1024 * 1024;

export interface CommandLine {
  readonly file: string;
  readonly args: readonly string[];
}

/** `ip` inside of a namespace. `nsenter` rather than `ip -n`, which only knows named ones and remounts /sys each time. */
export function ipCommand(args: readonly string[], namespacePath: string | undefined): CommandLine {
  if (namespacePath === undefined) return { file: "ip", args };
  return { file: "nsenter", args: [`--net=${namespacePath}`, "--", "ip", ...args] };
}

/**
 * The words before a command that make the kernel end it together with the agent, also when the agent is killed: a
 * monitor left behind would keep its network namespace alive. None where `setpriv` is older than util-linux 2.33.
 */
export function leashWords(signal: AbortSignal): Promise<readonly string[]> {
  const [file, ...args] = ["setpriv", "--pdeathsig", "KILL", "--"];
  const tried = new Promise<readonly string[]>((resolve) => {
    const options = { env: commandEnvironment(), timeout: TIMEOUT_MS, signal };
    execFile(file, [...args, "true"], options, (error) => resolve(error === null ? [file, ...args] : []));
  });
  return tried.catch((thrown: unknown) => {
    if (isRefusal(thrown)) return [];
    throw thrown;
  });
}

/** `ip` is in /sbin, which an ordinary PATH may lack. */
export function commandEnvironment(): NodeJS.ProcessEnv {
  return { PATH: `${process.env.PATH ?? ""}:/usr/sbin:/sbin:/usr/bin:/bin`, LC_ALL: "C" };
}

/** Runs `ip` to its end. Undefined when the namespace could not be entered or read: it may be gone by now. */
export function runIp(
  args: readonly string[],
  namespacePath: string | undefined,
  signal: AbortSignal,
): Promise<string | undefined> {
  const command = ipCommand(args, namespacePath);
  const options = { env: commandEnvironment(), timeout: TIMEOUT_MS, maxBuffer: MAX_OUTPUT_BYTES, signal };
  const done = new Promise<string | undefined>((resolve, reject) => {
    execFile(command.file, command.args, options, (cause, stdout, stderr) => {
      if (cause === null) return resolve(stdout);
      if (signal.aborted || (namespacePath !== undefined && typeof cause.code === "number")) return resolve(undefined);
      reject(ipFailed(command, stderr.trim() || cause.message, cause));
    });
  });
  return done.catch((thrown: unknown) => {
    throw isRefusal(thrown) ? ipFailed(command, thrown.message, thrown) : thrown;
  });
}

function ipFailed({ file, args }: CommandLine, reason: string, cause: Error): OperatorError {
  return new OperatorError({
    code: "agent.ip_failed",
    message: `\`${[file, ...args].join(" ")}\` failed: ${reason}`,
    hint: "the agent needs `ip` (iproute2) and `nsenter` (util-linux), and root to enter network namespaces",
    cause,
  });
}
