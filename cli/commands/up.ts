import { parseArgs } from "node:util";
import type { Command } from "../command.ts";
import { CONFIG_FLAGS, CONFIG_USAGE, configInput } from "../config/flags.ts";
import { loadConfig } from "../config/load.ts";
import { createLog } from "../log.ts";
import { processLifetime } from "../process-lifetime.ts";
import { processTraceScope } from "../trace-scope.ts";
import { startEverything } from "../up/start.ts";
import { installedVersion } from "../version.ts";

export const upCommand: Command = {
  summary: "agent, collector, alerts and page for this machine, in one process",
  usage: `nephoscope up [--set-aside-damaged] ${CONFIG_USAGE}`,
  run: async (args, { env, clock, print }) => {
    const options = { ...CONFIG_FLAGS, "set-aside-damaged": { type: "boolean", default: false } } as const;
    const { values } = parseArgs({ args: [...args], options });
    const config = loadConfig(configInput(values, env));
    const log = createLog(config.log.level, process.stderr.isTTY === true, processTraceScope);
    const { lifetime, ended } = processLifetime(log, clock);
    try {
      const deps = { clock, log, traces: processTraceScope, setAsideDamaged: values["set-aside-damaged"] };
      const running = await startEverything(config, deps, lifetime);
      print(`Nephoscope ${installedVersion()} is watching this machine`);
      print(`  page   ${running.url}`);
      print(`  data   ${running.dataFolder}`);
      if (running.mode === "loopback") print("  access no tokens are configured: whoever is on this machine is admin");
      print("  stop   Ctrl-C");
    } catch (error) {
      const wasStopped = lifetime.isOver;
      await lifetime.end();
      if (wasStopped) return 0;
      throw error;
    }
    await ended;
    return 0;
  },
};
