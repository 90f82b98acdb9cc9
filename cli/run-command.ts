import { systemClock } from "../core/clock.ts";
import { OperatorError } from "../core/errors.ts";
import type { Command, CommandContext } from "./command.ts";

/** Of a terminal that does not tell its width. */
const DEFAULT_COLUMNS = 80;

/** The outside of this very process. */
export function processContext(): CommandContext {
  return {
    env: process.env,
    clock: systemClock,
    terminal: process.stdout.isTTY === true ? { columns: process.stdout.columns || DEFAULT_COLUMNS } : undefined,
    print: (line) => process.stdout.write(`${line}\n`),
    printError: (line) => process.stderr.write(`${line}\n`),
  };
}

/** Runs to the exit code. What an operator can act on is said in words; a bug ends the process with its stack. */
export async function runCommand(
  name: string,
  command: Command,
  args: readonly string[],
  context: CommandContext,
): Promise<number> {
  if (args.includes("--help")) {
    context.print(`${command.summary}\n\nusage: ${command.usage}`);
    return 0;
  }
  try {
    return await command.run(args, context);
  } catch (error) {
    if (!isUsageError(error) && !(error instanceof OperatorError)) throw error;
    context.printError(`nephoscope ${name}: ${error.message}`);
    context.printError(error instanceof OperatorError ? `  hint: ${error.hint}` : `  usage: ${command.usage}`);
    return command.failureCode ?? 1;
  }
}

/** What node:util parseArgs throws for wrong arguments. */
function isUsageError(error: unknown): error is Error {
  return error instanceof Error && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS");
}
