import { parseArgs } from "node:util";
import type { Command } from "../command.ts";
import { CONFIG_FLAGS, CONFIG_USAGE, configInput } from "../config/flags.ts";
import { loadConfig } from "../config/load.ts";

export const checkConfigCommand: Command = {
  summary: "check the configuration without starting anything",
  usage: `nephoscope check-config ${CONFIG_USAGE}`,
  run: async (args, { env, print }) => {
    const { values } = parseArgs({ args: [...args], options: CONFIG_FLAGS });
    const config = loadConfig(configInput(values, env));
    print(
      `the configuration is well: cluster ${config.cluster}, listening on ${config.listen.address}:${config.listen.port}`,
    );
    return 0;
  },
};
