import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { AgentOptions } from "./agent.ts";
import { watchedProcesses } from "./host-watch-options.ts";
import { diskProbe } from "./metrics/disk-probe.ts";
import { hostProbes } from "./metrics/host-probes.ts";
import { interfaceProbe, type KnownNamespace } from "./metrics/interface-probe.ts";
import type { Probe } from "./probe.ts";
import type { ProcReader } from "./proc-reader.ts";
import { processProbe } from "./processes/process-probe.ts";

export interface ProbeDeps {
  readonly proc: ProcReader;
  readonly clock: Clock;
  readonly log: Log;
  /** What the topology knows of this host's namespaces. */
  readonly namespaces: () => readonly KnownNamespace[] | undefined;
}

/** Everything that is looked for on a host. */
export function probesOf(options: AgentOptions, { proc, clock, namespaces }: ProbeDeps): readonly Probe[] {
  const { host, topProcesses: top, processCpuThreshold: cpuThreshold, hostWatch } = options;
  return [
    ...hostProbes(proc),
    interfaceProbe(proc, namespaces),
    diskProbe(proc),
    processProbe({ host, top, cpuThreshold, watched: watchedProcesses(hostWatch) }, { proc, clock }),
  ];
}
