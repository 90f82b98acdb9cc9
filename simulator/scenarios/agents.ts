import { agentId } from "../../core/element-id.ts";
import { FOUND_MS } from "./durations.ts";
import type { Scenario } from "./scenario.ts";
import { anyComputeNode, faultOf } from "./victims.ts";

const OUTAGE_MS = 180_000;
const SKEW_MS = 90_000;

export const silentAgent: Scenario = {
  name: "silent-agent",
  summary: "one agent dies; its host and the machines on it are well",
  plan(cloud, random) {
    const host = anyComputeNode(cloud, random);
    if (host === undefined) return undefined;
    return {
      steps: [
        { afterMs: 0, act: { kind: "agent", host: host.index, running: false } },
        { afterMs: FOUND_MS, act: { kind: "agent", host: host.index, running: true } },
      ],
      faults: [faultOf(cloud, host, { kind: "silent-agent", cause: [agentId(host.name)], endsAfterMs: FOUND_MS })],
    };
  },
};

export const allAgentsSilent: Scenario = {
  name: "all-agents-silent",
  summary: "no agent reaches the collector for three minutes: our own fault, nothing is wrong with the cloud",
  plan(cloud) {
    const [first] = cloud.hosts;
    if (first === undefined) return undefined;
    const reach = (reachable: boolean, afterMs: number) =>
      cloud.hosts.map(({ index }) => ({ afterMs, act: { kind: "reach", host: index, reachable } as const }));
    return {
      steps: [...reach(false, 0), ...reach(true, OUTAGE_MS)],
      faults: [
        faultOf(cloud, first, {
          kind: "collector-unreachable",
          cause: [],
          cluster: undefined,
          endsAfterMs: OUTAGE_MS,
          symptoms: cloud.hosts.map(({ name }) => agentId(name)),
        }),
      ],
    };
  },
};

export const clockJump: Scenario = {
  name: "clock-jump",
  summary: "the clock of one host jumps 90 seconds ahead; what it tells afterwards must not lie in the future",
  plan(cloud, random) {
    const host = anyComputeNode(cloud, random);
    if (host === undefined) return undefined;
    const flap = (afterMs: number, up: boolean) =>
      ({ afterMs, act: { kind: "nic", host: host.index, nic: 1, up } }) as const;
    return {
      steps: [
        { afterMs: 0, act: { kind: "clock", host: host.index, skewMs: SKEW_MS } },
        flap(20_000, false),
        flap(25_000, true),
        { afterMs: FOUND_MS, act: { kind: "clock", host: host.index, skewMs: 0 } },
      ],
      faults: [faultOf(cloud, host, { kind: "clock-jump", cause: [agentId(host.name)], endsAfterMs: FOUND_MS })],
    };
  },
};
