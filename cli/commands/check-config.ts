import { parseArgs } from "node:util";
import { tryCloud } from "../../collector/openstack/try-cloud.ts";
import type { Command } from "../command.ts";
import { askStores } from "../config/ask-stores.ts";
import { CONFIG_FLAGS, CONFIG_USAGE, configInput } from "../config/flags.ts";
import { loadConfig } from "../config/load.ts";
import { openStackClouds } from "../up/openstack-clouds.ts";

export const checkConfigCommand: Command = {
  summary: "check the configuration without starting anything",
  usage: `nephoscope check-config [--stores] [--openstack] ${CONFIG_USAGE}
  --stores     ask InfluxDB and VictoriaMetrics, too, whether they would answer
  --openstack  sign in to each OpenStack cloud, and name what its user may not see`,
  run: async (args, { env, clock, print, printError }) => {
    const asked = { type: "boolean", default: false } as const;
    const options = { ...CONFIG_FLAGS, stores: asked, openstack: asked } as const;
    const { values } = parseArgs({ args: [...args], options });
    const config = loadConfig(configInput(values, env));
    print(
      `the configuration is well: cluster ${config.cluster}, listening on ${config.listen.address}:${config.listen.port}`,
    );
    let failed = 0;
    for (const { store, problem } of values.stores ? await askStores(config) : []) {
      if (problem === undefined) print(`${store} answers`);
      else {
        failed++;
        printError(`${store}: ${problem.message}\n  ${problem.hint}`);
      }
    }
    for (const cloud of values.openstack ? openStackClouds(config) : []) {
      const { problem, regions, roles, missing } = await tryCloud(cloud, clock);
      if (problem !== undefined) {
        failed++;
        printError(`openstack ${cloud.cluster}: ${problem.message}\n  ${problem.hint}`);
        continue;
      }
      print(`openstack ${cloud.cluster} answers: regions ${regions.join(", ")}; roles ${roles.join(", ")}`);
      failed += missing.length;
      for (const { what, reason, hint } of missing) {
        printError(`openstack ${cloud.cluster}: no ${what}: ${reason}\n  ${hint}`);
      }
    }
    return failed === 0 ? 0 : 1;
  },
};
