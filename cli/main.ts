import { setFlagsFromString } from "node:v8";
import type { Command } from "./command.ts";
import { processContext, runCommand } from "./run-command.ts";

// People send regular expressions (PromQL matchers); this keeps one that backtracks badly from blocking the process.
setFlagsFromString("--enable-experimental-regexp-engine-on-excessive-backtracks");

/** Loaded only when asked for: an agent must not carry the weight of a collector. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  up: async () => (await import("./commands/up.ts")).upCommand,
  agent: async () => (await import("./commands/agent.ts")).agentCommand,
  simulate: async () => (await import("./commands/simulate.ts")).simulateCommand,
  topology: async () => (await import("./commands/topology.ts")).topologyCommand,
  query: async () => (await import("./commands/query.ts")).queryCommand,
  rules: async () => (await import("./commands/rules.ts")).rulesCommand,
  dashboards: async () => (await import("./commands/dashboards.ts")).dashboardsCommand,
  "check-config": async () => (await import("./commands/check-config.ts")).checkConfigCommand,
  trace: async () => (await import("./commands/trace.ts")).traceCommand,
  token: async () => (await import("./commands/token.ts")).tokenCommand,
  generate: async () => (await import("./commands/generate.ts")).generateCommand,
  version: async () => (await import("./commands/version.ts")).versionCommand,
};

const context = processContext();

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const [name = "help", ...rest] = args;
  const load = COMMANDS[name];
  return load === undefined ? help(name) : runCommand(name, await load(), rest, context);
}

async function help(name: string): Promise<number> {
  const isUnknown = name !== "help" && name !== "--help" && name !== "-h";
  const print = isUnknown ? context.printError : context.print;
  if (isUnknown) print(`nephoscope: there is no command ${name}\n`);
  print("usage: nephoscope <command> [options]\n");
  for (const [each, load] of Object.entries(COMMANDS)) print(`  ${each.padEnd(14)} ${(await load()).summary}`);
  print("\n`nephoscope <command> --help` says more.");
  return isUnknown ? 2 : 0;
}
