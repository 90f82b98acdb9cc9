import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { AgentSession } from "../../collector/agents/agent-session.ts";
import { newAgentCounts } from "../../collector/agents/counts.ts";
import type { SessionRegistry } from "../../collector/agents/desk.ts";
import { addPart } from "../../collector/agents/full-assembly.ts";
import { createFullStateTurns } from "../../collector/agents/full-states.ts";
import { AGENT_LIMITS } from "../../collector/agents/limits.ts";
import { Lifetime } from "../../core/lifetime.ts";
import { type Log, silentLog } from "../../core/log.ts";
import { type AgentPresence, watchPresence } from "../../topology/agent-presence.ts";
import { openRecorder, type Recorder } from "../../topology/recorder.ts";
import { hostNode, nic } from "../topology/arbitrary.ts";
import { MemoryRevisionLog, SetClock } from "../topology/fakes.ts";

const clock = new SetClock(1_700_000_000_000);
let lifetime: Lifetime;
let store: MemoryRevisionLog;
let recorder: Recorder;
let presence: AgentPresence;
let current: Map<string, AgentSession>;

beforeEach(async () => {
  lifetime = new Lifetime();
  store = new MemoryRevisionLog();
  recorder = await openRecorder({ cluster: "c", store, clock, log: silentLog }, lifetime);
  presence = watchPresence({ recorder, clock, log: silentLog }, lifetime);
  current = new Map();
});
afterEach(() => lifetime.end());

function newSession(limits = AGENT_LIMITS, { turns = newTurns(limits), log = silentLog } = {}): AgentSession {
  const registry: SessionRegistry = {
    claim: (host, session) => {
      current.set(host, session);
      return undefined;
    },
    current: (host) => current.get(host),
    isCurrent: (host, session) => current.get(host) === session,
    release: (host) => current.delete(host),
  };
  const desk = { recorder, presence, registry, volatileHeard: new Set<string>() };
  const desks = { of: (name?: string) => ((name ?? "c") === "c" ? desk : undefined), clusters: ["c"] };
  const deps = { desks, turns, counts: newAgentCounts(), clock, log, limits };
  return new AgentSession(deps, { identity: { kind: "loopback" }, address: "127.0.0.1" });
}

const newTurns = (limits = AGENT_LIMITS) => createFullStateTurns(limits.fullStates, limits.fullStateMs, clock);

const hello = { protocol: 1, host: "a", boot_id: "b", agent_version: "1", sent_at: clock.now(), last_ack: 0 };
const changes = { batch: 1, at: clock.now(), clock_offset_ms: 0, put: [hostNode("a")], remove: [] };

test("a connection that is gone before its hello is worked on claims no host", async () => {
  const session = newSession();
  const reply = session.hello(hello);
  session.closed();
  expect(await reply).toMatchObject({ kind: "later" });
  expect([current.size, store.revisions.length]).toEqual([0, 0]);
});

test("an agent of a cluster nobody configured is refused and told which there are", async () => {
  const reply = await newSession().hello({ ...hello, cluster: "other" });
  expect(reply).toMatchObject({ kind: "refused", code: "agent.cluster_unknown", hint: expect.stringContaining("c;") });
  expect(await newSession().hello({ ...hello, cluster: "c" })).toMatchObject({ kind: "full", cluster: "c" });
});

test("what waits behind a lost connection changes nothing", async () => {
  const session = newSession();
  await session.hello(hello);
  const revision = recorder.revision();
  const reply = session.changes(changes);
  session.closed();
  expect(await reply).toMatchObject({ kind: "refused", code: "agent.replaced" });
  expect(recorder.revision()).toBe(revision);
});

test("messages past the bound of one session are answered with later, the others in order", async () => {
  const session = newSession({ ...AGENT_LIMITS, waitingMessages: 3 });
  const replies = [hello, 1, 2, 3].map((message, index) =>
    index === 0 ? session.hello(message) : session.changes({ ...changes, batch: index }),
  );
  expect(await Promise.all(replies)).toMatchObject([
    { kind: "full" },
    { kind: "ack", batch: 1 },
    { kind: "ack", batch: 2 },
    { kind: "later" },
  ]);
});

test("a turn taken back takes along what was received: the rest of that full state is refused", async () => {
  const limits = { ...AGENT_LIMITS, fullStates: 1 };
  const turns = newTurns(limits);
  const [slow, quick] = [newSession(limits, { turns }), newSession(limits, { turns })];
  const part = (index: number, element = nic("a", `e${index}`)) => {
    return { batch: 1, part: index, parts: 2, at: clock.now(), clock_offset_ms: 0, elements: [element] };
  };
  await slow.hello(hello);
  expect(await slow.full(part(0))).toMatchObject({ kind: "ack" });
  expect(await quick.hello({ ...hello, host: "b" })).toMatchObject({ kind: "later" });
  clock.set(clock.now() + limits.fullStateMs + 1);
  expect(await quick.hello({ ...hello, host: "b" })).toMatchObject({ kind: "full" });
  quick.closed();
  expect(await slow.full(part(1))).toMatchObject({ kind: "refused", code: "agent.out_of_order" });
  expect(recorder.graph.ownedBy({ kind: "agent", host: "a" }).size).toBe(0);
});

test("the parts of a full state gather in one list, in order", () => {
  const state = { batch: 7, parts: 3, at: clock.now(), clock_offset_ms: 0 };
  const elements = ["e0", "e1", "e2"].map((name) => nic("a", name));
  const first = addPart(undefined, { ...state, part: 0, elements: elements.slice(0, 1) });
  if (first.kind !== "more") throw new Error(first.kind);
  expect(addPart(first.assembly, { ...state, part: 2, elements: [] })).toEqual({ kind: "out_of_order", expected: 1 });
  const second = addPart(first.assembly, { ...state, part: 1, elements: elements.slice(1, 2) });
  if (second.kind !== "more") throw new Error(second.kind);
  expect(second.assembly.elements).toBe(first.assembly.elements);
  const last = addPart(second.assembly, { ...state, part: 2, elements: elements.slice(2) });
  expect(last).toEqual({ kind: "complete", elements });
});

test("an unexpected failure on a message is refused and logged as an error, and the session goes on", async () => {
  const errors: object[] = [];
  const log: Log = { ...silentLog, error: (fields, event) => errors.push({ ...fields, event }) };
  const session = newSession(AGENT_LIMITS, { log });
  await session.hello(hello);
  const bug = new TypeError("a bug");
  const recording = vi.spyOn(recorder, "record").mockRejectedValueOnce(bug);
  expect(await session.changes(changes)).toMatchObject({ kind: "refused", code: "agent.message_failed" });
  expect(errors).toEqual([{ host: "a", from: "127.0.0.1", err: bug, event: "agent message failed" }]);
  recording.mockRestore();
  expect(await session.changes(changes)).toMatchObject({ kind: "ack" });
});
