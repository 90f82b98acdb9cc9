import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { epochMsOf } from "../../../core/clock.ts";
import type { Element, Node } from "../../../core/element.ts";
import { hostId } from "../../../core/element-id.ts";
import { OperatorError } from "../../../core/errors.ts";
import { Lifetime } from "../../../core/lifetime.ts";
import { silentLog } from "../../../core/log.ts";
import type { Finding, FindingEvent } from "../../../topology/invariants/finding.ts";
import type { FindingMemory, FindingWrite } from "../../../topology/invariants/finding-memory.ts";
import type { Findings, OutsideJudge } from "../../../topology/invariants/findings.ts";
import { watchInvariants } from "../../../topology/invariants/watch-invariants.ts";
import { openRecorder, type Recorder } from "../../../topology/recorder.ts";
import { MemoryRevisionLog, SetClock } from "../fakes.ts";
import { agent, host, ovsPort } from "./elements.ts";

const NOW = 1_700_000_000_000;
const T = "tap1a2b3c4d-5e";
const dead = (on: string, name = T) => ovsPort(on, name, { tag: 4095 });
const unwired = (on: string, name = T) => ovsPort(on, name, { error: "could not open network device" });

class KeptFindings implements FindingMemory {
  readonly documents = new Map<string, Finding>();
  isFull = false;

  load(): readonly Finding[] {
    return [...this.documents.values()];
  }

  save(_cluster: string, writes: readonly FindingWrite[]): void {
    if (this.isFull) throw new OperatorError({ code: "store.full", message: "full", hint: "free some", status: 503 });
    for (const { key, finding } of writes) {
      if (finding === undefined) this.documents.delete(key);
      else this.documents.set(key, finding);
    }
  }
}

let store: MemoryRevisionLog;
let memory: KeptFindings;
let clock: SetClock;
let lifetime: Lifetime;
let recorder: Recorder;
let findings: Findings;
let events: FindingEvent[];

async function start(outside: readonly OutsideJudge[] = []): Promise<void> {
  lifetime = new Lifetime();
  recorder = await openRecorder({ cluster: "c", store, clock, log: silentLog }, lifetime);
  events = [];
  findings = watchInvariants({ recorder, clock, log: silentLog, memory, outside }, lifetime);
  findings.onFinding((event) => events.push(event));
  await vi.waitFor(() => expect(findings.isReady()).toBe(true));
}

/** Time passes for clock and timers alike. */
async function pass(ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 1_000) {
    clock.set(clock.now() + Math.min(left, 1_000));
    await vi.advanceTimersByTimeAsync(Math.min(left, 1_000));
  }
}

const say = (on: string, ...put: readonly Element[]) =>
  recorder.record({ kind: "changes", owner: { kind: "agent", host: on }, at: clock.now(), put, remove: [] });
const sayOfAgent = (node: Node) =>
  recorder.record({
    kind: "changes",
    owner: { kind: "recorder", host: node.name },
    at: clock.now(),
    put: [node],
    remove: [],
  });
const told = () => events.map(({ kind, finding }) => `${kind} ${finding.invariant}`);

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  store = new MemoryRevisionLog();
  memory = new KeptFindings();
  clock = new SetClock(NOW);
  await start();
});
afterEach(async () => {
  await lifetime.end();
  vi.useRealTimers();
});

describe("a cluster that is watched", () => {
  test("a breach begins with the revision that made it, stands after its time and ends with the revision that mends it", async () => {
    await say("a", host("a"), ovsPort("a", T));
    const revision = await say("a", unwired("a"));
    await pass(130_000);
    await say("a", ovsPort("a", T));
    expect(told()).toEqual(["began", "standing", "ended"].map((kind) => `${kind} ovs_port_without_device`));
    expect(events[1]?.finding.since).toEqual({ revision, at: NOW });
    expect(events[2]?.finding.endedAt).toBe(NOW + 130_000);
  });

  test("volatile attributes are judged as well", async () => {
    await say("a", dead("a"));
    expect(told()).toEqual(["began ovs_dead_vlan"]);
    await say("a", ovsPort("a", T, { tag: 3 }));
    expect(told()).toEqual(["began ovs_dead_vlan", "ended ovs_dead_vlan"]);
  });

  test("an agent that falls silent freezes what is known of its host, and mends it when it is back", async () => {
    await sayOfAgent(agent("a", { session: "connected" }));
    await say("a", unwired("a"));
    await sayOfAgent(agent("a", { session: "silent" }));
    await pass(300_000);
    expect(told()).toEqual(["began ovs_port_without_device", "changed ovs_port_without_device"]);
    expect(findings.counts()).toMatchObject({ settling: 1, standing: 0, unknown: 1 });
    await sayOfAgent(agent("a", { session: "connected" }));
    await pass(130_000);
    expect(told().slice(2)).toEqual(["changed ovs_port_without_device", "standing ovs_port_without_device"]);
  });

  test("a boot of the host gives its breaches more time", async () => {
    await say("a", { ...host("a"), attributes: { boot_id: "1" } });
    await say("a", { ...host("a"), attributes: { boot_id: "2" } }, unwired("a"));
    await pass(300_000);
    expect(told()).toEqual(["began ovs_port_without_device"]);
    await pass(400_000);
    expect(told()).toEqual(["began ovs_port_without_device", "standing ovs_port_without_device"]);
  });

  test("a host that says 3,000 ports at once is judged whole, without holding up the event loop", async () => {
    const ports = Array.from({ length: 3_000 }, (_, i) => unwired("a", `p${i}`));
    await say("a", ...ports);
    await vi.waitFor(() => expect(findings.counts()).toMatchObject({ settling: 3_000, waitingChanges: 0 }));
    await pass(130_000);
    await vi.waitFor(() => expect(findings.counts()).toMatchObject({ settling: 0, standing: 3_000 }));
  });
});

describe("over a restart", () => {
  const restart = async (outside: readonly OutsideJudge[] = []) => {
    await lifetime.end();
    clock.set(clock.now() + 3_600_000);
    await start(outside);
  };

  test("what stood stands on, with the revision and time it began, and nobody is told again", async () => {
    await say("a", unwired("a"));
    await pass(130_000);
    const [before] = findings.open();
    await restart();
    expect([...findings.open()]).toEqual([before]);
    expect(events).toEqual([]);
  });

  test("what rests on a local tag is unknown until the port is heard of again", async () => {
    await say("a", dead("a"));
    await pass(130_000);
    await restart();
    expect(findings.counts()).toMatchObject({ standing: 1, unknown: 1 });
    await say("a", dead("a"));
    expect(findings.counts()).toMatchObject({ standing: 1, unknown: 0 });
    expect(told()).toEqual(["changed ovs_dead_vlan"]);
  });

  test("what an outside judge no longer says has ended, what it still says stands on", async () => {
    let tell: ((subject: string, isWrong: boolean) => void) | undefined;
    const judge = (wrong: readonly string[]): OutsideJudge => ({
      name: "host_name_unresolved",
      level: "warning",
      settleMs: 60_000,
      watch: (listener) => {
        tell = (subject, isWrong) =>
          listener(subject, isWrong ? { elements: [hostId("a")], detail: { name: subject } } : undefined);
        for (const subject of wrong) tell(subject, true);
        return () => undefined;
      },
    });
    await restart([judge(["x", "y"])]);
    await pass(70_000);
    expect(findings.counts()).toMatchObject({ standing: 2 });
    await restart([judge(["x"])]);
    expect(told()).toEqual(["ended host_name_unresolved"]);
    expect(Array.from(findings.open(), ({ subject, state }) => [subject, state])).toEqual([["x", "standing"]]);
    tell?.("x", false);
    expect(told()).toHaveLength(2);
    expect([...findings.open()]).toEqual([]);
  });
});

describe("what is kept", () => {
  test("findings that stood are found at the moments they stood at, over a restart too", async () => {
    await say("a", unwired("a"));
    await pass(130_000);
    const during = clock.now();
    await pass(10_000);
    await say("a", ovsPort("a", T));
    const atTimes = () => [NOW, during, clock.now()].map((at) => findings.standingAt(epochMsOf(at)).length);
    expect(atTimes()).toEqual([0, 1, 0]);
    await lifetime.end();
    await start();
    expect(atTimes()).toEqual([0, 1, 0]);
  });

  test("one that ended while settling is forgotten", async () => {
    await say("a", unwired("a"));
    await pass(2_000);
    expect(memory.documents.size).toBe(1);
    await say("a", ovsPort("a", T));
    await pass(2_000);
    expect(memory.documents.size).toBe(0);
  });

  test("while the store is full nothing is lost, and it is said", async () => {
    memory.isFull = true;
    await say("a", unwired("a"));
    await pass(2_000);
    expect(findings.failing()?.code).toBe("store.full");
    memory.isFull = false;
    await pass(11_000);
    expect(findings.failing()).toBeUndefined();
    expect(memory.documents.size).toBe(1);
  });
});
