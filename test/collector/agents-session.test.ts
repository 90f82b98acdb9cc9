import { afterEach, beforeEach, expect, test } from "vitest";
import { AgentSession, type SessionRegistry } from "../../collector/agents/agent-session.ts";
import { createFullStateTurns } from "../../collector/agents/full-states.ts";
import { AGENT_LIMITS } from "../../collector/agents/limits.ts";
import { Lifetime } from "../../core/lifetime.ts";
import { silentLog } from "../../core/log.ts";
import { type AgentPresence, watchPresence } from "../../topology/agent-presence.ts";
import { openRecorder, type Recorder } from "../../topology/recorder.ts";
import { hostNode } from "../topology/arbitrary.ts";
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

function newSession(limits = AGENT_LIMITS): AgentSession {
  const registry: SessionRegistry = {
    claim: (host, session) => {
      current.set(host, session);
      return undefined;
    },
    isCurrent: (host, session) => current.get(host) === session,
    release: (host) => current.delete(host),
  };
  const turns = createFullStateTurns(limits.fullStates, limits.fullStateMs, clock);
  const deps = { recorder, presence, turns, registry, clock, log: silentLog, limits };
  return new AgentSession(deps, { identity: { kind: "loopback" }, address: "127.0.0.1" });
}

const hello = { protocol: 1, host: "a", boot_id: "b", agent_version: "1", sent_at: clock.now(), last_ack: 0 };
const changes = { batch: 1, at: clock.now(), clock_offset_ms: 0, put: [hostNode("a")], remove: [] };

test("a connection that is gone before its hello is worked on claims no host", async () => {
  const session = newSession();
  const reply = session.hello(hello);
  session.closed();
  expect(await reply).toMatchObject({ kind: "later" });
  expect([current.size, store.revisions.length]).toEqual([0, 0]);
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
