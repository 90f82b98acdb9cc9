import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { AgentOptions } from "./agent.ts";
import { connectionsProbe } from "./connections/connections-probe.ts";
import { conntrackProbe } from "./connections/conntrack-probe.ts";
import { fabricProbes } from "./fabric/fabric-probes.ts";
import { amqpProbe } from "./findings/amqp-probe.ts";
import { memoryOvercommitProbe } from "./findings/memory-overcommit.ts";
import { sysctlProbe } from "./findings/sysctl-probe.ts";
import { logProbes } from "./logs/log-probes.ts";
import { diskProbe } from "./metrics/disk-probe.ts";
import { hostProbes } from "./metrics/host-probes.ts";
import { interfaceProbe, type KnownNamespace } from "./metrics/interface-probe.ts";
import { networkNodeProbe } from "./network-node/network-node-probe.ts";
import { createVacantNamespaces } from "./network-node/vacant-namespaces.ts";
import { openVswitchProbes } from "./ovs/open-vswitch-probes.ts";
import type { Probe } from "./probe.ts";
import type { ProcReader } from "./proc-reader.ts";
import { processProbe } from "./processes/process-probe.ts";
import { WATCHED_PROCESSES } from "./processes/watched-processes.ts";
import { DEFAULT_VM_OPTIONS, vmProbes } from "./vm/vm-probes.ts";

export interface ProbeDeps {
  readonly proc: ProcReader;
  readonly clock: Clock;
  readonly log: Log;
  /** Undefined: no mesh of probes. */
  readonly mesh: Probe | undefined;
  /** What the topology knows of this host's namespaces. */
  readonly namespaces: () => readonly KnownNamespace[] | undefined;
}

/** Everything that is looked for on a host. */
export function probesOf(options: AgentOptions, deps: ProbeDeps): readonly Probe[] {
  const { proc, clock, log, mesh, namespaces } = deps;
  const { host, topProcesses: top, processCpuThreshold: cpuThreshold, hostWatch = {} } = options;
  const { processes: watched = WATCHED_PROCESSES } = hostWatch;
  const { ovsDatabaseSocket, ovsRunFolder } = options;
  const ovs = { databaseSocket: ovsDatabaseSocket, runFolder: ovsRunFolder };
  const vacant = createVacantNamespaces({ namespaces, clock, readEveryMs: options.networkNode?.readVacantEveryMs });
  return [
    ...hostProbes(proc),
    interfaceProbe(proc, namespaces, vacant),
    conntrackProbe(proc, namespaces, vacant),
    connectionsProbe(options.connections ?? {}, { proc, clock, ovsDatabaseSocket, ovsRunFolder }),
    networkNodeProbe(options.networkNode ?? {}, { host, proc, clock, namespaces, vacant }),
    diskProbe(proc),
    processProbe({ host, top, cpuThreshold, watched }, { proc, clock }),
    sysctlProbe(proc, hostWatch.sysctl),
    memoryOvercommitProbe(proc, hostWatch.memoryOvercommit),
    amqpProbe({ proc, clock }, hostWatch.amqp),
    ...(mesh === undefined ? [] : [mesh]),
    ...openVswitchProbes(host, ovs, { proc, log }),
    ...logProbes(options, { proc, clock, log }),
    ...vmProbes(options.vm ?? DEFAULT_VM_OPTIONS, { host, proc, clock, log }),
    ...fabricProbes(options.fabric ?? {}, { host, proc, clock }),
  ];
}
