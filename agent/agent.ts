import { setTimeout as wait } from "node:timers/promises";
import type { Clock } from "../core/clock.ts";
import type { Attributes } from "../core/element.ts";
import type { Lifetime } from "../core/lifetime.ts";
import type { Log } from "../core/log.ts";
import { agentPoint } from "./agent-point.ts";
import type { CollectorTls } from "./collector-tls.ts";
import { startMetricSender } from "./delivery/metric-sender.ts";
import { createEventOutbox } from "./events/event-outbox.ts";
import type { FabricOptions } from "./fabric/fabric-options.ts";
import { type HostTopology, startHostTopology } from "./host-topology.ts";
import { startSampler } from "./metrics/sampler.ts";
import { startProbes } from "./probe-runner.ts";
import { probesOf } from "./probes.ts";
import { createProcReader } from "./proc-reader.ts";
import { Ledger } from "./session/ledger.ts";
import { startTopologySession } from "./session/topology-session.ts";
import type { Location } from "./topology/host-node.ts";
import { bootIdOf } from "./topology/host-node.ts";

const FIRST_STATE_WITHIN_MS = 2_000;

/** A source that has not answered by then is left out of the sample. */
const MAX_SAMPLE_MS = 4_000;

export interface AgentOptions {
  /** The name this host goes by, in ids and in the tag `host`. */
  readonly host: string;
  /** The cluster this host belongs to; undefined: the collector's own. */
  readonly cluster?: string | undefined;
  /** Where the machine stands; undefined: nobody said. */
  readonly location?: Location | undefined;
  /** What people want to know of this host, by dotted name: told as attributes `metadata.<name>` of the host. */
  readonly metadata?: Attributes | undefined;
  /** Where `/api/v2/write` and the socket.io namespace `/agent` are. */
  readonly collectorUrl: string;
  readonly token?: string | undefined;
  /** For an https collector whose certificate the system does not vouch for. */
  readonly tls?: CollectorTls | undefined;
  /** Between two samples. */
  readonly intervalMs: number;
  readonly ovsDatabaseSocket: string;
  /** Where ovs-vswitchd keeps its pid file; the folder of the socket when not given. */
  readonly ovsRunFolder?: string | undefined;
  /** Names of processes reported for their CPU time. */
  readonly topProcesses: number;
  /** Share of one core above which a process is always reported. */
  readonly processCpuThreshold: number;
  /** Bound of the metrics that wait for the collector, as compressed. */
  readonly bufferBytes: number;
  readonly fabric?: FabricOptions | undefined;
  readonly version: string;
}

/**
 * Starts the agent of this host and resolves when it runs; it goes on until the lifetime ends. Neither the collector nor
 * any source need be there: what is absent is looked for again, what cannot be delivered waits.
 */
export async function startAgent(
  options: AgentOptions,
  deps: { readonly clock: Clock; readonly log: Log },
  lifetime: Lifetime,
): Promise<void> {
  const { clock } = deps;
  const log = deps.log.child({ part: "agent", host: options.host });
  const proc = createProcReader();
  const random = (bytes: Uint8Array<ArrayBuffer>) => void crypto.getRandomValues(bytes);
  const sender = startMetricSender(
    { ...options, token: options.token, agentProcessId: crypto.randomUUID(), random },
    log,
    lifetime,
  );
  const ledger = new Ledger();
  const bootId = bootIdOf(proc) ?? "unknown";
  const onLedgerChange = startTopologySession(
    { ...options, token: options.token, bootId },
    ledger,
    { clock, log, random: Math.random },
    lifetime,
  );
  const firstState = Promise.withResolvers<void>();
  const events = createEventOutbox(log);
  let topology: HostTopology | undefined;
  const probes = startProbes(
    probesOf(options, { proc, clock, log, namespaces: () => topology?.namespaces() }),
    {
      clock,
      log,
      sampleDeadlineMs: Math.min(options.intervalMs / 2, MAX_SAMPLE_MS),
      changed: () => topology?.changed(),
      report: events.add,
      elements: () => ledger.byId,
    },
    lifetime,
  );
  topology = await startHostTopology(
    { ...options, ovsRunFolder: options.ovsRunFolder, location: options.location, metadata: options.metadata ?? {} },
    {
      proc,
      clock,
      log,
      contributions: probes.contributions,
      sources: probes.sources,
      ready: probes.ready,
      onState(elements, seenAt, renamed) {
        ledger.update(elements, seenAt, renamed);
        onLedgerChange();
        firstState.resolve();
      },
    },
    lifetime,
  );
  // Samples name the kind of each interface, which the topology knows; they do not wait for it for ever.
  await Promise.race([firstState.promise, wait(FIRST_STATE_WITHIN_MS, undefined, { ref: false })]);
  if (lifetime.isOver) return;
  startSampler(
    {
      host: options.host,
      intervalMs: options.intervalMs,
      probes,
      deliver: sender.send,
      selfPoint: (sampleCpuSeconds) =>
        agentPoint({
          sampleCpuSeconds,
          rssBytes: process.memoryUsage.rss(),
          bufferedBytes: sender.bufferedBytes,
          droppedLines: sender.droppedLines,
          rejectedLines: sender.rejectedLines,
          topologyReads: topology?.reads ?? 0,
        }),
    },
    clock,
    lifetime,
  );
}
