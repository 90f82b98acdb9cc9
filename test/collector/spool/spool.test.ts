import { expect, test } from "vitest";
import { temporaryFolder } from "../fixtures/temporary-folder.ts";
import { append, HEADER, openOnHeldDisk, openTestSpool, readEverything, textsOf } from "./open-test-spool.ts";

test("what was appended is read back in order, with its header, also after opening again", async () => {
  const folder = temporaryFolder();
  const first = await openTestSpool(folder);
  const sender = { agent: "agent-ä", sequence: 7, bodyCrc: 0xdeadbeef };
  await first.spool.append({ ...HEADER, encoding: "gzip", precision: "s", cluster: "c-é", sender }, Buffer.from("one"));
  await append(first.spool, "two");
  await first.close();
  const again = await openTestSpool(folder);
  await append(again.spool, "three");
  const frames = await readEverything(again.spool);
  expect(textsOf(frames)).toEqual(["one", "two", "three"]);
  expect(frames[0]).toMatchObject({ ...HEADER, encoding: "gzip", precision: "s", cluster: "c-é", sender });
  expect(frames[1]?.sender).toBeUndefined();
});

test("appends that wait together share an fdatasync", async () => {
  const { spool } = await openTestSpool(temporaryFolder());
  await Promise.all(Array.from({ length: 500 }, (_, i) => append(spool, `body ${i}`)));
  expect(await readEverything(spool)).toHaveLength(500);
  expect(spool.stats().commits).toBeLessThan(10);
});

test("an append resolves when the disk says that the bytes are on it, not before", async () => {
  const { spool, isBusy, release } = await openOnHeldDisk({});
  const order: string[] = [];
  const appended = append(spool, "one").then(() => order.push("acknowledged"));
  await isBusy;
  expect(await readEverything(spool)).toEqual([]);
  order.push("on disk");
  release();
  await appended;
  expect(order).toEqual(["on disk", "acknowledged"]);
  expect(textsOf(await readEverything(spool))).toEqual(["one"]);
});

test("a frame larger than the reader's limit is read alone", async () => {
  const { spool } = await openTestSpool(temporaryFolder());
  const large = "x".repeat(50_000);
  for (const text of ["a", large, "b"]) await append(spool, text);
  expect(textsOf(await readEverything(spool, 100))).toEqual(["a", large, "b"]);
});

test("at its bound it refuses, says when to come back, and takes more when consumers have moved on", async () => {
  const options = { segmentBytes: 2_000, maxBytes: 10_000, keepBytes: 0 };
  const { spool } = await openTestSpool(temporaryFolder(), options);
  const text = "y".repeat(500);
  let taken = 0;
  while ((await append(spool, text)).kind === "durable") taken++;
  expect(taken).toBeGreaterThan(10);
  expect(spool.stats().bytes).toBeLessThanOrEqual(10_000);
  expect(await append(spool, text)).toEqual({ kind: "full", retryAfterSeconds: 10 });
  const { next } = await spool.read(spool.positionOf("test"), 5_000);
  await spool.acknowledge("test", (await spool.read(next, 5_000)).next);
  expect((await append(spool, text)).kind).toBe("durable");
});

test("what all consumers have passed is kept up to the bytes asked for, and no segment one still needs is removed", async () => {
  const options = { segmentBytes: 500, keepBytes: 3_000, consumers: ["fast", "slow"] };
  const { spool } = await openTestSpool(temporaryFolder(), options);
  for (let i = 0; i < 100; i++) await append(spool, `number ${i} ${"z".repeat(80)}`);
  let position = spool.positionOf("fast");
  while (spool.bytesAfter(position) > 0) position = (await spool.read(position, 1_000)).next;
  await spool.acknowledge("fast", position);
  expect(await readEverything(spool)).toHaveLength(100);
  await spool.acknowledge("slow", position);
  const kept = textsOf(await readEverything(spool));
  expect(spool.stats().bytes).toBeLessThanOrEqual(3_000);
  expect(spool.stats().bytes).toBeGreaterThan(2_000);
  expect(kept.at(-1)).toContain("number 99");
});

test("a consumer goes on where it was, and a new one begins with the oldest", async () => {
  const folder = temporaryFolder();
  const first = await openTestSpool(folder);
  for (const text of ["one", "two"]) await append(first.spool, text);
  const { next } = await first.spool.read(first.spool.positionOf("test"), 10);
  await first.spool.acknowledge("test", next);
  await first.close();
  const { spool } = await openTestSpool(folder, { consumers: ["test", "new"] });
  expect(textsOf((await spool.read(spool.positionOf("test"), 1_000)).frames)).toEqual(["two"]);
  expect(textsOf((await spool.read(spool.positionOf("new"), 1_000)).frames)).toEqual(["one", "two"]);
});

test("a position in a spool somebody deleted means the beginning of the new one", async () => {
  const old = await openTestSpool(temporaryFolder());
  for (let i = 0; i < 50; i++) await append(old.spool, "old");
  let position = old.spool.positionOf("test");
  while (old.spool.bytesAfter(position) > 0) position = (await old.spool.read(position, 1_000)).next;
  await old.close();
  const { spool } = await openTestSpool(temporaryFolder());
  await append(spool, "new");
  expect(textsOf((await spool.read(position, 1_000)).frames)).toEqual(["new"]);
});

test("waiting for more ends with an append and with the signal", async () => {
  const { spool } = await openTestSpool(temporaryFolder());
  const stop = new AbortController();
  const position = spool.positionOf("test");
  const appended = spool.waitBeyond(position, stop.signal);
  await append(spool, "one");
  await appended;
  const { next } = await spool.read(position, 1_000);
  const stopped = spool.waitBeyond(next, stop.signal);
  stop.abort();
  await stopped;
});
