import { OperatorError } from "../../core/errors.ts";
import { allAgentsSilent, clockJump, silentAgent } from "./agents.ts";
import { bootStorm, subnetExhausted } from "./boots.ts";
import { conntrackFill } from "./conntrack-fill.ts";
import { hostPowerLoss } from "./host-power-loss.ts";
import { memoryPressure } from "./memory-pressure.ts";
import { migrationWave } from "./migration-wave.ts";
import { mtuMismatch } from "./mtu-mismatch.ts";
import { duplicateIp, twoUnboundDhcpServers } from "./network-faults.ts";
import { networkNodeOverload } from "./network-node-overload.ts";
import { neutronAgentGone } from "./neutron-agent-gone.ts";
import { ovsRestart } from "./ovs-restart.ts";
import { rackLoss } from "./rack-loss.ts";
import type { Scenario } from "./scenario.ts";
import { tapLostAfterReboot } from "./tap-lost-after-reboot.ts";
import { torFlap } from "./tor-flap.ts";
import { tunnelHalfOpen } from "./tunnel-half-open.ts";
import { twoFaults } from "./two-faults.ts";
import { zoneUpgrade } from "./zone-upgrade.ts";

export const SCENARIOS: readonly Scenario[] = [
  hostPowerLoss,
  rackLoss,
  torFlap,
  conntrackFill,
  ovsRestart,
  zoneUpgrade,
  migrationWave,
  tapLostAfterReboot,
  tunnelHalfOpen,
  mtuMismatch,
  duplicateIp,
  twoUnboundDhcpServers,
  subnetExhausted,
  bootStorm,
  silentAgent,
  allAgentsSilent,
  clockJump,
  networkNodeOverload,
  neutronAgentGone,
  memoryPressure,
  twoFaults,
];

/** Errors: OperatorError `simulate.scenario`. */
export function scenarioNamed(name: string): Scenario {
  const scenario = SCENARIOS.find((each) => each.name === name);
  if (scenario !== undefined) return scenario;
  throw new OperatorError({
    code: "simulate.scenario",
    message: `there is no scenario ${JSON.stringify(name)}`,
    hint: "`nephoscope simulate --list-scenarios` names them all",
  });
}
