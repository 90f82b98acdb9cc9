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

interface Behaviour {
  readonly limits?: Parameters<typeof openTestSpool>[1];
  /** Whether the consumer can tell that it began anew. */
  readonly tells?: boolean;
}

async function settlingFeed({ limits = {}, tells = false }: Behaviour = {}) {
  const { spool } = await openTestSpool(temporaryFolder(), limits);
  const lifetime = new Lifetime();
  onTestFinished(() => lifetime.end());
  const taken: string[] = [];
  let nowMs = 0;
  let consumeMs = 0;
  let next: ConsumeOutcome = { kind: "ok" };
  let hasBegunAnew = false;
  let asked = 0;
  const hasRestarted = async (): Promise<boolean> => {
    const answer = hasBegunAnew;
    hasBegunAnew = false;
    asked++;
    return answer;
  };
  const consume = async (frames: Parameters<typeof textsOf>[0]): Promise<ConsumeOutcome> => {
    nowMs += consumeMs;
    consumeMs = 0;
    const outcome = next;
    next = { kind: "ok" };
    if (outcome.kind === "ok") taken.push(...textsOf(frames));
    return outcome;
  };
  const clock = { now: () => epochMsOf(0), monotonicMs: () => nowMs };
  const retry = { firstMs: 1, longestMs: 1, holdMs: 1 };
  const pace = { gatherMs: 0, batchBytes: 500, settleMs: SETTLE_MS, retry };
  const consumer = { name: "test", consume, hasRestarted: tells ? hasRestarted : undefined };
  startFeed(spool, consumer, pace, { clock, log: silentLog }, lifetime);
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
    takeLong: (ms: number) => {
      consumeMs = ms;
    },
    beginAnew: () => {
      hasBegunAnew = true;
    },
    asked: () => asked,
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

test.each([1_000, 10 * SETTLE_MS])(
  "a consumer that began anew between two deliveries is given again what had not settled by then, %d ms later",
  async (afterMs) => {
    const { spool, taken, deliver, pass, beginAnew } = await settlingFeed({ tells: true });
    await deliver("old");
    pass(SETTLE_MS);
    await deliver("settled by the next");
    await deliver("recent");
    beginAnew();
    pass(afterMs);
    await deliver("new");
    // It is asked now and then only, and what it took meanwhile is not settled before it was.
    pass(6_000);
    await deliver("newer");
    const again = taken.slice(taken.indexOf("recent") + 1);
    expect(again.filter((text) => text !== "new" && text !== "newer")).toEqual(["settled by the next", "recent"]);
    expect(new Set(again)).toEqual(new Set(["settled by the next", "recent", "new", "newer"]));
    expect(spool.bytesAfter(spool.positionOf("test"))).toBeGreaterThan(0);
  },
);

test("a consumer that can tell is asked now and then while it is well, and before every try while it is not", async () => {
  const { deliver, pass, failOnce, asked } = await settlingFeed({ tells: true });
  for (let i = 0; i < 10; i++) await deliver(`number ${i}`);
  expect(asked()).toBe(1);
  pass(6_000);
  for (let i = 0; i < 10; i++) await deliver(`later ${i}`);
  expect(asked()).toBe(2);
  failOnce({ ...gone, isGone: false });
  await deliver("at last");
  expect(asked()).toBe(3);
});

test("nothing settles of which a consumer that can tell was not asked afterwards, however long a delivery takes", async () => {
  const { taken, deliver, takeLong, beginAnew } = await settlingFeed({ tells: true });
  await deliver("one");
  beginAnew();
  takeLong(2 * SETTLE_MS);
  await deliver("two");
  await deliver("three");
  expect(taken).toEqual(["one", "two", "one", "two", "three"]);
});

test.each([[true], [false]])(
  "what settles takes a part of the spool only: senders are not told to wait for it, if it can tell: %s",
  async (tells) => {
    const { spool, deliver } = await settlingFeed({ limits: { maxBytes: 40_000, segmentBytes: 4_000 }, tells });
    for (let i = 0; i < 100; i++) await deliver(`${i} ${"x".repeat(1_000)}`);
    expect(spool.stats().refusedFull).toBe(0);
  },
);
