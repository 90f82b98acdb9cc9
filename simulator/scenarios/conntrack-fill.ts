import { FOUND_MS } from "./durations.ts";
import type { Scenario } from "./scenario.ts";
import { anyComputeNode, faultOf, machinesOn } from "./victims.ts";

/** Connections grow sixtyfold: from a few thousand to far more than the table holds. */
const FACTOR = 60;

export const conntrackFill: Scenario = {
  name: "conntrack-fill",
  summary: "the connection tracking table of a compute node fills up; new connections of its machines are dropped",
  plan(cloud, random) {
    const host = anyComputeNode(cloud, random);
    if (host === undefined) return undefined;
    return {
      steps: [
        { afterMs: 0, act: { kind: "load", host: host.index, load: "connections", factor: FACTOR } },
        { afterMs: FOUND_MS, act: { kind: "load", host: host.index, load: "connections", factor: 1 } },
      ],
      faults: [
        faultOf(cloud, host, { kind: "conntrack-full", endsAfterMs: FOUND_MS, symptoms: machinesOn(cloud, [host]) }),
      ],
    };
  },
};
