import { setTimeout as wait } from "node:timers/promises";
import type { Clock, EpochMs } from "../core/clock.ts";
import type { Attributes, Element } from "../core/element.ts";
import type { ElementId } from "../core/element-id.ts";
import type { HostEvent } from "../core/host-event.ts";
import type { Lifetime } from "../core/lifetime.ts";
import type { Log } from "../core/log.ts";
import { linkEvents } from "./events/link-events.ts";
import { isUp } from "./metrics/interface.ts";
import type { KnownNamespace } from "./metrics/interface-probe.ts";
import type { Contribution, HostView } from "./probe.ts";
import type { ProcReader } from "./proc-reader.ts";
import { attributesOf, hasTellableName } from "./topology/attributes.ts";
import { hostNode, type Location, readHostAttributes } from "./topology/host-node.ts";
import { kindOf } from "./topology/interface-node.ts";
import { leashWords, runIp } from "./topology/ip-command.ts";
import {
  type KernelSnapshot,
  kernelElements,
  ownNamespaceAttributes,
  renamedInterfaces,
} from "./topology/kernel-elements.ts";
import { startKernelTopology } from "./topology/kernel-topology.ts";

/** Sources speak in bursts; what they say within this is one change. */
const TOLD_TOGETHER_MS = 20;

/** Of one core, while sources say something new all the time: a switch whose ports are all made anew, one after the other. */
const MAX_TELLING_SHARE = 0.1;
/** What changed is told by then, also where telling once took long because the host was busy. */
const TOLD_WITHIN_MS = 5_000;

/** A source that cannot be opened in this time does not hold back what the others say. */
const COMPLETE_WITHIN_MS = 5_000;

export interface HostTopologyOptions {
  readonly host: string;
  readonly location: Location | undefined;
  /** By dotted name. */
  readonly metadata: Attributes;
}

export interface HostTopologyDeps {
  readonly proc: ProcReader;
  readonly clock: Clock;
  readonly log: Log;
  /** The whole state of this host; `renamed` is new id → old id. */
  readonly onState: (elements: readonly Element[], seenAt: EpochMs, renamed: ReadonlyMap<ElementId, ElementId>) => void;
  /** What the probes add; asked at each telling. */
  readonly contributions: (view: HostView) => readonly Contribution[];
  readonly report: (event: HostEvent) => void;
  /** All elements that are about to be told, by id; for sources that join what others say. */
  readonly onJoined: (elements: ReadonlyMap<ElementId, Element>) => void;
  /** Names of the sources that are there. */
  readonly sources: () => readonly string[];
  /** Settles when every probe has looked for its source: what is told before would lack what was there all the time. */
  readonly ready: Promise<void>;
}

export interface HostTopology {
  /** What is known of this host's namespaces; undefined before the first reading and where `ip` is missing. */
  namespaces(): readonly KnownNamespace[] | undefined;
  /** How often the kernel was asked. */
  readonly reads: number;
  /** What a probe says has changed: it is told soon, together with what others say. */
  changed(): void;
}

/** Brings together what the kernel and the probes say, and tells whenever either says something new. */
export async function startHostTopology(
  { host, location, metadata }: HostTopologyOptions,
  { proc, clock, log, onState, contributions, onJoined, report, sources, ready }: HostTopologyDeps,
  lifetime: Lifetime,
): Promise<HostTopology> {
  let snapshot: KernelSnapshot | undefined;
  let kernel: readonly Element[] = [];
  let reads = 0;
  let leftOutReported = false;
  let pending: NodeJS.Timeout | undefined;
  let hasKernelTopology: boolean | undefined;
  let isComplete = false;
  let hasJoined = false;
  /** When a probe last said that something changed. */
  let saidAt: EpochMs | undefined;
  let [toldMs, tellingMs] = [0, 0];
  let known: { readonly of: KernelSnapshot; readonly namespaces: readonly KnownNamespace[] } | undefined;
  const said = Object.fromEntries(Object.entries(metadata).map(([name, value]) => [`metadata.${name}`, value]));
  const topology: HostTopology = {
    namespaces() {
      if (snapshot !== undefined && known?.of !== snapshot)
        known = { of: snapshot, namespaces: knownNamespaces(snapshot) };
      return known?.namespaces;
    },
    get reads() {
      return reads;
    },
    changed() {
      saidAt = clock.now();
      if (!isComplete || (snapshot === undefined && hasKernelTopology !== false)) return;
      const nextMs = toldMs + tellingMs / MAX_TELLING_SHARE - clock.monotonicMs();
      pending ??= setTimeout(
        () => {
          pending = undefined;
          const startedMs = clock.monotonicMs();
          publish(clock.now());
          toldMs = clock.monotonicMs();
          tellingMs = toldMs - startedMs;
        },
        Math.min(Math.max(TOLD_TOGETHER_MS, nextMs), TOLD_WITHIN_MS),
      ).unref();
    },
  };
  lifetime.defer("telling of the topology", () => clearTimeout(pending));

  function publish(seenAt: EpochMs, renamed: ReadonlyMap<ElementId, ElementId> = new Map()): void {
    if (!isComplete) return;
    const attributes = attributesOf({
      ...readHostAttributes(proc),
      ...(snapshot === undefined ? {} : ownNamespaceAttributes(snapshot)),
      sources: sources(),
      ...said,
    });
    const own = [hostNode(host, location, attributes), ...kernel];
    const view = { host, kernel: snapshot };
    // At first nobody has said anything that others could join: what they make of it would be missing, and look like a change later.
    if (!hasJoined) onJoined(joined(own, contributions(view)));
    hasJoined = true;
    const joint = joined(own, contributions(view));
    onJoined(joint);
    const elements = [...joint.values()];
    const told = elements.filter(hasTellableName);
    if (told.length < elements.length && !leftOutReported) {
      leftOutReported = true;
      const hint =
        "names of namespaces, bridges and ports are best kept below 190 characters, without control characters";
      log.warn({ elements: elements.length - told.length, hint }, "elements with names that cannot be told left out");
    }
    onState(told, seenAt, renamed);
  }

  function onReading(next: KernelSnapshot, seenAt: EpochMs): void {
    const renamed = renamedInterfaces(host, snapshot?.readings ?? [], next.readings);
    if (snapshot !== undefined) linkEvents(host, snapshot, next, seenAt).forEach(report);
    reads++;
    snapshot = next;
    kernel = kernelElements(host, next);
    // What a probe said since the kernel's sign is told with this reading, and must not be dated before it was said.
    publish(saidAt === undefined || saidAt < seenAt ? seenAt : saidAt, renamed);
  }

  void Promise.race([ready, wait(COMPLETE_WITHIN_MS, undefined, { ref: false })]).then(() => {
    isComplete = true;
    topology.changed();
  });
  if (process.getuid?.() !== 0) {
    const hint = "run the agent as root, or with CAP_SYS_ADMIN, CAP_SYS_PTRACE and CAP_NET_ADMIN";
    log.warn({ code: "agent.not_root", hint }, "other network namespaces and their processes may stay hidden");
  }
  hasKernelTopology = await hasIp(lifetime.signal);
  const leash = await leashWords(lifetime.signal);
  if (lifetime.isOver) return topology;
  if (hasKernelTopology) startKernelTopology({ proc, clock, log, leash, onReading }, lifetime);
  else {
    const hint = "install iproute2 4.14 or newer and util-linux (`apt install iproute2 util-linux`)";
    log.error({ code: "agent.ip_missing", hint }, "no topology: `ip` cannot be run");
    publish(clock.now());
  }
  return topology;
}

/** Elements of all sources, each with the attributes that others add to it; what two sources tell is one element. */
function joined(own: readonly Element[], contributions: readonly Contribution[]): ReadonlyMap<ElementId, Element> {
  const elements = new Map<ElementId, Element>();
  for (const it of [...own, ...contributions.flatMap((each) => each.elements)]) {
    const known = elements.get(it.id);
    elements.set(it.id, known === undefined ? it : { ...it, attributes: { ...known.attributes, ...it.attributes } });
  }
  for (const { attributes } of contributions) {
    for (const [id, added] of attributes ?? []) {
      const element = elements.get(id);
      if (element !== undefined) elements.set(id, { ...element, attributes: { ...element.attributes, ...added } });
    }
  }
  return elements;
}

async function hasIp(signal: AbortSignal): Promise<boolean> {
  return runIp(["-V"], undefined, signal).then(
    () => true,
    () => false,
  );
}

function knownNamespaces({ readings, devices }: KernelSnapshot): readonly KnownNamespace[] {
  return readings.map(({ namespace, interfaces }) => ({
    name: namespace.name,
    inode: namespace.inode,
    pid: namespace.pid,
    interfaces: new Map(
      interfaces.map((it) => {
        const device = namespace.name === undefined ? devices.get(it.name) : undefined;
        const up = it.adminUp && isUp(it.operstate, it.carrier);
        return [it.name, { kind: kindOf(it, device), up, mtuBytes: it.mtu, speedMbps: device?.speedMbps }];
      }),
    ),
  }));
}
