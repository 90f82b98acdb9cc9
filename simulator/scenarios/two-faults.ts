import { later } from "../day/step.ts";
import { conntrackFill } from "./conntrack-fill.ts";
import { hostPowerLoss } from "./host-power-loss.ts";
import type { Scenario } from "./scenario.ts";

const APART_MS = 20_000;

export const twoFaults: Scenario = {
  name: "two-faults",
  summary: "a host loses power, and 20 seconds later the connection table of another one fills: two causes, not one",
  plan(cloud, random) {
    const first = hostPowerLoss.plan(cloud, random);
    const cause = first?.faults[0]?.cause[0];
    // Chance may pick the same host again: then it is asked once more, for another one.
    for (let n = 0; n < 20; n++) {
      const second = conntrackFill.plan(cloud, random);
      if (first === undefined || second === undefined) return undefined;
      if (second.faults[0]?.cause[0] === cause) continue;
      const shifted = second.faults.map((fault) => ({
        ...fault,
        beginsAfterMs: fault.beginsAfterMs + APART_MS,
        endsAfterMs: fault.endsAfterMs === undefined ? undefined : fault.endsAfterMs + APART_MS,
      }));
      return { steps: [...first.steps, ...later(second.steps, APART_MS)], faults: [...first.faults, ...shifted] };
    }
    return undefined;
  },
};
