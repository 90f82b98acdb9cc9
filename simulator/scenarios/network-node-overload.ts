import { elementIdOf } from "../../core/element-id.ts";
import { routerUuid } from "../cloud/identity.ts";
import type { Step } from "../day/step.ts";
import { duties } from "../elements/namespace-elements.ts";
import { FOUND_MS } from "./durations.ts";
import type { Scenario } from "./scenario.ts";
import { anyNetworkNode, faultOf } from "./victims.ts";

const TRAFFIC = 12;
const CPU = 6;

export const networkNodeOverload: Scenario = {
  name: "network-node-overload",
  summary: "one network node gets twelve times its traffic: packets are dropped, its share stands out",
  plan(cloud, random) {
    const node = anyNetworkNode(cloud, random);
    if (node === undefined) return undefined;
    const load = (factor: (busy: number) => number, afterMs: number): readonly Step[] => [
      { afterMs, act: { kind: "load", host: node.index, load: "traffic", factor: factor(TRAFFIC) } },
      { afterMs, act: { kind: "load", host: node.index, load: "cpu", factor: factor(CPU) } },
    ];
    return {
      steps: [...load((busy) => busy, 0), ...load(() => 1, FOUND_MS)],
      faults: [
        faultOf(cloud, node, {
          kind: "network-node-overload",
          endsAfterMs: FOUND_MS,
          symptoms: duties(cloud, node).routers.map(({ index }) =>
            elementIdOf("neutron", "router", routerUuid(cloud, index)),
          ),
        }),
      ],
    };
  },
};
