import { hostId, ovsBridgeId } from "../../core/element-id.ts";
import type { Step } from "../day/step.ts";
import type { Scenario } from "./scenario.ts";
import { anyComputeNode, faultOf, neighboursOf } from "./victims.ts";

const HOSTS = 20;
const RECONNECTED_MS = 6_000;
const UPCALLS_OVER_MS = 45_000;

/** Ports get new numbers, the controller is away for a moment, and every flow goes up to user space once. */
export function ovsRestartOn(host: number): readonly Step[] {
  return [
    { afterMs: 0, act: { kind: "ovs-restart", host } },
    { afterMs: 0, act: { kind: "load", host, load: "upcalls", factor: 25 } },
    { afterMs: RECONNECTED_MS, act: { kind: "controller", host, connected: true } },
    { afterMs: UPCALLS_OVER_MS, act: { kind: "load", host, load: "upcalls", factor: 1 } },
  ];
}

export const ovsRestart: Scenario = {
  name: "ovs-restart",
  summary: `Open vSwitch is restarted on ${HOSTS} hosts at once`,
  plan(cloud, random) {
    const first = anyComputeNode(cloud, random);
    if (first === undefined) return undefined;
    const hosts = [first.index, ...neighboursOf(cloud, first).slice(0, HOSTS - 1)].flatMap(
      (it) => cloud.hosts[it] ?? [],
    );
    return {
      steps: hosts.flatMap(({ index }) => ovsRestartOn(index)),
      faults: [
        faultOf(cloud, first, {
          kind: "ovs-restart",
          cause: hosts.map(({ name }) => hostId(name)),
          endsAfterMs: UPCALLS_OVER_MS,
          symptoms: hosts.map(({ name }) => ovsBridgeId(name, "br-int")),
        }),
      ],
    };
  },
};
