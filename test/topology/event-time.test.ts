import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { epochMsOf } from "../../core/clock.ts";
import type { Element } from "../../core/element.ts";
import { Lifetime } from "../../core/lifetime.ts";
import { silentLog } from "../../core/log.ts";
import { MAX_LATENESS_MS } from "../../topology/event-time.ts";
import type { ElementLimits } from "../../topology/limits.ts";
import { openRecorder, type Recorder } from "../../topology/recorder.ts";
import { nic } from "./arbitrary.ts";
import { MemoryRevisionLog, SetClock } from "./fakes.ts";

const NOW = 1_700_000_000_000;
const owner = (host: string) => ({ kind: "agent", host }) as const;

let lifetime: Lifetime;
let store: MemoryRevisionLog;
let clock: SetClock;
let recorder: Recorder;

const open = (limits?: ElementLimits) => openRecorder({ cluster: "c", store, clock, log: silentLog, limits }, lifetime);
const put = (host: string, elements: readonly Element[], at = NOW) =>
  recorder.record({ kind: "changes", owner: owner(host), at: epochMsOf(at), put: elements, remove: [] });

beforeEach(async () => {
  lifetime = new Lifetime();
  store = new MemoryRevisionLog();
  clock = new SetClock(NOW);
  recorder = await open();
});
afterEach(() => lifetime.end());

describe("event times", () => {
  test("of one owner they never go back, in one commit or in several; of another they may be earlier", async () => {
    await put("a", [nic("a", "e0")], NOW - 100);
    await put("b", [nic("b", "e0")], NOW - 300);
    await put("a", [nic("a", "e1")], NOW - 200);
    await Promise.all([put("a", [nic("a", "e2")], NOW - 50), put("a", [nic("a", "e3")], NOW - 70)]);
    expect(store.revisions.map(({ origin, at }) => [origin, at - NOW])).toEqual([
      ["agent/a", -100],
      ["agent/b", -300],
      ["agent/a", -100],
      ["agent/a", -50],
      ["agent/a", -50],
    ]);
    expect(store.commits.at(-1)).toHaveLength(2);
  });

  test("after the clock is set back an origin's events stay at what it told last, until the clock has caught up", async () => {
    await put("a", [nic("a", "e0")]);
    const back = NOW - 3_600_000;
    clock.set(back);
    await put("a", [nic("a", "e1")], back);
    await put("b", [nic("b", "e0")], back);
    clock.set(NOW + 5);
    await put("a", [nic("a", "e2")], NOW + 5);
    expect(store.revisions.map(({ origin, at, knownAt }) => [origin, at - NOW, knownAt - NOW])).toEqual([
      ["agent/a", 0, 0],
      ["agent/a", 0, -3_600_000],
      ["agent/b", -3_600_000, -3_600_000],
      ["agent/a", 5, 5],
    ]);
  });

  test("nothing happens after we learn of it, nor longer ago than a clock is trusted", async () => {
    await put("a", [nic("a", "e0")], NOW + 60_000);
    await put("b", [nic("b", "e0")], 0);
    expect(store.revisions.map(({ at }) => at - NOW)).toEqual([0, -MAX_LATENESS_MS]);
    expect(store.revisions.every(({ knownAt }) => knownAt === NOW)).toBe(true);
  });
});
