import { setFlagsFromString } from "node:v8";
import { systemClock } from "../core/clock.ts";
import { OperatorError } from "../core/errors.ts";
import type { Command, CommandContext } from "./command.ts";

// People send regular expressions (PromQL matchers); this keeps one that backtracks badly from blocking the process.
setFlagsFromString("--enable-experimental-regexp-engine-on-excessive-backtracks");

/** Loaded only when asked for: an agent must not carry the weight of a collector. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  up: async () => (await import("./commands/up.ts")).upCommand,
  agent: async () => (await import("./commands/agent.ts")).agentCommand,
  topology: async () => (await import("./commands/topology.ts")).topologyCommand,
  query: async () => (await import("./commands/query.ts")).queryCommand,
  rules: async () => (await import("./commands/rules.ts")).rulesCommand,
  dashboards: async () => (await import("./commands/dashboards.ts")).dashboardsCommand,
  "check-config": async () => (await import("./commands/check-config.ts")).checkConfigCommand,
  token: async () => (await import("./commands/token.ts")).tokenCommand,
  generate: async () => (await import("./commands/generate.ts")).generateCommand,
  version: async () => (await import("./commands/version.ts")).versionCommand,
};

const context: CommandContext = {
  env: process.env,
  clock: systemClock,
  print: (line) => process.stdout.write(`${line}\n`),
  printError: (line) => process.stderr.write(`${line}\n`),
};

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const [name = "help", ...rest] = args;
  const load = COMMANDS[name];
  if (load === undefined || rest.includes("--help")) return help(name, load);
  try {
    return await (await load()).run(rest, context);
  } catch (error) {
    if (!isUsageError(error) && !(error instanceof OperatorError)) throw error;
    context.printError(`nephoscope ${name}: ${error.message}`);
    if (error instanceof OperatorError) context.printError(`  hint: ${error.hint}`);
    else context.printError(`  usage: ${(await load()).usage}`);
    return 1;
  }
}

async function help(name: string, load: (() => Promise<Command>) | undefined): Promise<number> {
  if (load !== undefined) {
    const command = await load();
    context.print(`${command.summary}\n\nusage: ${command.usage}`);
    return 0;
  }
  const isUnknown = name !== "help" && name !== "--help" && name !== "-h";
  const print = isUnknown ? context.printError : context.print;
  if (isUnknown) print(`nephoscope: there is no command ${name}\n`);
  print("usage: nephoscope <command> [options]\n");
  for (const [each, loadEach] of Object.entries(COMMANDS)) print(`  ${each.padEnd(14)} ${(await loadEach()).summary}`);
  print("\n`nephoscope <command> --help` says more.");
  return isUnknown ? 2 : 0;
}

/** What node:util parseArgs throws for wrong arguments. */
function isUsageError(error: unknown): error is Error {
  return error instanceof Error && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS");
}
