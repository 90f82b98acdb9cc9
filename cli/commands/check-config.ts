import { parseArgs } from "node:util";
import type { Command } from "../command.ts";
import { askStores } from "../config/ask-stores.ts";
import { CONFIG_FLAGS, CONFIG_USAGE, configInput } from "../config/flags.ts";
import { loadConfig } from "../config/load.ts";

export const checkConfigCommand: Command = {
  summary: "check the configuration without starting anything",
  usage: `nephoscope check-config [--stores] ${CONFIG_USAGE}
  --stores  ask InfluxDB and VictoriaMetrics, too, whether they would answer`,
  run: async (args, { env, print, printError }) => {
    const options = { ...CONFIG_FLAGS, stores: { type: "boolean", default: false } } as const;
    const { values } = parseArgs({ args: [...args], options });
    const config = loadConfig(configInput(values, env));
    print(
      `the configuration is well: cluster ${config.cluster}, listening on ${config.listen.address}:${config.listen.port}`,
    );
    if (!values.stores) return 0;
    let failed = 0;
    for (const { store, problem } of await askStores(config)) {
      if (problem === undefined) print(`${store} answers`);
      else {
        failed++;
        printError(`${store}: ${problem.message}\n  ${problem.hint}`);
      }
    }
    return failed === 0 ? 0 : 1;
  },
};
