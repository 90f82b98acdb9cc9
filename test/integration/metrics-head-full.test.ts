import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { epochMsOf } from "../../core/clock.ts";
import { OperatorError } from "../../core/errors.ts";
import { METRIC_NAME } from "../../core/series.ts";
import type { EmbeddedMetrics } from "../../store/embedded/metrics/head.ts";
import { readerOf } from "../collector/line-protocol/read.ts";
import { contentOf, openHead } from "../store/fixtures/open-head.ts";

const HOUR_MS = 3_600_000;
/** A quarter past: the hour before is over long enough to be sealed. */
const NOW = epochMsOf(Date.UTC(2026, 8, 21, 12, 15));
const HOUR = Math.floor(NOW / HOUR_MS) - 1;
const HOSTS = 500;
const SEALED = "metrics-sealed";

const resized = (disk: string, size: string) => execFileSync("mount", ["-o", `remount,size=${size}`, disk]);

/** One batch: a row of every host at one time of the hour that is over, of numbers that do not compress. */
async function writeBatch(head: EmbeddedMetrics, batch: number): Promise<void> {
  const at = HOUR * HOUR_MS + batch;
  const lines = Array.from(
    { length: HOSTS },
    (_, host) => `mem,host=h${host} total_bytes=${numberOf(batch, host)} ${at}`,
  );
  const rows = head.gather();
  const reader = readerOf(lines.join("\n"));
  while (reader.nextGood()) rows.addLine(reader, "c");
  await head.writeGathered(rows, { segment: 1, offset: batch });
}

const numberOf = (batch: number, host: number) => Math.sin(batch * HOSTS + host);

async function writeUntilRefused(head: EmbeddedMetrics, from: number): Promise<{ taken: number; error: unknown }> {
  for (let batch = from; ; batch++) {
    try {
      await writeBatch(head, batch);
    } catch (error) {
      return { taken: batch - from, error };
    }
  }
}

async function expectBatches(head: EmbeddedMetrics, batches: number): Promise<void> {
  expect(head.spoolPosition()).toEqual({ segment: 1, offset: batches - 1 });
  const values = new Set((await contentOf(head, "mem_total_bytes")).values());
  const wanted = Array.from({ length: batches * HOSTS }, (_, n) => numberOf(Math.floor(n / HOSTS), n % HOSTS));
  expect(values.size).toBe(wanted.length);
  expect(wanted.filter((value) => !values.has(value))).toEqual([]);
}

/** Rows as they lie in the tables of a closed head: what is there twice is read once, but is there twice. */
async function rowsIn(path: string): Promise<number> {
  const instance = await DuckDBInstance.create(path);
  const connection = await instance.connect();
  const found = await connection.runAndReadAll(`SELECT count(*) FROM rows_mem_${HOUR}`);
  connection.closeSync();
  instance.closeSync();
  return Number(found.getRows()[0]?.[0]);
}

/** Disks of their own that can be made larger; needs root. */
describe.skipIf(process.getuid?.() !== 0)("on a full disk", () => {
  let disk: string;
  let path: string;
  let head: EmbeddedMetrics;
  let close: () => Promise<void>;
  let mounts: string[];
  const mount = (folder: string, size: string) => {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${size}`, "tmpfs", folder]);
    mounts.unshift(folder);
  };
  const open = async (memoryMegabytes = 256) => {
    ({ head, close } = await openHead(path, { nowMs: NOW }, { memoryMegabytes }));
  };
  /** What is written stays; a little more finds room, and then nothing. */
  const fill = (folder: string) => {
    const used = Number(execFileSync("df", ["--output=used", "-B1", folder], { encoding: "utf8" }).split("\n")[1]);
    resized(folder, `${Math.ceil(used / 1_024) + 8}k`);
  };
  const sealed = () => readdirSync(join(disk, SEALED)).sort();

  beforeEach(async () => {
    disk = mkdtempSync(join(tmpdir(), "nephoscope-full-"));
    mounts = [];
    mount(disk, "200m");
    path = join(disk, "metrics.duckdb");
    await open();
  });
  afterEach(async () => {
    await close();
    for (const folder of mounts) execFileSync("umount", [folder]);
    rmdirSync(disk);
  });

  const expectFull = (error: unknown): void => {
    expect(error).toBeInstanceOf(OperatorError);
    expect(error).toMatchObject({ code: "store.full", hint: expect.stringContaining("free some space") });
  };

  test("a batch that was refused is taken when there is room, and no row is there twice", async () => {
    resized(disk, "3m");
    const { taken, error } = await writeUntilRefused(head, 0);
    expectFull(error);
    expect(taken).toBeGreaterThan(0);
    for (let attempt = 0; attempt < 3; attempt++) expectFull(await writeBatch(head, taken).catch((again) => again));
    await expectBatches(head, taken);
    resized(disk, "200m");
    await writeBatch(head, taken);
    await writeBatch(head, taken + 1);
    await expectBatches(head, taken + 2);
    await close();
    await open();
    await expectBatches(head, taken + 2);
    await close();
    expect(await rowsIn(path)).toBe((taken + 2) * HOSTS);
  });

  test("the same when the database gives up while it folds its log into the file", async () => {
    await close();
    // Half of it is for the log.
    await open(32);
    resized(disk, "18m");
    const { taken, error } = await writeUntilRefused(head, 0);
    expectFull(error);
    await expectBatches(head, taken);
    resized(disk, "200m");
    for (let batch = taken; batch < taken + 3; batch++) await writeBatch(head, batch);
    await expectBatches(head, taken + 3);
    await close();
    expect(await rowsIn(path)).toBe((taken + 3) * HOSTS);
  });

  test("whoever is closed then goes on where it was when it is opened with room", async () => {
    resized(disk, "3m");
    const { taken } = await writeUntilRefused(head, 0);
    await close();
    resized(disk, "200m");
    await open();
    await expectBatches(head, taken);
    await writeBatch(head, taken);
    await expectBatches(head, taken + 1);
    await close();
    expect(await rowsIn(path)).toBe((taken + 1) * HOSTS);
  });

  test("an hour that cannot be sealed stays as rows, is read, and is sealed with room", async () => {
    for (let batch = 0; batch < 60; batch++) await writeBatch(head, batch);
    fill(disk);
    for (let attempt = 0; attempt < 2; attempt++) {
      expectFull(await head.seal().catch((error) => error));
      expect(sealed()).toEqual([]);
      await expectBatches(head, 60);
    }
    resized(disk, "200m");
    await writeBatch(head, 60);
    await head.seal();
    expect(sealed()).toHaveLength(1);
    await expectBatches(head, 61);
    await close();
    await open();
    await expectBatches(head, 61);
  });

  test("the same when only the disk of the sealed hours is full: what comes meanwhile is taken", async () => {
    await close();
    rmSync(join(disk, SEALED), { recursive: true, force: true });
    mkdirSync(join(disk, SEALED));
    mount(join(disk, SEALED), "16k");
    await open();
    for (let batch = 0; batch < 20; batch++) await writeBatch(head, batch);
    expectFull(await head.seal().catch((error) => error));
    expect(sealed()).toEqual([]);
    await writeBatch(head, 20);
    await expectBatches(head, 21);
    resized(join(disk, SEALED), "100m");
    // Now it is the database that has no room to take note of the file.
    fill(disk);
    for (let n = 0, isFull = false; !isFull; n++) {
      const tiny = { labels: { [METRIC_NAME]: "tiny" }, at: epochMsOf(NOW + n), value: n };
      isFull = await head.write({ samples: [tiny] }).then(
        () => false,
        () => true,
      );
    }
    expectFull(await head.seal().catch((error) => error));
    expect(sealed()).toEqual([]);
    await expectBatches(head, 21);
    resized(disk, "200m");
    await head.seal();
    expect(sealed()).toHaveLength(1);
    await writeBatch(head, 21);
    await expectBatches(head, 22);
  });
});
