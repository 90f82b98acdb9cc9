import { ovsBridgeId } from "../../core/element-id.ts";
import { FOUND_MS } from "./durations.ts";
import type { Scenario } from "./scenario.ts";
import { anyComputeNode, faultOf } from "./victims.ts";

const NAME = "neutron-openvswitch-agent";
const BRIDGES = ["br-ex", "br-int", "br-tun"] as const;

export const neutronAgentGone: Scenario = {
  name: "neutron-agent-gone",
  summary: "Neutron's agent ends on one compute node and is not started anew: its bridges have no controller",
  plan(cloud, random) {
    const host = anyComputeNode(cloud, random);
    if (host === undefined) return undefined;
    const runs = (running: boolean, afterMs: number) =>
      [
        { afterMs, act: { kind: "process", host: host.index, name: NAME, running } },
        { afterMs, act: { kind: "controller", host: host.index, connected: running } },
      ] as const;
    return {
      steps: [...runs(false, 0), ...runs(true, FOUND_MS)],
      faults: [
        faultOf(cloud, host, {
          kind: "service-gone",
          endsAfterMs: FOUND_MS,
          symptoms: BRIDGES.map((bridge) => ovsBridgeId(host.name, bridge)),
        }),
      ],
    };
  },
};
