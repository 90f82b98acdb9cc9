import { expect, onTestFinished, test } from "vitest";
import { type ConsumeOutcome, startFeed } from "../../../collector/spool/feed.ts";
import { epochMsOf } from "../../../core/clock.ts";
import { Lifetime } from "../../../core/lifetime.ts";
import { silentLog } from "../../../core/log.ts";
import { temporaryFolder } from "../fixtures/temporary-folder.ts";
import { append, openTestSpool, textsOf } from "./open-test-spool.ts";

const LIMIT = { timeout: 5_000, interval: 5 };
const SETTLE_MS = 30_000;
const gone = { kind: "retry", afterMs: undefined, reason: "nobody there", hint: "start it", isGone: true } as const;

async function settlingFeed(limits: Parameters<typeof openTestSpool>[1] = {}) {
  const { spool } = await openTestSpool(temporaryFolder(), limits);
  const lifetime = new Lifetime();
  onTestFinished(() => lifetime.end());
  const taken: string[] = [];
  let nowMs = 0;
  let next: ConsumeOutcome = { kind: "ok" };
  const consume = async (frames: Parameters<typeof textsOf>[0]): Promise<ConsumeOutcome> => {
    const outcome = next;
    next = { kind: "ok" };
    if (outcome.kind === "ok") taken.push(...textsOf(frames));
    return outcome;
  };
  const clock = { now: () => epochMsOf(0), monotonicMs: () => nowMs };
  const retry = { firstMs: 1, longestMs: 1, holdMs: 1 };
  const pace = { gatherMs: 0, batchBytes: 500, settleMs: SETTLE_MS, retry };
  startFeed(spool, { name: "test", consume }, pace, { clock, log: silentLog }, lifetime);
  const deliver = async (text: string): Promise<void> => {
    await append(spool, text);
    await expect.poll(() => taken.at(-1), LIMIT).toBe(text);
  };
  return {
    spool,
    taken,
    deliver,
    pass: (ms: number) => {
      nowMs += ms;
    },
    failOnce: (outcome: ConsumeOutcome) => {
      next = outcome;
    },
  };
}

test("a consumer that was gone is given again what had not settled, and nothing that had", async () => {
  const { taken, deliver, pass, failOnce } = await settlingFeed();
  await deliver("old");
  pass(SETTLE_MS);
  await deliver("settled by the next");
  await deliver("recent");
  failOnce(gone);
  await deliver("new");
  expect(taken).toEqual(["old", "settled by the next", "recent", "settled by the next", "recent", "new"]);
});

test("a consumer that only asks for patience goes on where it was", async () => {
  const { taken, deliver, failOnce } = await settlingFeed();
  await deliver("one");
  failOnce({ ...gone, isGone: false });
  await deliver("two");
  expect(taken).toEqual(["one", "two"]);
});

test("what settles takes a part of the spool only: senders are not told to wait for it", async () => {
  const { spool, deliver } = await settlingFeed({ maxBytes: 40_000, segmentBytes: 4_000 });
  for (let i = 0; i < 100; i++) await deliver(`${i} ${"x".repeat(1_000)}`);
  expect(spool.stats().refusedFull).toBe(0);
});
