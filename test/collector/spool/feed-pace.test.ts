import { expect, onTestFinished, test } from "vitest";
import { startFeed } from "../../../collector/spool/feed.ts";
import { epochMsOf } from "../../../core/clock.ts";
import { Lifetime } from "../../../core/lifetime.ts";
import { silentLog } from "../../../core/log.ts";
import { temporaryFolder } from "../fixtures/temporary-folder.ts";
import { append, openTestSpool } from "./open-test-spool.ts";

const LIMIT = { timeout: 5_000, interval: 5 };
/** Long enough for a feed that does not wait to have handed on what there is. */
const LOOKS_MS = 200;

/** A feed by a clock that stands still: how many batches it handed on, and how many frames. */
async function pacedFeed(segmentBytes = 10_000_000) {
  const { spool } = await openTestSpool(temporaryFolder(), { segmentBytes });
  const lifetime = new Lifetime();
  onTestFinished(() => lifetime.end());
  const clock = { nowMs: 1_000 };
  const taken = { batches: 0, frames: 0 };
  const consumer = {
    name: "test",
    consume: async (frames: readonly unknown[]) => {
      taken.batches += 1;
      taken.frames += frames.length;
      return { kind: "ok" } as const;
    },
  };
  const parts = {
    clock: { now: () => epochMsOf(clock.nowMs), monotonicMs: () => clock.nowMs },
    log: silentLog,
  };
  startFeed(spool, consumer, { gatherMs: 1, spacingMs: 1_000, batchBytes: 300_000 }, parts, lifetime);
  const stands = async (frames: number) => {
    await new Promise((resolve) => setTimeout(resolve, LOOKS_MS));
    expect(taken.frames).toBe(frames);
  };
  const comesTo = (frames: number) => expect.poll(() => taken.frames, LIMIT).toBe(frames);
  return { add: (bytes: number) => append(spool, "x".repeat(bytes)), clock, taken, stands, comesTo };
}

test("what comes after a while is handed on at once, a trickle four times in a second", async () => {
  const { add, clock, stands, comesTo } = await pacedFeed();
  await add(10);
  await comesTo(1);
  await add(10);
  await stands(1);
  clock.nowMs += 249;
  await stands(1);
  clock.nowMs += 1;
  await comesTo(2);
});

test("under load a batch begins a second after the one before, and has all that came until then", async () => {
  const { add, clock, taken, stands, comesTo } = await pacedFeed();
  await add(10);
  await comesTo(1);
  for (let i = 0; i < 4; i++) await add(40_000);
  clock.nowMs += 999;
  await stands(1);
  clock.nowMs += 1;
  await comesTo(5);
  expect(taken.batches).toBe(2);
});

test("a batch that ended with its segment does not make the next segment wait", async () => {
  const { add, clock, stands, comesTo } = await pacedFeed(1_000);
  await add(10);
  await comesTo(1);
  for (let i = 0; i < 8; i++) await add(400);
  await stands(1);
  clock.nowMs += 250;
  await comesTo(9);
  await add(10);
  await stands(9);
});

test("a full batch waits for nothing", async () => {
  const { add, comesTo, stands } = await pacedFeed();
  await add(10);
  await comesTo(1);
  for (let i = 0; i < 10; i++) await add(40_000);
  // As many as are a batch; the others are less than one.
  await comesTo(8);
  await stands(8);
});
