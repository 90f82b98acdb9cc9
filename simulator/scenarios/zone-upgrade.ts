import { agentId, hostId } from "../../core/element-id.ts";
import { zoneId } from "../cloud/places.ts";
import { later, type Step } from "../day/step.ts";
import { ovsRestartOn } from "./ovs-restart.ts";
import type { Scenario } from "./scenario.ts";
import { anyComputeNode, faultOf } from "./victims.ts";

const PER_HOST_MS = 5_000;
const AGENT_AWAY_MS = 3_000;

export const zoneUpgrade: Scenario = {
  name: "zone-upgrade",
  summary: "new kernel and Open vSwitch packages roll through one zone, a host every five seconds",
  plan(cloud, random) {
    const first = anyComputeNode(cloud, random);
    if (first === undefined) return undefined;
    const zone = zoneId(first.place);
    const hosts = cloud.hosts.filter((host) => host.cluster === first.cluster && zoneId(host.place) === zone);
    const upgrade = (host: number): readonly Step[] => [
      { afterMs: 0, act: { kind: "release", host, release: 1 } },
      ...ovsRestartOn(host),
      { afterMs: 500, act: { kind: "agent", host, running: false } },
      { afterMs: 500 + AGENT_AWAY_MS, act: { kind: "agent", host, running: true } },
    ];
    return {
      steps: hosts.flatMap(({ index }, n) => later(upgrade(index), n * PER_HOST_MS)),
      faults: [
        faultOf(cloud, first, {
          kind: "planned-upgrade",
          cause: [zone],
          endsAfterMs: hosts.length * PER_HOST_MS,
          symptoms: hosts.flatMap(({ name }) => [hostId(name), agentId(name)]),
        }),
      ],
    };
  },
};
