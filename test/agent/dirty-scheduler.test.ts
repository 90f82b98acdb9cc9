import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createDirtyScheduler } from "../../agent/topology/dirty-scheduler.ts";
import type { Dirty } from "../../agent/topology/kernel-reader.ts";
import { type Clock, epochMsOf } from "../../core/clock.ts";
import { Lifetime } from "../../core/lifetime.ts";

let lifetime: Lifetime;
let passedMs: number;
const clock: Clock = { now: () => epochMsOf(1_000_000 + passedMs), monotonicMs: () => passedMs };

beforeEach(() => {
  vi.useFakeTimers();
  lifetime = new Lifetime();
  passedMs = 0;
});
afterEach(async () => {
  await lifetime.end();
  vi.useRealTimers();
});

async function pass(ms: number): Promise<void> {
  for (let n = 0; n < ms; n++) {
    passedMs++;
    await vi.advanceTimersByTimeAsync(1);
  }
}

/** A reader that takes `tookMs` and notes when it was asked for what. */
function readerTaking(tookMs: number) {
  const readings: { readonly startedMs: number; readonly seenAt: number; readonly dirty: Dirty }[] = [];
  let running = 0;
  const scheduler = createDirtyScheduler(
    async (dirty, seenAt) => {
      expect(++running).toBe(1);
      const startedMs = passedMs;
      await new Promise((resolve) => setTimeout(resolve, tookMs));
      readings.push({ startedMs, seenAt: seenAt(), dirty });
      running--;
    },
    clock,
    lifetime,
  );
  return { scheduler, readings };
}

test("many events within milliseconds make one reading, soon after the first and dated by the last", async () => {
  const { scheduler, readings } = readerTaking(1);
  for (let inode = 1; inode <= 5; inode++) {
    scheduler.mark({ inodes: new Set([inode]) });
    await pass(5);
  }
  await pass(100);
  expect(readings).toHaveLength(1);
  expect(readings[0]).toMatchObject({
    startedMs: 40,
    seenAt: 1_000_020,
    dirty: { inodes: new Set([1, 2, 3, 4, 5]), all: false },
  });
});

test("what is marked during a reading is read after it, never at the same time", async () => {
  const { scheduler, readings } = readerTaking(60);
  scheduler.mark({ inventory: true });
  await pass(50);
  scheduler.mark({ all: true });
  await pass(600);
  expect(readings.map(({ dirty }) => [dirty.inventory, dirty.all])).toEqual([
    [true, false],
    [false, true],
  ]);
});

test("in a storm reading takes about a fifth of the time, and goes on", async () => {
  const { scheduler, readings } = readerTaking(100);
  for (let ms = 0; ms < 30_000; ms += 20) {
    scheduler.mark({ all: true });
    await pass(20);
  }
  expect((readings.length * 100) / 30_000).toBeLessThan(0.25);
  expect(Math.max(...readings.map(({ startedMs }, n) => startedMs - (readings[n - 1]?.startedMs ?? 0)))).toBeLessThan(
    700,
  );
});

test("a change now and then is read at once, even after a long reading", async () => {
  const { scheduler, readings } = readerTaking(150);
  scheduler.mark({ all: true });
  await pass(200);
  scheduler.mark({ inventory: true });
  await pass(300);
  expect(readings.map(({ startedMs }) => startedMs)).toEqual([40, 240]);
});

test("nothing is read after the end", async () => {
  const { scheduler, readings } = readerTaking(1);
  scheduler.mark({ all: true });
  await lifetime.end();
  scheduler.mark({ all: true });
  await pass(200);
  expect(readings).toEqual([]);
});
