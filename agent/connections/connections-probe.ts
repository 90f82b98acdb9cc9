import { release } from "node:os";
import type { Clock, EpochMs } from "../../core/clock.ts";
import type { Attributes } from "../../core/element.ts";
import { isLink } from "../../core/element.ts";
import type { ElementId } from "../../core/element-id.ts";
import type { Point } from "../../core/line-protocol.ts";
import type { Probe, ProbeContext } from "../probe.ts";
import type { ProcReader } from "../proc-reader.ts";
import { sameAttributes } from "../topology/attributes.ts";
import { createLineRunner } from "../topology/line-command.ts";
import { connectionPoints } from "./connection-points.ts";
import { createSwitchCall } from "./switch-call.ts";
import { createTally } from "./tally.ts";
import { createToldPorts } from "./told-ports.ts";
import { unmeasurableConnections } from "./unmeasurable.ts";
import { CONNTRACK_FILE, isInstalled, walkEntries } from "./walk.ts";
import { nextWalkAfterMs, type WalkSource, walkCostMs, walkSourceOf } from "./walk-pace.ts";
import { createZoneSources, type ZoneSources } from "./zone-sources.ts";

export interface ConnectionsOptions {
  /** Of one core: what counting connections may cost on average. Default 0.01. */
  readonly cpuShare?: number;
  /** The shortest time between two walks; a minute when not given. */
  readonly walkEveryMs?: number;
}

export interface ConnectionsDeps {
  readonly proc: ProcReader;
  readonly clock: Clock;
  readonly ovsDatabaseSocket: string;
  readonly ovsRunFolder: string | undefined;
}

const DEFAULT_CPU_SHARE = 0.01;
const COUNT_FILE = "/proc/sys/net/netfilter/nf_conntrack_count";

/** Connections of each machine, counted by conntrack zone; what cannot be counted is said of its domain. */
export function connectionsProbe(options: ConnectionsOptions, deps: ConnectionsDeps): Probe {
  const { proc, ovsDatabaseSocket, ovsRunFolder } = deps;
  return {
    name: "connections",
    async detect(context) {
      if (proc.text(COUNT_FILE) === undefined) return undefined;
      const call = createSwitchCall(proc, { databaseSocket: ovsDatabaseSocket, runFolder: ovsRunFolder });
      const sources = createZoneSources({ call, run: createLineRunner(context.signal) });
      const walker = createWalker(options, deps, context, sources);
      let said: ReadonlyMap<ElementId, Attributes> = new Map();
      return {
        sample(at, sink) {
          walker.takeResults().forEach(sink);
          sink(walker.point(at));
          walker.walkWhenDue();
          const now = unmeasurableConnections(context.elements().values());
          if (sameSaid(said, now)) return;
          said = now;
          context.changed();
        },
        contribute() {
          said = unmeasurableConnections(context.elements().values());
          return { elements: [], attributes: said };
        },
      };
    },
  };
}

interface Walker {
  walkWhenDue(): void;
  /** What walks found since it was asked last. */
  takeResults(): readonly Point[];
  point(at: EpochMs): Point;
}

function createWalker(
  { cpuShare = DEFAULT_CPU_SHARE, walkEveryMs }: ConnectionsOptions,
  { proc, clock }: ConnectionsDeps,
  context: ProbeContext,
  sources: ZoneSources,
): Walker {
  const toldPorts = createToldPorts();
  let results: readonly Point[] = [];
  let dueMs = 0;
  let isWalking = false;
  let isPossible = true;
  let periodMs = walkEveryMs;
  let last:
    | { readonly endedMs: number; readonly durationMs: number; readonly costMs: number; readonly entries: number }
    | undefined;
  let [walks, failed] = [0, 0];

  async function walk(source: WalkSource): Promise<void> {
    const startedMs = clock.monotonicMs();
    const tally = createTally(await sources.zones([...context.elements().values()]));
    const costMs = await walkEntries(source, tally.add, { proc, clock, signal: context.signal });
    const endedMs = clock.monotonicMs();
    if (costMs === undefined) {
      failed++;
      return;
    }
    const tallied = tally.result();
    sources.noticeUnknownZone(tallied.unknownZone);
    last = { endedMs, durationMs: endedMs - startedMs, costMs, entries: tallied.entries };
    walks++;
    results = connectionPoints({ ...tallied, ports: toldPorts(tallied.ports) }, clock.now());
    plan(startedMs, costMs);
  }

  function plan(startedMs: number, costMs: number): void {
    periodMs = nextWalkAfterMs(costMs, cpuShare, walkEveryMs);
    dueMs = startedMs + periodMs;
  }

  return {
    walkWhenDue() {
      const nowMs = clock.monotonicMs();
      // Before the host is known no zone is anybody's.
      if (isWalking || nowMs < dueMs || ![...context.elements().values()].some((it) => !isLink(it))) return;
      const entries = Number(proc.text(COUNT_FILE) ?? 0);
      const has = { hasFile: isReadable(proc), hasCommand: isInstalled("conntrack") };
      const source = walkSourceOf({ release: release(), ...has }, entries);
      isPossible = source !== undefined;
      plan(nowMs, source === undefined ? 0 : walkCostMs(source, entries));
      if (source === undefined) return;
      isWalking = true;
      void walk(source).finally(() => {
        isWalking = false;
      });
    },
    takeResults() {
      const taken = results;
      results = [];
      return taken;
    },
    point: (at) => ({
      measurement: "conntrack_walk",
      tags: {},
      fields: {
        possible: { int: isPossible ? 1 : 0 },
        age_s: last === undefined ? undefined : (clock.monotonicMs() - last.endedMs) / 1_000,
        duration_s: last === undefined ? undefined : last.durationMs / 1_000,
        cpu_s: last === undefined ? undefined : last.costMs / 1_000,
        entries: last === undefined ? undefined : { int: last.entries },
        period_s: periodMs === undefined ? undefined : periodMs / 1_000,
        walks: { int: walks },
        failed: { int: failed },
      },
      at,
    }),
  };
}

/** It is there, with CONFIG_NF_CONNTRACK_PROCFS; its first page is not read for that. */
function isReadable(proc: ProcReader): boolean {
  return proc.names("/proc/net").includes(CONNTRACK_FILE.slice("/proc/net/".length));
}

function sameSaid(a: ReadonlyMap<ElementId, Attributes>, b: ReadonlyMap<ElementId, Attributes>): boolean {
  return a.size === b.size && [...a].every(([id, said]) => sameAttributes(said, b.get(id) ?? {}));
}
