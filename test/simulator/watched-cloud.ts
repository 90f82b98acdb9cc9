import { mock } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { startJudging } from "../../collector/mesh/judging.ts";
import { openMeshDesk } from "../../collector/mesh/mesh-desk.ts";
import { epochMsOf } from "../../core/clock.ts";
import { isLink } from "../../core/element.ts";
import { Lifetime } from "../../core/lifetime.ts";
import { silentLog } from "../../core/log.ts";
import type { Cloud } from "../../simulator/cloud/cloud.ts";
import type { Begun, DayOptions, ScheduledScenario } from "../../simulator/day/day.ts";
import type { SaidEvent, Utterance } from "../../simulator/day/utterance.ts";
import { watchPresence } from "../../topology/agent-presence.ts";
import type { Verdict } from "../../topology/host-witnesses.ts";
import type { Finding, FindingEvent } from "../../topology/invariants/finding.ts";
import { watchInvariants } from "../../topology/invariants/watch-invariants.ts";
import { apply, diff } from "../../topology/model/change.ts";
import { compare } from "../../topology/model/comparison/compare.ts";
import type { Comparison } from "../../topology/model/comparison/comparison.ts";
import { EMPTY_TOPOLOGY, type Topology } from "../../topology/model/topology.ts";
import { openRecorder } from "../../topology/recorder.ts";
import type { Statement } from "../../topology/statement.ts";
import { MemoryRevisionLog, SetClock } from "../topology/fakes.ts";
import { openstackElements } from "./openstack-elements.ts";
import { dayOf } from "./small-cloud.ts";

const CLUSTER = "c";
/** So often timers may fire. */
const TICK_MS = 1_000;
/** So often OpenStack is asked and agents measure their clocks. */
const ROUND_MS = 30_000;

/** A finding's event, and when it came, in milliseconds since the cloud began. */
export type HeardEvent = FindingEvent & { readonly atMs: number };

/**
 * A simulated cloud of one cluster with a recorder, the agents' presence and the invariants as a collector has them;
 * nothing around them but memory, and time that passes at once. One at a time: it stands in for the process's timers.
 */
export interface WatchedCloud {
  /** Scenarios that have begun. */
  begun(): readonly Begun[];
  /** Lets everything happen up to and including this many milliseconds after the cloud began. */
  advance(untilMs: number): Promise<void>;
  open(): readonly Finding[];
  readonly events: readonly HeardEvent[];
  /** What differs, as people are shown it, between a revision and now. */
  changedSince(revision: number): Comparison;
  revision(): number;
  /** What is said of hosts whose agents are silent; only where they probe one another. */
  verdicts(): ReadonlyMap<string, Verdict | undefined>;
  /** What agents told of what happened, and when. */
  readonly told: readonly (SaidEvent & { readonly host: string; readonly atMs: number })[];
  readonly lines: readonly string[];
  /** Revisions that, when they were recorded, told of a moment still to come. */
  fromTheFuture(): number;
  close(): Promise<void>;
}

/** `mesh`: agents probe one another, as the collector plans it, and are judged by what they find. */
export async function watchCloud(
  cloud: Cloud,
  scenarios: readonly ScheduledScenario[],
  { mesh: hasMesh = false, ...options }: { readonly mesh?: boolean } & Partial<DayOptions> = {},
): Promise<WatchedCloud> {
  mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
  const [clock, lifetime, store] = [new SetClock(cloud.beganAt), new Lifetime(), new MemoryRevisionLog()];
  const recorder = await openRecorder({ cluster: CLUSTER, store, clock, log: silentLog }, lifetime);
  const presence = watchPresence({ recorder, clock, log: silentLog }, lifetime);
  const findings = watchInvariants({ recorder, clock, log: silentLog }, lifetime);
  const day = dayOf(cloud, { ...options, scenarios });
  const settings = { intervalMs: 1_000, peers: 10, key: "0".repeat(64) };
  const mesh = hasMesh ? openMeshDesk(recorder, settings, lifetime) : undefined;
  if (mesh !== undefined) startJudging({ mesh, presence, clock, log: silentLog }, lifetime);
  const speaking = new Map<string, Skew>();
  const events: HeardEvent[] = [];
  const told: WatchedCloud["told"][number][] = [];
  const lines: string[] = [];
  let [nowMs, fromTheFuture] = [0, 0];
  findings.onFinding((event) => events.push({ ...event, atMs: nowMs }));
  const follow = (host: string) => {
    const plan = speaking.has(host) ? mesh?.planOf(host) : undefined;
    if (plan !== undefined) day.followMesh(host, plan, nowMs);
  };
  mesh?.onChange(follow);
  recorder.onRevision(({ at }) => (fromTheFuture += Number(at > clock.now())));

  function hear(utterance: Utterance): readonly Promise<unknown>[] {
    const { host } = utterance;
    const skew = speaking.get(host);
    const owner = { kind: "agent", host } as const;
    const at = epochMsOf(clock.now() + (skew?.isMs ?? 0) - (skew?.measuredMs ?? 0));
    switch (utterance.kind) {
      case "appears": {
        speaking.set(host, { isMs: skew?.isMs ?? 0, measuredMs: skew?.isMs ?? 0 });
        follow(host);
        const facts = { version: "1", bootId: utterance.bootId, clockOffsetMs: skew?.isMs ?? 0, connectedFrom: "" };
        const elements = utterance.elements();
        return [presence.connected(host, facts), recorder.record({ kind: "full", owner, at, elements })];
      }
      case "falls-silent":
        speaking.delete(host);
        presence.disconnected(host);
        return [];
      case "clock":
        if (skew !== undefined) skew.isMs = utterance.skewMs;
        return [];
      case "changes":
        // What an agent that cannot speak would say, it says when it appears again.
        return skew === undefined ? [] : [recorder.record(changeStatement(utterance, owner, at))];
      case "events":
        told.push(...utterance.events.map((event) => ({ ...event, host, atMs: utterance.atMs })));
        return [];
      case "metrics":
        lines.push(...utterance.lines);
        return [];
    }
  }

  async function hearAll(groups: Iterable<readonly Utterance[]>): Promise<void> {
    for (const group of groups) await Promise.all(group.flatMap(hear));
  }

  async function round(): Promise<void> {
    const owner = { kind: "openstack", cluster: CLUSTER } as const;
    await recorder.record({ kind: "full", owner, at: clock.now(), elements: openstackElements(cloud, 0) });
    for (const [host, skew] of speaking) {
      if (skew.isMs === skew.measuredMs) continue;
      skew.measuredMs = skew.isMs;
      await presence.measured(host, skew.isMs);
    }
  }

  async function advance(untilMs: number): Promise<void> {
    while (nowMs < untilMs) {
      nowMs = Math.min(nowMs + TICK_MS, untilMs);
      clock.set(cloud.beganAt + nowMs);
      await hearAll(day.advance(nowMs));
      mock.timers.tick(TICK_MS);
      if (nowMs % ROUND_MS === 0) await round();
      // What a timer began is recorded, and what was recorded is judged.
      for (let n = 0; n < 3; n++) await turn();
    }
  }

  await hearAll(day.appearances(0));
  await round();
  while (!findings.isReady()) await turn();
  return {
    events,
    told,
    lines,
    verdicts: () =>
      new Map(
        presence.statuses().flatMap(({ host, verdict, session }) => (session === "silent" ? [[host, verdict]] : [])),
      ),
    begun: () => day.begun,
    advance,
    open: () => [...findings.open()],
    revision: () => recorder.revision(),
    fromTheFuture: () => fromTheFuture,
    changedSince(revision) {
      const before = store.revisions.filter((one) => one.revision <= revision);
      const [was, is] = [stateAfter(before), stateAfter(store.revisions)];
      return compare(diff(was, is), { silent: { from: silentIn(was), to: silentIn(is) } });
    },
    async close() {
      await lifetime.end();
      mock.timers.reset();
    },
  };
}

/** How far an agent's clock is ahead, and how far it was when it was measured last. */
interface Skew {
  isMs: number;
  measuredMs: number;
}

function changeStatement(
  { changes }: Extract<Utterance, { kind: "changes" }>,
  owner: Statement["owner"],
  at: Statement["at"],
): Statement {
  const put = changes.flatMap(({ after }) => after ?? []);
  return {
    kind: "changes",
    owner,
    at,
    put,
    remove: changes.flatMap(({ id, after }) => (after === undefined ? [id] : [])),
  };
}

function stateAfter(revisions: MemoryRevisionLog["revisions"]): Topology {
  return apply(
    EMPTY_TOPOLOGY,
    revisions.flatMap(({ changes }) => changes),
  );
}

function silentIn(state: Topology): ReadonlySet<string> {
  return new Set(
    [...state.values()].flatMap((element) =>
      !isLink(element) && element.kind === "agent" && element.attributes.session === "silent" ? [element.name] : [],
    ),
  );
}
