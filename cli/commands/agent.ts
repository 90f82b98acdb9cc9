import { parseArgs } from "node:util";
import { startAgent } from "../../agent/agent.ts";
import type { Log } from "../../core/log.ts";
import { type RecordSpan, spanFields } from "../../core/span.ts";
import { agentOptions } from "../agent-options.ts";
import { agentStateFolder } from "../agent-state-folder.ts";
import type { Command } from "../command.ts";
import { CONFIG_FLAGS, CONFIG_USAGE, configInput } from "../config/flags.ts";
import { loadConfig } from "../config/load.ts";
import { createLog } from "../log.ts";
import { processLifetime } from "../process-lifetime.ts";

/** The agent has no files of streams: its tracing stream is in its log. */
function spansIntoLog(log: Log): RecordSpan {
  return (span) => {
    const { name, ...fields } = spanFields(span);
    log.info({ stream: "tracing", ...fields }, String(name));
  };
}

export const agentCommand: Command = {
  summary: "observe this host and report to a collector elsewhere",
  usage: `nephoscope agent [--collector URL] ${CONFIG_USAGE}`,
  run: async (args, { env, clock }) => {
    const { values } = parseArgs({ args: [...args], options: { ...CONFIG_FLAGS, collector: { type: "string" } } });
    const config = loadConfig(configInput(values, env));
    const isTerminal = process.stderr.isTTY === true;
    const log = createLog(config.log.level, isTerminal);
    const { lifetime, ended } = processLifetime(log, clock);
    const collectorUrl = values.collector ?? config.agent.collector_url;
    const options = agentOptions(config, collectorUrl, agentStateFolder(env, process.getuid?.() === 0));
    log.info({ host: options.host, collector: options.collectorUrl }, "agent starting");
    // A line each ten seconds is for machines that gather them.
    const recordSpan = isTerminal ? undefined : spansIntoLog(log);
    await startAgent(options, { clock, log, recordSpan }, lifetime);
    await ended;
    return 0;
  },
};
