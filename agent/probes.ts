import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { AgentOptions } from "./agent.ts";
import { fabricProbes } from "./fabric/fabric-probes.ts";
import { hostProbes } from "./metrics/host-probes.ts";
import { interfaceProbe, type KnownNamespace } from "./metrics/interface-probe.ts";
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
export function probesOf(options: AgentOptions, { proc, clock, namespaces }: ProbeDeps): readonly Probe[] {
  const selection = { top: options.topProcesses, cpuThreshold: options.processCpuThreshold };
  const { host, fabric = {} } = options;
  return [
    ...hostProbes(proc, selection),
    interfaceProbe(proc, namespaces),
    ...fabricProbes(fabric, { host, proc, clock }),
  ];
}
