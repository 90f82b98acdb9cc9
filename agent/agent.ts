import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { Clock } from "../core/clock.ts";
import type { Attributes, Element } from "../core/element.ts";
import type { ElementId } from "../core/element-id.ts";
import type { HostEvent } from "../core/host-event.ts";
import type { Lifetime } from "../core/lifetime.ts";
import type { Log } from "../core/log.ts";
import type { RecordSpan } from "../core/span.ts";
import { agentPoint } from "./agent-point.ts";
import type { CollectorTls } from "./collector-tls.ts";
import type { ConnectionsOptions } from "./connections/connections-probe.ts";
import { createBatchFolder } from "./delivery/batch-folder.ts";
import { BatchQueue } from "./delivery/batch-queue.ts";
import { startMetricSender } from "./delivery/metric-sender.ts";
import { createEventOutbox } from "./events/event-outbox.ts";
import { startEvents } from "./events/start-events.ts";
import type { FabricOptions } from "./fabric/fabric-options.ts";
import { type HostTopology, startHostTopology } from "./host-topology.ts";
import type { HostWatchOptions } from "./host-watch-options.ts";
import type { LogOptions } from "./logs/log-probes.ts";
import { localAddressTowards } from "./mesh/local-address.ts";
import { createMeshProbe, type MeshOptions, type MeshProbe } from "./mesh/mesh-probe.ts";
import { startSampler } from "./metrics/sampler.ts";
import type { NetworkNodeOptions } from "./network-node/network-node-probe.ts";
import { startProbes } from "./probe-runner.ts";
import { probesOf } from "./probes.ts";
import { createProcReader } from "./proc-reader.ts";
import { Ledger } from "./session/ledger.ts";
import { startTopologySession } from "./session/topology-session.ts";
import { claimStateFolder } from "./state-folder.ts";
import type { Location } from "./topology/host-node.ts";
import { bootIdOf } from "./topology/host-node.ts";
import type { VmOptions } from "./vm/vm-probes.ts";

const FIRST_STATE_WITHIN_MS = 2_000;

/** A source that has not answered by then is left out of the sample. */
const MAX_SAMPLE_MS = 4_000;

const LOCAL_ADDRESS_WITHIN_MS = 1_000;
const LOCAL_ADDRESS_EVERY_MS = 60_000;

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
  readonly hostWatch?: HostWatchOptions | undefined;
  /** Bound of the metrics that wait for the collector, as compressed. */
  readonly bufferBytes: number;
  /** Undefined: neither probes others nor answers them. */
  readonly mesh?: MeshOptions | undefined;
  readonly connections?: ConnectionsOptions | undefined;
  readonly networkNode?: NetworkNodeOptions | undefined;
  readonly fabric?: FabricOptions | undefined;
  readonly version: string;
  /** What must outlive the agent: what waits for the collector, how far logs were read. Undefined: nothing does. */
  readonly stateFolder?: string | undefined;
  readonly logs?: LogOptions | undefined;
  /** Virtual machines; what is usual when not given. */
  readonly vm?: VmOptions | undefined;
}

const random = (bytes: Uint8Array<ArrayBuffer>) => void crypto.getRandomValues(bytes);

/**
 * Starts the agent of this host and resolves when it runs; it goes on until the lifetime ends. Neither the collector nor
 * any source need be there: what is absent is looked for again, what cannot be delivered waits.
 */
export async function startAgent(
  options: AgentOptions,
  deps: { readonly clock: Clock; readonly log: Log; readonly recordSpan?: RecordSpan | undefined },
  lifetime: Lifetime,
): Promise<void> {
  const { clock } = deps;
  const recordSpan = deps.recordSpan && withHost(deps.recordSpan, options.host);
  const log = deps.log.child({ part: "agent", host: options.host });
  const proc = createProcReader();
  const stateFolder = await claimStateFolder(options.stateFolder, log, lifetime);
  const disk = stateFolder === undefined ? undefined : createBatchFolder(join(stateFolder, "batches"));
  const buffer = await BatchQueue.open({ maxBytes: options.bufferBytes, disk }, log);
  if (lifetime.isOver) return;
  const sender = startMetricSender(
    {
      ...options,
      token: options.token,
      agentProcessId: crypto.randomUUID(),
      random,
      spans: recordSpan && { record: recordSpan, clock },
    },
    buffer,
    log,
    lifetime,
  );
  const ledger = new Ledger();
  const mesh =
    options.mesh === undefined ? undefined : await meshProbeOf(options.mesh, { ...options, clock, log }, lifetime);
  if (lifetime.isOver) return;
  const events = createEventOutbox(log, stateFolder && join(stateFolder, "events.journal"));
  lifetime.defer("events", events.end);
  const bootId = bootIdOf(proc) ?? "unknown";
  const tellCollector = startTopologySession(
    { ...options, token: options.token, bootId },
    ledger,
    { events, onMesh: (plan) => mesh?.follow(plan), clock, log, recordSpan, random: Math.random },
    lifetime,
  );
  const report = (event: HostEvent) => {
    events.add(event);
    tellCollector();
  };
  for (const event of startEvents(options, proc, clock.now())) report(event);
  const firstState = Promise.withResolvers<void>();
  let topology: HostTopology | undefined;
  let joined: ReadonlyMap<ElementId, Element> = new Map();
  const probes = startProbes(
    probesOf(
      { ...options, stateFolder },
      { proc, clock, log, mesh: mesh?.probe, namespaces: () => topology?.namespaces() },
    ),
    {
      clock,
      log,
      sampleDeadlineMs: Math.min(options.intervalMs / 2, MAX_SAMPLE_MS),
      changed: () => topology?.changed(),
      report,
      elements: () => joined,
    },
    lifetime,
  );
  topology = await startHostTopology(
    { ...options, location: options.location, metadata: options.metadata ?? {} },
    {
      proc,
      clock,
      log,
      contributions: probes.contributions,
      onJoined: (elements) => {
        joined = elements;
      },
      report,
      sources: probes.sources,
      ready: probes.ready,
      onState(elements, seenAt, renamed) {
        ledger.update(elements, seenAt, renamed);
        tellCollector();
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
      selfPoints: (sampleCpuSeconds) => [
        agentPoint({
          sampleCpuSeconds,
          rssBytes: process.memoryUsage.rss(),
          bufferedBytes: sender.bufferedBytes,
          droppedLines: sender.droppedLines,
          droppedEvents: events.dropped,
          rejectedLines: sender.rejectedLines,
          topologyReads: topology?.reads ?? 0,
        }),
        ...events.points(),
      ],
    },
    clock,
    lifetime,
  );
}

function withHost(record: RecordSpan, host: string): RecordSpan {
  return (span) => record({ ...span, attributes: { host, ...span.attributes } });
}

async function meshProbeOf(
  mesh: MeshOptions,
  { collectorUrl, clock, log }: { readonly collectorUrl: string; readonly clock: Clock; readonly log: Log },
  lifetime: Lifetime,
): Promise<MeshProbe> {
  let towardsCollector: string | undefined;
  const look = async () => {
    towardsCollector ??= await localAddressTowards(collectorUrl);
  };
  // A name server that is away does not hold up all else; a network that comes up later is found then.
  const timer = setInterval(() => void look(), LOCAL_ADDRESS_EVERY_MS).unref();
  lifetime.defer("address towards the collector", () => clearInterval(timer));
  await Promise.race([look(), wait(LOCAL_ADDRESS_WITHIN_MS, undefined, { ref: false })]);
  return createMeshProbe(mesh, { clock, log, random, towardsCollector: () => towardsCollector }, lifetime);
}
