import { hostId } from "../../core/element-id.ts";
import { hostsByRack, rackId } from "../cloud/places.ts";
import { HOST_BACK_MS } from "./durations.ts";
import type { Scenario } from "./scenario.ts";
import { anyComputeNode, faultOf, machinesOn, powerLoss, witnessesOf } from "./victims.ts";

/** The feeds of a rack do not fall at once: each host a little after the one before. */
const STAGGER_MS = 40;

export const rackLoss: Scenario = {
  name: "rack-loss",
  summary: "a whole rack loses power for four minutes",
  plan(cloud, random) {
    const victim = anyComputeNode(cloud, random);
    if (victim === undefined) return undefined;
    const rack = rackId(victim.place);
    const hosts = (hostsByRack(cloud).get(rack) ?? []).filter(({ condition }) => condition.powered);
    return {
      steps: hosts.flatMap((host, n) =>
        powerLoss(cloud, host, HOST_BACK_MS).map(({ afterMs, act }) => ({ afterMs: afterMs + n * STAGGER_MS, act })),
      ),
      faults: [
        faultOf(cloud, victim, {
          kind: "rack-power-loss",
          cause: [rack],
          endsAfterMs: HOST_BACK_MS + hosts.length * STAGGER_MS,
          symptoms: [
            ...hosts.map(({ name }) => hostId(name)),
            ...machinesOn(cloud, hosts),
            ...new Set(hosts.flatMap((host) => witnessesOf(cloud, host))),
          ],
        }),
      ],
    };
  },
};
