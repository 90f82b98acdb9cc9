import { readdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { type ConsumeOutcome, type Consumer, type Feed, startFeed } from "../../../collector/spool/feed.ts";
import type { Spool } from "../../../collector/spool/spool.ts";
import { epochMsOf, systemClock } from "../../../core/clock.ts";
import { OperatorError } from "../../../core/errors.ts";
import { Lifetime } from "../../../core/lifetime.ts";
import { silentLog } from "../../../core/log.ts";
import { temporaryFolder } from "../fixtures/temporary-folder.ts";
import { append, openTestSpool, textsOf } from "./open-test-spool.ts";

const LIMIT = { timeout: 5_000, interval: 5 };
const RETRY = { firstMs: 1, longestMs: 20, holdMs: 5 };

interface Taken {
  readonly texts: string[];
  readonly feed: Feed;
  stop(): Promise<void>;
}

function feed(spool: Spool, name: string, answer: (texts: string[]) => Promise<ConsumeOutcome>): Taken {
  const lifetime = new Lifetime();
  onTestFinished(() => lifetime.end());
  const texts: string[] = [];
  const consumer: Consumer = {
    name,
    consume: async (frames) => {
      const outcome = await answer(textsOf(frames));
      if (outcome.kind === "ok") texts.push(...textsOf(frames));
      return outcome;
    },
  };
  const options = { gatherMs: 0, batchBytes: 500, retry: RETRY };
  const started = startFeed(spool, consumer, options, { clock: systemClock, log: silentLog }, lifetime);
  return { texts, feed: started, stop: () => lifetime.end() };
}

const ok = async (): Promise<ConsumeOutcome> => ({ kind: "ok" });
const retry = { kind: "retry", afterMs: undefined, reason: "away", hint: "wait" } as const;
const numbers = (count: number) => Array.from({ length: count }, (_, i) => `number ${i}`);

test("every frame reaches the consumer once and in order, those before the start and those after", async () => {
  const { spool } = await openTestSpool(temporaryFolder(), { segmentBytes: 1_000 });
  for (const text of numbers(100).slice(0, 50)) await append(spool, text);
  const taken = feed(spool, "test", ok);
  for (const text of numbers(100).slice(50)) await append(spool, text);
  await expect.poll(() => taken.texts.length, LIMIT).toBe(100);
  expect(taken.texts).toEqual(numbers(100));
  expect(taken.feed.status()).toMatchObject({ state: "ok", backlogBytes: 0, oldestAgeMs: 0, lastError: undefined });
});

test("what fails is given again until it is taken, and the status says why meanwhile", async () => {
  const { spool } = await openTestSpool(temporaryFolder());
  let failures = 5;
  const seen: string[] = [];
  const taken = feed(spool, "test", async () => {
    if (failures-- <= 0) return { kind: "ok" };
    seen.push(taken.feed.status().state);
    if (failures === 2) throw new OperatorError({ code: "store.full", message: "full", hint: "free some" });
    return retry;
  });
  for (const text of numbers(10)) await append(spool, text);
  await expect.poll(() => taken.texts.length, LIMIT).toBe(10);
  expect(taken.texts).toEqual(numbers(10));
  expect(seen.slice(1)).toEqual(["degraded", "degraded", "degraded", "degraded"]);
});

test("a consumer on hold is down with a hint, and goes on by itself when it is taken again", async () => {
  const { spool } = await openTestSpool(temporaryFolder());
  let isHeld = true;
  const taken = feed(spool, "test", async () =>
    isHeld ? { kind: "hold", reason: "no such thing", hint: "make it" } : ok(),
  );
  await append(spool, "one");
  await expect
    .poll(() => taken.feed.status(), LIMIT)
    .toMatchObject({
      state: "down",
      lastError: { reason: "no such thing", hint: "make it" },
    });
  expect(taken.feed.status().backlogBytes).toBeGreaterThan(0);
  isHeld = false;
  await expect.poll(() => taken.texts, LIMIT).toEqual(["one"]);
});

test("how old the samples are that it is stuck at is told, and how late it took them at last", async () => {
  const { spool } = await openTestSpool(temporaryFolder());
  let isHeld = true;
  const taken = feed(spool, "test", async () =>
    isHeld ? { kind: "hold", reason: "no such thing", hint: "make it" } : ok(),
  );
  const receivedAt = epochMsOf(systemClock.now() - 60_000);
  await spool.append({ receivedAt, encoding: "identity", precision: "ms", cluster: "c" }, Buffer.from("one"));
  await expect.poll(() => taken.feed.status().oldestAgeMs, LIMIT).toBeGreaterThanOrEqual(60_000);
  expect(taken.feed.status().lagMs).toBe(0);
  isHeld = false;
  await expect.poll(() => taken.feed.status().oldestAgeMs, LIMIT).toBe(0);
  expect(taken.feed.status().lagMs).toBeGreaterThanOrEqual(60_000);
  expect(taken.feed.status().lagMs).toBeLessThan(120_000);
});

test("a dead consumer holds up neither the other one nor the acknowledgement, until the spool's bound", async () => {
  const options = { consumers: ["dead", "alive"], maxBytes: 20_000, keepBytes: 0, segmentBytes: 1_000 };
  const { spool } = await openTestSpool(temporaryFolder(), options);
  const never = Promise.withResolvers<ConsumeOutcome>();
  feed(spool, "dead", () => never.promise);
  onTestFinished(() => never.resolve(retry));
  const alive = feed(spool, "alive", ok);
  let taken = 0;
  while ((await append(spool, `number ${taken}`)).kind === "durable") taken++;
  expect(taken).toBeGreaterThan(200);
  await expect.poll(() => alive.texts.length, LIMIT).toBe(taken);
});

test("it goes on where it was after a stop, and gives nothing again", async () => {
  const folder = temporaryFolder();
  const first = await openTestSpool(folder);
  const before = feed(first.spool, "test", ok);
  for (const text of numbers(20)) await append(first.spool, text);
  await expect.poll(() => before.texts.length, LIMIT).toBe(20);
  await before.stop();
  await first.close();
  const second = await openTestSpool(folder);
  const after = feed(second.spool, "test", ok);
  await append(second.spool, "new");
  await expect.poll(() => after.texts, LIMIT).toEqual(["new"]);
});

test("what was asked for as waiting time is waited", async () => {
  const { spool } = await openTestSpool(temporaryFolder());
  const times: number[] = [];
  const taken = feed(spool, "test", async () => {
    times.push(performance.now());
    return times.length === 1 ? { ...retry, afterMs: 300 } : { kind: "ok" };
  });
  await append(spool, "one");
  await expect.poll(() => taken.texts, LIMIT).toEqual(["one"]);
  expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(299);
});

test("a spool that cannot be read is told in the status, and read again until it can", async () => {
  const folder = temporaryFolder();
  const { spool } = await openTestSpool(folder);
  await append(spool, "one");
  const name = readdirSync(folder).find((entry) => entry.endsWith(".spool")) ?? "";
  renameSync(join(folder, name), join(folder, "away"));
  const taken = feed(spool, "test", ok);
  const reason = expect.stringContaining("cannot be read");
  await expect.poll(() => taken.feed.status(), LIMIT).toMatchObject({ state: "degraded", lastError: { reason } });
  renameSync(join(folder, "away"), join(folder, name));
  await expect.poll(() => taken.texts, LIMIT).toEqual(["one"]);
  await expect.poll(() => taken.feed.status().lastError, LIMIT).toBeUndefined();
});
