import { FOUND_MS } from "./durations.ts";
import type { Scenario } from "./scenario.ts";
import { anyComputeNode, faultOf } from "./victims.ts";

/** More than any host has. */
const FACTOR = 3;
const FIRST_KILL_MS = 20_000;
const BETWEEN_KILLS_MS = 90_000;
const KILLS = 5;
const VICTIM = "nova-compute";

export const memoryPressure: Scenario = {
  name: "memory-pressure",
  summary: `memory of one compute node is used up; the kernel kills ${VICTIM} ${KILLS} times`,
  plan(cloud, random) {
    const host = anyComputeNode(cloud, random);
    if (host === undefined) return undefined;
    const load = (factor: number, afterMs: number) =>
      ({ afterMs, act: { kind: "load", host: host.index, load: "memory", factor } }) as const;
    const kills = Array.from(
      { length: KILLS },
      (_, n) =>
        ({
          afterMs: FIRST_KILL_MS + n * BETWEEN_KILLS_MS,
          act: { kind: "oom-kill", host: host.index, name: VICTIM },
        }) as const,
    );
    return {
      steps: [load(FACTOR, 0), ...kills, load(1, FOUND_MS)],
      faults: [faultOf(cloud, host, { kind: "memory-used-up", endsAfterMs: FOUND_MS })],
    };
  },
};
