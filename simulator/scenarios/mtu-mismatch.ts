import { interfaceId } from "../../core/element-id.ts";
import { tunnelId } from "../elements/overlay-elements.ts";
import { TUNNEL_VLAN } from "../elements/underlay-elements.ts";
import { FOUND_MS } from "./durations.ts";
import type { Scenario } from "./scenario.ts";
import { anyComputeNode, faultOf, machinesOn } from "./victims.ts";

export const mtuMismatch: Scenario = {
  name: "mtu-mismatch",
  summary: "the bond of one compute node has an MTU of 1500; what its machines send is larger",
  plan(cloud, random) {
    const host = anyComputeNode(cloud, random);
    if (host === undefined) return undefined;
    const bond = interfaceId(host.name, undefined, "bond0");
    return {
      steps: [
        { afterMs: 0, act: { kind: "mtu", host: host.index, mtu: 1_500 } },
        { afterMs: FOUND_MS, act: { kind: "mtu", host: host.index, mtu: undefined } },
      ],
      faults: [
        faultOf(cloud, host, {
          kind: "mtu-mismatch",
          cause: [bond, interfaceId(host.name, undefined, `bond0.${TUNNEL_VLAN}`)],
          endsAfterMs: FOUND_MS,
          symptoms: [tunnelId(host), ...machinesOn(cloud, [host])],
        }),
      ],
    };
  },
};
