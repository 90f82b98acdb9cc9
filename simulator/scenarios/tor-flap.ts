import { interfaceId } from "../../core/element-id.ts";
import { hostsByRack, rackId, TORS_PER_RACK, torId } from "../cloud/places.ts";
import type { Step } from "../day/step.ts";
import { NICS } from "../elements/underlay-elements.ts";
import type { Scenario } from "./scenario.ts";
import { anyComputeNode, faultOf } from "./victims.ts";

const FLAPS = 6;
const DOWN_MS = 4_000;
const PERIOD_MS = 15_000;

export const torFlap: Scenario = {
  name: "tor-flap",
  summary: "one switch of a rack goes down and up six times; every host there loses one leg of its bond each time",
  plan(cloud, random) {
    const victim = anyComputeNode(cloud, random);
    if (victim === undefined) return undefined;
    const nic = random.below(TORS_PER_RACK);
    const hosts = hostsByRack(cloud).get(rackId(victim.place)) ?? [];
    const steps = Array.from({ length: FLAPS }, (_, flap) =>
      hosts.flatMap(({ index }): readonly Step[] => [
        { afterMs: flap * PERIOD_MS, act: { kind: "nic", host: index, nic, up: false } },
        { afterMs: flap * PERIOD_MS + DOWN_MS, act: { kind: "nic", host: index, nic, up: true } },
      ]),
    );
    return {
      steps: steps.flat(),
      faults: [
        faultOf(cloud, victim, {
          kind: "switch-flapping",
          cause: [torId(victim.place, nic)],
          endsAfterMs: (FLAPS - 1) * PERIOD_MS + DOWN_MS,
          symptoms: hosts.map(({ name }) => interfaceId(name, undefined, NICS[nic] ?? NICS[0])),
        }),
      ],
    };
  },
};
