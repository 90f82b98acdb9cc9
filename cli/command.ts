import type { Clock } from "../core/clock.ts";

/** What a command needs of the outside, so that tests can run one without a terminal. */
export interface CommandContext {
  readonly env: NodeJS.ProcessEnv;
  readonly clock: Clock;
  /** The window results are printed to; undefined when they go into a file or a pipe. */
  readonly terminal?: { readonly columns: number } | undefined;
  print(line: string): void;
  /** For what is said besides the result: progress, warnings, errors. */
  printError(line: string): void;
}

export interface Command {
  /** Shown by `nephoscope help`: one line. */
  readonly summary: string;
  /** Shown when the arguments are wrong. */
  readonly usage: string;
  /** The exit code when it fails; 1 unless that says something else. */
  readonly failureCode?: number;
  /** Resolves to the exit code. */
  run(args: readonly string[], context: CommandContext): Promise<number>;
}
