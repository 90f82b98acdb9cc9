import { DuckDBInstance } from "@duckdb/node-api";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createHeadConsumer } from "../../../collector/delivery/head-consumer.ts";
import { SeriesKeys } from "../../../collector/line-protocol/series-keys.ts";
import type { Frame } from "../../../collector/spool/frame.ts";
import { epochMsOf } from "../../../core/clock.ts";
import type { EmbeddedMetrics } from "../../../store/embedded/metrics/head.ts";
import type { SpoolPosition } from "../../../store/metric-store.ts";
import { frameOf } from "../../store/delivered-store.ts";
import { newPath, openHead } from "../../store/fixtures/open-head.ts";

const NOW = epochMsOf(Date.UTC(2026, 8, 21, 12, 15));
const FRAME_BYTES = 100;
const END = (frames: readonly Frame[]): SpoolPosition => ({ segment: 3, offset: frames.length * FRAME_BYTES });

/** Frames of so many lines each, of two samples; no two lines of all have the same time. */
function framesOf(lineCounts: readonly number[]): readonly Frame[] {
  let at = NOW;
  return lineCounts.map((lines, place) => {
    const body = Array.from({ length: lines }, () => `own a=1,b=2 ${at++}`).join("\n");
    return { ...frameOf(body), position: { segment: 3, offset: place * FRAME_BYTES } };
  });
}

/** A head whose process ends when it is about to commit for the time after these. */
function killedAfter(head: EmbeddedMetrics, commits: number): Parameters<typeof createHeadConsumer>[0] {
  let left = commits;
  return {
    gather: () => head.gather(),
    writeGathered: async (rows, position) => {
      if (left-- === 0) throw new Error("killed");
      return head.writeGathered(rows, position);
    },
  };
}

async function rowsIn(path: string): Promise<number> {
  const instance = await DuckDBInstance.create(path);
  const connection = await instance.connect();
  const tables = await connection.runAndReadAll(
    "SELECT table_name FROM duckdb_tables() WHERE table_name LIKE 'samples_%'",
  );
  let rows = 0;
  for (const [name] of tables.getRows()) {
    rows += Number((await connection.runAndReadAll(`SELECT count(*) FROM ${name}`)).getRows()[0]?.[0]);
  }
  connection.closeSync();
  instance.closeSync();
  return rows;
}

test("killed between two commits of one batch, the head goes on behind the last frame it has: no row is there twice", async () => {
  const lineCounts = fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(lineCounts, fc.integer({ min: 0, max: 6 }), async (counts, commits) => {
      const frames = framesOf(counts);
      const path = newPath();
      const clock = { nowMs: NOW };
      const first = await openHead(path, clock);
      const killed = createHeadConsumer(killedAfter(first.head, commits), new SeriesKeys(), 20);
      await killed.consume(frames, END(frames)).catch((error: unknown) => expect(String(error)).toContain("killed"));
      await first.close();
      const { head, close } = await openHead(path, clock);
      const from = head.spoolPosition() ?? { segment: 3, offset: 0 };
      const left = frames.filter(({ position }) => position.offset >= from.offset);
      if (left.length > 0) await createHeadConsumer(head, new SeriesKeys(), 20).consume(left, END(frames));
      expect(head.spoolPosition()).toEqual(END(frames));
      await close();
      expect(await rowsIn(path)).toBe(2 * counts.reduce((sum, lines) => sum + lines, 0));
    }),
    { numRuns: 25 },
  );
});

test("a batch of many samples takes several commits, each with the place behind its last frame; a frame is never in two", async () => {
  const { head } = await openHead(newPath(), { nowMs: NOW });
  const commits: (readonly [samples: number, offset: number | undefined])[] = [];
  const counting: Parameters<typeof createHeadConsumer>[0] = {
    gather: () => head.gather(),
    writeGathered: async (rows, position) => {
      commits.push([rows.samples, position?.offset]);
      return head.writeGathered(rows, position);
    },
  };
  const frames = framesOf([4, 4, 4, 50, 1]);
  await createHeadConsumer(counting, new SeriesKeys(), 16).consume(frames, END(frames));
  expect(commits).toEqual([
    [16, 200],
    [108, 400],
    [2, 500],
  ]);
});
