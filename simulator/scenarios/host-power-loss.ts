import { HOST_BACK_MS } from "./durations.ts";
import type { Scenario } from "./scenario.ts";
import { anyComputeNode, faultOf, machinesOn, powerLoss, witnessesOf } from "./victims.ts";

export const hostPowerLoss: Scenario = {
  name: "host-power-loss",
  summary: "a compute node loses power for four minutes; its agent falls silent, the route reflectors see it go",
  plan(cloud, random) {
    const host = anyComputeNode(cloud, random);
    if (host === undefined) return undefined;
    return {
      steps: powerLoss(cloud, host, HOST_BACK_MS),
      faults: [
        faultOf(cloud, host, {
          kind: "host-power-loss",
          endsAfterMs: HOST_BACK_MS,
          symptoms: [...machinesOn(cloud, [host]), ...witnessesOf(cloud, host)],
        }),
      ],
    };
  },
};
