import { parseArgs } from "node:util";
import { Lifetime } from "../../core/lifetime.ts";
import { simulate } from "../../simulator/run/simulate.ts";
import { SCENARIOS } from "../../simulator/scenarios/registry.ts";
import type { Command } from "../command.ts";
import { createLog } from "../log.ts";
import { processLifetime } from "../process-lifetime.ts";
import { parseRunOptions, SIMULATE_FLAGS } from "../simulate-options.ts";

export const simulateCommand: Command = {
  summary: "play the agents of a whole cloud, with faults whose causes are known",
  usage: [
    "nephoscope simulate [--collector URL] [--token TOKEN] [--seed N] [--hosts N] [--vms-per-host N] [--clusters N] [--cluster NAME]",
    "  size      --regions N --zones N --hosts-per-rack N --hosts-per-mesh N",
    "  time      --begin RFC3339 --duration 10m --speed FACTOR",
    "  events    --churn FACTOR --churn-for 10m --rate NAME=PER_HOST_AND_DAY... --scenario NAME[@5m]... --list-scenarios",
    "  metrics   --metrics usual|all --metrics-interval 10s|off",
    "  files     --truth FILE --record FILE --replay FILE --offline",
    "  OpenStack --openstack [ADDRESS:]PORT --openstack-release NAME --openstack-drift N",
  ].join("\n       "),
  run: async (args, { env, clock, print, printError }) => {
    const { values } = parseArgs({ args: [...args], options: SIMULATE_FLAGS });
    if (values["list-scenarios"]) {
      for (const { name, summary } of SCENARIOS) print(`${name.padEnd(26)}${summary}`);
      return 0;
    }
    const options = parseRunOptions(values, env);
    const log = createLog("warn", process.stderr.isTTY === true);
    const { lifetime } = options.collector === undefined ? { lifetime: new Lifetime() } : processLifetime(log, clock);
    const deps = { clock, random: Math.random, processId: crypto.randomUUID(), print, progress: printError };
    try {
      await simulate(options, deps, lifetime);
    } finally {
      await lifetime.end();
    }
    return 0;
  },
};
