import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { AgentOptions } from "./agent.ts";
import { hostProbes } from "./metrics/host-probes.ts";
import { interfaceProbe, type KnownNamespace } from "./metrics/interface-probe.ts";
import type { Probe } from "./probe.ts";
import type { ProcReader } from "./proc-reader.ts";
import { DEFAULT_VM_OPTIONS, vmProbes } from "./vm/vm-probes.ts";

export interface ProbeDeps {
  readonly proc: ProcReader;
  readonly clock: Clock;
  readonly log: Log;
  /** What the topology knows of this host's namespaces. */
  readonly namespaces: () => readonly KnownNamespace[] | undefined;
}

/** Everything that is looked for on a host. */
export function probesOf(options: AgentOptions, { proc, clock, log, namespaces }: ProbeDeps): readonly Probe[] {
  const selection = { top: options.topProcesses, cpuThreshold: options.processCpuThreshold };
  return [
    ...hostProbes(proc, selection),
    interfaceProbe(proc, namespaces),
    ...vmProbes(options.vm ?? DEFAULT_VM_OPTIONS, { host: options.host, proc, clock, log }),
  ];
}
