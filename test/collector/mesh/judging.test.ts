import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { startJudging } from "../../../collector/mesh/judging.ts";
import { epochMsOf, systemClock } from "../../../core/clock.ts";
import { Lifetime } from "../../../core/lifetime.ts";
import { silentLog } from "../../../core/log.ts";
import type { AgentStatus } from "../../../topology/agent-presence.ts";
import type { Verdict } from "../../../topology/host-witnesses.ts";

let lifetime: Lifetime;
let session: AgentStatus["session"];
let told: Verdict | undefined;
let said: Verdict;
let judged: string[];

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  lifetime = new Lifetime();
  [session, told, said, judged] = ["silent", undefined, "host_down", []];
  let nowMs = 0;
  const clock = { ...systemClock, monotonicMs: () => nowMs };
  const status = () => ({ cluster: "", host: "a", session, since: epochMsOf(0), clockOffsetMs: 0, version: "1" });
  startJudging(
    {
      mesh: { testimonyOf: () => ({ verdict: said, witnesses: 3, silent: 3, refused: 0 }) },
      presence: {
        statuses: () => [{ ...status(), verdict: told }],
        judged: async (host, verdict) => {
          told = verdict;
          judged.push(`${host} ${verdict}`);
        },
      },
      clock,
      log: silentLog,
    },
    lifetime,
  );
  advance = async (seconds) => {
    for (let second = 0; second < seconds; second++) {
      nowMs += 1_000;
      await vi.advanceTimersByTimeAsync(1_000);
    }
  };
});
afterEach(async () => {
  await lifetime.end();
  vi.useRealTimers();
});
let advance: (seconds: number) => Promise<void>;

test("a verdict is told once, when it has stood for some seconds", async () => {
  await advance(6);
  expect(judged).toEqual([]);
  await advance(20);
  expect(judged).toEqual(["a host_down"]);
});

test("what the witnesses say for a moment, while they find out one after the other, is not told", async () => {
  await advance(4);
  said = "agent_down";
  await advance(4);
  said = "host_down";
  await advance(6);
  expect(judged).toEqual([]);
  await advance(10);
  expect(judged).toEqual(["a host_down"]);
  said = "cut_off";
  await advance(10);
  expect(judged).toEqual(["a host_down", "a cut_off"]);
});

test("a host that was back in between is judged anew", async () => {
  await advance(4);
  session = "connected";
  await advance(4);
  session = "silent";
  await advance(6);
  expect(judged).toEqual([]);
  await advance(10);
  expect(judged).toEqual(["a host_down"]);
});
