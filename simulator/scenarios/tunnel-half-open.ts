import { tunnelId } from "../elements/overlay-elements.ts";
import { FOUND_MS } from "./durations.ts";
import type { Scenario } from "./scenario.ts";
import { anyComputeNode, faultOf, machinesOn, neighboursOf } from "./victims.ts";

export const tunnelHalfOpen: Scenario = {
  name: "tunnel-half-open",
  summary: "one host forgets the tunnel to another, which still has its own end",
  plan(cloud, random) {
    const host = anyComputeNode(cloud, random);
    const peer = host === undefined ? undefined : cloud.hosts[random.pick(neighboursOf(cloud, host)) ?? -1];
    if (host === undefined || peer === undefined) return undefined;
    const act = { kind: "tunnel-peer", host: host.index, peer: peer.index } as const;
    return {
      steps: [
        { afterMs: 0, act: { ...act, known: false } },
        { afterMs: FOUND_MS, act: { ...act, known: true } },
      ],
      faults: [
        faultOf(cloud, host, {
          kind: "tunnel-half-open",
          cause: [tunnelId(host)],
          endsAfterMs: FOUND_MS,
          symptoms: [tunnelId(peer), ...machinesOn(cloud, [host])],
        }),
      ],
    };
  },
};
