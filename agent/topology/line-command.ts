import { spawn } from "node:child_process";
import { commandEnvironment } from "./ip-command.ts";
import { eachLine } from "./lines.ts";
import { startedChild } from "./started-child.ts";

const TIMEOUT_MS = 20_000;

export interface LineCommand {
  readonly file: string;
  readonly args: readonly string[];
  /** What it reads from its standard input. */
  readonly input?: string | undefined;
}

/** Runs a command to its end and hands over its output line by line; whether it ended by itself with status 0. */
export type LineRunner = (command: LineCommand, onLine: (line: string) => void) => Promise<boolean>;

/** A command inside of a namespace; undefined is the host's own. */
export function inNamespace(command: LineCommand, namespacePath: string | undefined): LineCommand {
  if (namespacePath === undefined) return command;
  return { ...command, file: "nsenter", args: [`--net=${namespacePath}`, "--", command.file, ...command.args] };
}

/**
 * Runs real processes, until the signal. Nothing of a table of a million lines is held; a program that is not there or
 * cannot be started, a namespace that is gone and an answer that takes too long all come to false.
 */
export function createLineRunner(signal: AbortSignal): LineRunner {
  return (command, onLine) =>
    new Promise((resolve) => {
      const child = startedChild(() =>
        spawn(command.file, command.args, {
          env: commandEnvironment(),
          stdio: ["pipe", "pipe", "ignore"],
          timeout: TIMEOUT_MS,
          signal,
        }),
      );
      if (child instanceof Error) return resolve(false);
      child.on("error", () => resolve(false));
      child.on("close", (code) => resolve(code === 0));
      // A command that ends before it has read its input is told by its status.
      child.stdin.on("error", () => undefined);
      child.stdin.end(command.input ?? "");
      eachLine(child.stdout, "utf8", onLine);
    });
}
