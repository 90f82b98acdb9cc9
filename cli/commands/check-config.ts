import { parseArgs } from "node:util";
import type { CloudSource } from "../../collector/openstack/cloud-source.ts";
import { type BrokerAnswer, tryBrokers } from "../../collector/openstack/notifications/try-brokers.ts";
import { tryCloud } from "../../collector/openstack/try-cloud.ts";
import type { Command, CommandContext } from "../command.ts";
import { askStores } from "../config/ask-stores.ts";
import { CONFIG_FLAGS, CONFIG_USAGE, configInput } from "../config/flags.ts";
import { loadConfig } from "../config/load.ts";
import { openStackClouds } from "../up/openstack-clouds.ts";

export const checkConfigCommand: Command = {
  summary: "check the configuration without starting anything",
  usage: `nephoscope check-config [--stores] [--openstack] ${CONFIG_USAGE}
  --stores     ask InfluxDB and VictoriaMetrics, too, whether they would answer
  --openstack  sign in to each OpenStack cloud, and name what its user may not see; try the brokers of its notifications`,
  run: async (args, context) => {
    const { env, print, printError } = context;
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
      failed += await tryOne(cloud, context);
    }
    return failed === 0 ? 0 : 1;
  },
};

/** The problems found. */
async function tryOne(cloud: CloudSource, { clock, print, printError }: CommandContext): Promise<number> {
  const name = `openstack ${cloud.cluster}`;
  const { problem, regions, roles, missing } = await tryCloud(cloud, clock);
  let failed = problem === undefined ? missing.length : 1;
  if (problem !== undefined) printError(`${name}: ${problem.message}\n  ${problem.hint}`);
  else print(`${name} answers: regions ${regions.join(", ")}; roles ${roles.join(", ")}`);
  for (const { what, reason, hint } of missing) printError(`${name}: no ${what}: ${reason}\n  ${hint}`);
  for (const { broker, exchanges, problem: own } of await brokersOf(cloud)) {
    if (own === undefined) {
      const absent = cloud.notifications?.exchanges.filter((exchange) => !exchanges.includes(exchange)) ?? [];
      const others = absent.length === 0 ? "" : `; not there: ${absent.join(", ")}`;
      print(`${name}: the broker ${broker} answers: exchanges ${exchanges.join(", ")}${others}`);
    } else {
      failed++;
      printError(`${name}: the broker ${broker}: ${own.reason}\n  ${own.hint}`);
    }
  }
  return failed;
}

async function brokersOf({ notifications }: CloudSource): Promise<readonly BrokerAnswer[]> {
  return notifications === undefined ? [] : tryBrokers(notifications);
}
