import { domainId, machinePortId, tapId } from "../elements/machine-elements.ts";
import { FOUND_AFTER_BOOT_MS, REBOOT_MS } from "./durations.ts";
import type { Scenario } from "./scenario.ts";
import { anyComputeNode, anyVmOf, faultOf, powerLoss, vmElementId, witnessesOf } from "./victims.ts";

export const tapLostAfterReboot: Scenario = {
  name: "tap-lost-after-reboot",
  summary: "a compute node reboots; one port comes back in Open vSwitch without its tap device",
  plan(cloud, random) {
    const host = anyComputeNode(cloud, random);
    const vm = host === undefined ? undefined : anyVmOf(cloud, host, random);
    if (host === undefined || vm === undefined) return undefined;
    return {
      steps: [
        ...powerLoss(cloud, host, REBOOT_MS),
        // While the host is down, so that its agent never sees the device.
        { afterMs: REBOOT_MS / 2, act: { kind: "tap", vm: vm.index, present: false } },
        { afterMs: REBOOT_MS + FOUND_AFTER_BOOT_MS, act: { kind: "tap", vm: vm.index, present: true } },
      ],
      faults: [
        faultOf(cloud, host, { kind: "host-reboot", endsAfterMs: REBOOT_MS, symptoms: witnessesOf(cloud, host) }),
        faultOf(cloud, host, {
          kind: "port-without-device",
          cause: [machinePortId(cloud, host, vm)],
          beginsAfterMs: REBOOT_MS,
          endsAfterMs: REBOOT_MS + FOUND_AFTER_BOOT_MS,
          symptoms: [vmElementId(cloud, vm.index), domainId(cloud, host, vm), tapId(cloud, host, vm)],
        }),
      ],
    };
  },
};
