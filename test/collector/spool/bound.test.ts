import { randomBytes } from "node:crypto";
import { expect, onTestFinished, test } from "vitest";
import { spoolStatus } from "../../../collector/metrics-status.ts";
import { startFeed } from "../../../collector/spool/feed.ts";
import { spoolLimits } from "../../../collector/spool/limits.ts";
import type { WritableFile } from "../../../collector/spool/segment-writer.ts";
import type { Spool } from "../../../collector/spool/spool.ts";
import { systemClock } from "../../../core/clock.ts";
import { Lifetime } from "../../../core/lifetime.ts";
import { silentLog } from "../../../core/log.ts";
import { temporaryFolder } from "../fixtures/temporary-folder.ts";
import { HEADER, openOnHeldDisk, openTestSpool } from "./open-test-spool.ts";

const LIMIT = { timeout: 5_000, interval: 5 };
/** The smallest bound the configuration takes. */
const SMALLEST_BYTES = 16_000_000;

function consume(spool: Spool): void {
  const lifetime = new Lifetime();
  onTestFinished(() => lifetime.end());
  const consumer = { name: "test", consume: async () => ({ kind: "ok" }) as const };
  startFeed(spool, consumer, { gatherMs: 0, batchBytes: 1e6 }, { clock: systemClock, log: silentLog }, lifetime);
}

test.each([SMALLEST_BYTES, 1_024_000_000, 8_000_000_000])(
  "of %d bytes half at most is kept, in small segments",
  (bytes) => {
    const { keepBytes, segmentBytes, maxBytes } = spoolLimits(bytes);
    expect(maxBytes).toBe(bytes);
    expect(keepBytes).toBeLessThanOrEqual(bytes / 2);
    expect(segmentBytes).toBeLessThanOrEqual(bytes / 8);
  },
);

test.each([500_000, 5_000_000, 15_000_000])(
  "many times the smallest bound may be written while consumers keep up, and the status stays ok: %d bytes a body",
  async (size) => {
    const { spool } = await openTestSpool(temporaryFolder(), spoolLimits(SMALLEST_BYTES));
    consume(spool);
    const body = randomBytes(size);
    for (let written = 0; written < 5 * SMALLEST_BYTES; written += size) {
      expect((await spool.append(HEADER, body)).kind).toBe("durable");
      await expect.poll(() => spool.stats().backlogBytes, LIMIT).toBe(0);
      expect(spoolStatus(spool.stats()).state).toBe("ok");
      expect(spool.stats().bytes).toBeLessThanOrEqual(SMALLEST_BYTES);
    }
  },
);

test("what is consumed and kept gives way before anything is refused, and is no reason to call it nearly full", async () => {
  const options = { maxBytes: 100_000, keepBytes: 100_000, segmentBytes: 10_000 };
  const { spool } = await openTestSpool(temporaryFolder(), options);
  consume(spool);
  let most = 0;
  for (let i = 0; i < 200; i++) {
    expect((await spool.append(HEADER, randomBytes(1_000))).kind).toBe("durable");
    await expect.poll(() => spool.stats().backlogBytes, LIMIT).toBe(0);
    most = Math.max(most, spool.stats().bytes);
    expect(spoolStatus(spool.stats()).state).toBe("ok");
  }
  expect(most).toBeGreaterThan(80_000);
});

test("a backlog near the bound is called nearly full, and what is not consumed never gives way", async () => {
  const { spool } = await openTestSpool(temporaryFolder(), spoolLimits(100_000));
  let taken = 0;
  while ((await spool.append(HEADER, randomBytes(1_000))).kind === "durable") taken++;
  expect(spoolStatus(spool.stats())).toMatchObject({
    state: "degraded",
    detail: expect.stringContaining("nearly full"),
  });
  expect(taken).toBeGreaterThan(80);
  const counted: number[] = [];
  for (let position = spool.positionOf("test"); spool.bytesAfter(position) > 0; ) {
    const { frames, next } = await spool.read(position, 10_000);
    counted.push(frames.length);
    position = next;
  }
  expect(counted.reduce((sum, count) => sum + count, 0)).toBe(taken);
});

test("a body that can never fit is refused as too large, not put off", async () => {
  const { spool } = await openTestSpool(temporaryFolder(), spoolLimits(100_000));
  const error = { code: "spool.body_too_large", status: 413 };
  await expect(spool.append(HEADER, randomBytes(100_000))).rejects.toMatchObject(error);
});

test("what the disk is busy with counts towards the bound, and what has no room for it is put off since the disk is slow", async () => {
  const { spool, isBusy, release } = await openOnHeldDisk(spoolLimits(SMALLEST_BYTES));
  const body = randomBytes(7_000_000);
  const first = spool.append(HEADER, body);
  await isBusy;
  const others = Array.from({ length: 3 }, () => spool.append(HEADER, body));
  await expect.poll(() => spool.stats(), LIMIT).toMatchObject({ refusedSlow: 2, refusedFull: 0 });
  release();
  expect((await Promise.all([first, ...others])).map(({ kind }) => kind)).toEqual([
    "durable",
    "durable",
    "slow",
    "slow",
  ]);
  expect(spool.stats().bytes).toBeLessThanOrEqual(SMALLEST_BYTES);
  // Nothing waits for the disk any more: now it is the consumer.
  expect((await spool.append(HEADER, body)).kind).toBe("full");
  expect(spool.stats()).toMatchObject({ refusedSlow: 2, refusedFull: 1 });
});

test("what a failing disk did not take counts no longer", async () => {
  const wrapFile = (file: WritableFile): WritableFile => ({
    write: file.write.bind(file),
    truncate: (length) => file.truncate(length),
    close: () => file.close(),
    datasync: () => (isFailing ? Promise.reject(new Error("EIO")) : file.datasync()),
  });
  let isFailing = true;
  const { spool } = await openTestSpool(temporaryFolder(), { ...spoolLimits(SMALLEST_BYTES), wrapFile });
  const body = randomBytes(7_000_000);
  for (let i = 0; i < 3; i++) await expect(spool.append(HEADER, body)).rejects.toMatchObject({ status: 503 });
  isFailing = false;
  for (let i = 0; i < 2; i++) expect((await spool.append(HEADER, body)).kind).toBe("durable");
});

test("more than may wait in memory is put off since the disk is slow, however much room the spool has", async () => {
  const { spool, isBusy, release } = await openOnHeldDisk({ maxBytes: 1e9 });
  const body = randomBytes(15_000_000);
  const taken = Array.from({ length: 4 }, () => spool.append(HEADER, body));
  await isBusy;
  const refused = spool.append(HEADER, body);
  await expect.poll(() => spool.stats(), LIMIT).toMatchObject({ refusedSlow: 1, refusedFull: 0 });
  release();
  expect(await refused).toEqual({ kind: "slow", retryAfterSeconds: 1 });
  expect((await Promise.all(taken)).map(({ kind }) => kind)).toEqual(["durable", "durable", "durable", "durable"]);
  expect((await spool.append(HEADER, body)).kind).toBe("durable");
});
