import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { AgentOptions } from "./agent.ts";
import { connectionsProbe } from "./connections/connections-probe.ts";
import { conntrackProbe } from "./connections/conntrack-probe.ts";
import { hostProbes } from "./metrics/host-probes.ts";
import { interfaceProbe, type KnownNamespace } from "./metrics/interface-probe.ts";
import { networkNodeProbe } from "./network-node/network-node-probe.ts";
import { createVacantNamespaces } from "./network-node/vacant-namespaces.ts";
import type { Probe } from "./probe.ts";
import type { ProcReader } from "./proc-reader.ts";

export interface ProbeDeps {
  readonly proc: ProcReader;
  readonly clock: Clock;
  readonly log: Log;
  /** What the topology knows of this host's namespaces. */
  readonly namespaces: () => readonly KnownNamespace[] | undefined;
}

/** Everything that is looked for on a host. */
export function probesOf(options: AgentOptions, deps: ProbeDeps): readonly Probe[] {
  const { proc, clock, namespaces } = deps;
  const { host, ovsDatabaseSocket, ovsRunFolder } = options;
  const selection = { top: options.topProcesses, cpuThreshold: options.processCpuThreshold };
  const vacant = createVacantNamespaces({ namespaces, clock, readEveryMs: options.networkNode?.readVacantEveryMs });
  return [
    ...hostProbes(proc, selection),
    interfaceProbe(proc, namespaces, vacant),
    conntrackProbe(proc, namespaces, vacant),
    connectionsProbe(options.connections ?? {}, { proc, clock, ovsDatabaseSocket, ovsRunFolder }),
    networkNodeProbe(options.networkNode ?? {}, { host, proc, clock, namespaces, vacant }),
  ];
}
