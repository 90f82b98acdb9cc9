import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import type { BodyOutcome, ReceivedBody } from "../../../collector/ingest/write-body.ts";
import { createPullWriter, RoundLines } from "../../../collector/pull/pull-writer.ts";
import { OperatorError } from "../../../core/errors.ts";

function linesOf(...lines: readonly string[]): RoundLines {
  const round = new RoundLines();
  for (const line of lines) round.add(line);
  return round;
}

const writerTo = (write: (body: ReceivedBody) => Promise<BodyOutcome>) => createPullWriter({ write });

test("lines go in as bodies of bounded size, in order, none lost", async () => {
  const bodies: string[] = [];
  const writer = writerTo(async ({ bytes, precision }) => {
    expect(precision).toBe("ms");
    bodies.push(gunzipSync(bytes).toString());
    return { kind: "durable" };
  });
  const lines = Array.from({ length: 20_000 }, (_, i) => `m,i=${i} value=${"1".repeat(80)} 1`);
  expect(await writer.write(linesOf(...lines))).toBeUndefined();
  expect(bodies.join("")).toBe(`${lines.join("\n")}\n`);
  expect(bodies.length).toBeGreaterThan(1);
  expect(Math.max(...bodies.map(({ length }) => length))).toBeLessThanOrEqual(512 * 1024 + 1);
  expect(writer.counts.droppedBodies).toBe(0);
});

test("a full spool drops them: counted, and told with what to do", async () => {
  const writer = writerTo(async () => ({ kind: "later", reason: "spool_full", retryAfterSeconds: 10 }));
  expect(await writer.write(linesOf("m value=1 1"))).toMatchObject({
    reason: /spool is full/,
    hint: /spool_megabytes/,
  });
  expect(writer.counts.droppedBodies).toBe(1);
});

test("a slow disk drops them: counted, and no store is blamed", async () => {
  const writer = writerTo(async () => ({ kind: "later", reason: "disk_slow", retryAfterSeconds: 1 }));
  expect(await writer.write(linesOf("m value=1 1"))).toMatchObject({
    reason: expect.stringContaining("disk of the spool is slow"),
    hint: expect.stringMatching(/^(?!.*store).*faster/),
  });
  expect(writer.counts.droppedBodies).toBe(1);
});

test("a spool that cannot be written drops them, with its own words", async () => {
  const writer = writerTo(async () => {
    throw new OperatorError({ code: "spool.disk_full", message: "no space left", hint: "make room" });
  });
  expect(await writer.write(linesOf("m value=1 1"))).toEqual({
    ...{ reason: "no space left", hint: "make room" },
    isLost: true,
  });
  expect(writer.counts.droppedBodies).toBe(1);
});

test("lines that are refused are told", async () => {
  const writer = writerTo(async () => ({ kind: "refused", status: 400, message: "line 1: more than 64 tags" }));
  expect(await writer.write(linesOf("m value=1 1"))).toMatchObject({ reason: "line 1: more than 64 tags" });
});
