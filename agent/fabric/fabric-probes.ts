import type { Clock } from "../../core/clock.ts";
import type { Probe } from "../probe.ts";
import type { ProcReader } from "../proc-reader.ts";
import { bondProbe } from "./bond/bond-probe.ts";
import { ethtoolProbe } from "./ethtool/ethtool-probe.ts";
import type { FabricOptions } from "./fabric-options.ts";
import { FRR_FOLDER, frrProbe } from "./frr/frr-probe.ts";
import { GOBGP_ADDRESS, gobgpProbe } from "./gobgp/gobgp-probe.ts";
import { LLDP_SOCKET, lldpProbe } from "./lldp/lldp-probe.ts";
import { sriovProbe } from "./sriov/sriov-probe.ts";

export interface FabricProbeDeps {
  readonly host: string;
  readonly proc: ProcReader;
  readonly clock: Clock;
}

/** What a host can tell of the fabric it is connected to and of the control plane it takes part in. */
export function fabricProbes(options: FabricOptions, { host, proc, clock }: FabricProbeDeps): readonly Probe[] {
  return [
    lldpProbe({ host, socket: options.lldpSocket ?? LLDP_SOCKET, clock }),
    frrProbe({ host, folder: options.frrFolder ?? FRR_FOLDER, proc, clock }),
    gobgpProbe({ host, address: options.gobgpAddress ?? GOBGP_ADDRESS, clock }),
    bondProbe(host, proc),
    sriovProbe(host, proc),
    ethtoolProbe(proc),
  ];
}
