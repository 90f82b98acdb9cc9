import { mkdtempSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type Batch, decodeBatch, encodeBatch } from "../../agent/delivery/batch.ts";
import { type BatchDisk, createBatchFolder } from "../../agent/delivery/batch-folder.ts";
import { BatchQueue } from "../../agent/delivery/batch-queue.ts";
import { batchesOf } from "../../agent/delivery/metric-sender.ts";
import { type Log, silentLog } from "../../core/log.ts";
import { eventually } from "../fixtures/eventually.ts";
import { recordedLog } from "./recorded-log.ts";

const batchOf = (sequence: number, bytes = 10, lines = 1, agent = "a"): Batch => {
  const body = new Uint8Array(bytes).fill(sequence);
  return { agent, sequence, lines, body };
};

test("without a disk: the queue never holds more than its bound, drops the oldest first and counts every line it dropped", async () => {
  const sizes = fc.array(fc.record({ bytes: fc.nat(60), lines: fc.nat(9), take: fc.boolean() }), { maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(sizes, async (script) => {
      const queue = await BatchQueue.open({ maxBytes: 100, disk: undefined }, silentLog);
      let [pushedLines, takenLines, lastTaken, sequence] = [0, 0, 0, 0];
      for (const { bytes, lines, take } of script) {
        queue.push(batchOf(++sequence, bytes, lines));
        pushedLines += lines;
        expect(queue.bytes).toBeLessThanOrEqual(100);
        const taken = take ? await queue.take() : undefined;
        if (taken === undefined) continue;
        queue.settle();
        expect(taken.sequence).toBeGreaterThan(lastTaken);
        lastTaken = taken.sequence;
        takenLines += taken.lines;
      }
      for (let rest = await queue.take(); rest !== undefined; rest = await queue.take()) takenLines += rest.lines;
      expect(takenLines + queue.droppedLines).toBe(pushedLines);
      expect(queue.bytes).toBe(0);
    }),
  );
});

test("a sample is cut into parts of bounded size, in order, with nothing lost", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ minLength: 1, maxLength: 30 }), { maxLength: 30 }), (lines) => {
      const batches = batchesOf(lines, 40);
      expect(batches.flat()).toEqual(lines);
      for (const batch of batches) expect(batch.length === 1 || batch.join("\n").length <= 40).toBe(true);
    }),
  );
});

test("a batch is what it was after it was written; one bit more or less and it is none", () => {
  const body = fc.uint8Array({ maxLength: 50 });
  fc.assert(
    fc.property(
      body,
      fc.nat(),
      fc.string({ maxLength: 40 }),
      fc.nat(),
      fc.nat(7),
      (bytes, sequence, agent, at, bit) => {
        const written = encodeBatch({ agent, sequence, lines: 3, body: bytes });
        expect(decodeBatch(written)).toEqual({ agent, sequence, lines: 3, body: Buffer.from(bytes) });
        expect(decodeBatch(written.subarray(0, at % written.length))).toBeUndefined();
        const place = at % written.length;
        written.writeUInt8(written.readUInt8(place) ^ (1 << bit), place);
        expect(decodeBatch(written)).toBeUndefined();
      },
    ),
  );
});

/** The disk as one life of an agent has it: it does what it is asked for when it is let, and nothing after the agent was killed. */
function lifeOfDisk(files: Map<string, Buffer>) {
  let waiting: (() => void)[] = [];
  let isDead = false;
  const later = (work: () => void) =>
    new Promise<void>((resolve) => {
      waiting.push(() => resolve(work()));
    });
  const disk: BatchDisk = {
    names: async () => [...files.keys()],
    read: async (name) => files.get(name) ?? Promise.reject(new Error(`no ${name}`)),
    write: (name, bytes) => later(() => void files.set(name, bytes)),
    writeNow: (name, bytes) => void files.set(name, bytes),
    remove: (name) => later(() => void files.delete(name)),
    setAside: (name) => later(() => void files.delete(name)),
  };
  return {
    disk,
    /** Does one thing that was asked for; what comes of it may ask for more. */
    async work() {
      if (!isDead) waiting.shift()?.();
      await new Promise(setImmediate);
    },
    kill() {
      isDead = true;
      waiting = [];
    },
  };
}

const crashStep = fc.constantFrom("push", "push", "deliver", "spill", "work", "work", "kill", "end");

test("wherever an agent is killed: what was on disk, and all when it ended in order, is delivered once to a collector that knows numbers, in order", async () => {
  let survivors = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(crashStep, { maxLength: 40 }), async (steps) => {
      const files = new Map<string, Buffer>();
      const begin = async () => {
        const life = lifeOfDisk(files);
        const options = { maxBytes: 10_000, disk: life.disk, spillAfterMs: 0, diskAgainMs: 0 };
        return { ...life, queue: await BatchQueue.open(options, silentLog) };
      };
      let agent = await begin();
      let lives = 1;
      let number = 0;
      const pushed = new Map<string, number>();
      const mayBeLost = new Set<string>();
      const collector = new Map<string, number>();
      const key = (batch: Batch) => `${batch.agent}/${batch.sequence}`;
      const deliver = async () => {
        const batch = await agent.queue.take();
        if (batch === undefined) return false;
        if (!collector.has(key(batch))) collector.set(key(batch), batch.body[0] ?? -1);
        agent.queue.settle();
        return true;
      };
      for (const step of steps) {
        if (step === "push") {
          const batch = batchOf(++number, 10, 1, `agent-${lives}`);
          pushed.set(key(batch), number);
          agent.queue.push(batch);
        } else if (step === "deliver") await deliver();
        else if (step === "spill") await new Promise((resolve) => setTimeout(resolve, 1));
        else if (step === "work") await agent.work();
        else {
          if (step === "end") agent.queue.end();
          agent.kill();
          const kept = new Set([...files.values()].flatMap((bytes) => decodeBatch(bytes) ?? []).map(key));
          survivors += kept.size;
          if (step === "kill") for (const it of pushed.keys()) if (!kept.has(it)) mayBeLost.add(it);
          [agent, lives] = [await begin(), lives + 1];
        }
      }
      while (await deliver());
      for (const [it, value] of pushed) if (!mayBeLost.has(it)) expect(collector.get(it)).toBe(value);
      const order = [...collector.values()];
      expect(order).toEqual(order.toSorted((a, b) => a - b));
    }),
    { numRuns: 900 },
  );
  expect(survivors).toBeGreaterThan(100);
});

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "nephoscope-batches-"));
  try {
    await work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
const openIn = (folder: string, maxBytes = 10_000, log: Log = silentLog) =>
  BatchQueue.open({ maxBytes, disk: createBatchFolder(folder), spillAfterMs: 1, diskAgainMs: 1 }, log);
const filesIn = (folder: string, count: number) =>
  eventually(() => readdirSync(folder).length === count, { what: `${count} files in the folder` });

test("what waits goes to the disk, what is delivered at once does not, and what was delivered is removed", () =>
  inFolder(async (folder) => {
    const queue = await openIn(folder);
    queue.push(batchOf(1));
    await queue.take();
    queue.settle();
    for (const sequence of [2, 3, 4]) queue.push(batchOf(sequence));
    await filesIn(folder, 3);
    const taken: (number | undefined)[] = [];
    for (let n = 0; n < 3; n++) {
      taken.push((await queue.take())?.sequence);
      queue.settle();
    }
    expect(taken).toEqual([2, 3, 4]);
    await filesIn(folder, 0);
  }));

test.each([
  ["was killed", 1, (_: BatchQueue, folder: string) => filesIn(folder, 2)],
  ["ended before anything went to the disk", 60_000, async (queue: BatchQueue) => queue.end()],
])("the batch that was being sent when the agent %s is there, too", (_, spillAfterMs, end) =>
  inFolder(async (folder) => {
    const options = { maxBytes: 10_000, disk: createBatchFolder(folder), spillAfterMs };
    const before = await BatchQueue.open(options, silentLog);
    before.push(batchOf(1));
    await before.take();
    before.push(batchOf(2));
    await end(before, folder);
    const queue = await openIn(folder);
    expect([(await queue.take())?.sequence, (await queue.take())?.sequence]).toEqual([1, 2]);
  }),
);

test("the bound holds for what an agent before left: its oldest go first, and are counted", () =>
  inFolder(async (folder) => {
    const before = await openIn(folder);
    for (let sequence = 1; sequence <= 10; sequence++) before.push(batchOf(sequence, 100, 2));
    before.end();
    const queue = await openIn(folder, 450);
    expect([queue.bytes, queue.droppedLines]).toEqual([400, 12]);
    queue.push(batchOf(11, 100, 2, "b"));
    expect(queue.droppedLines).toBe(14);
    const taken: (string | undefined)[] = [];
    for (let batch = await queue.take(); batch !== undefined; batch = await queue.take()) {
      taken.push(`${batch.agent}${batch.sequence}`);
      queue.settle();
    }
    expect(taken).toEqual(["a8", "a9", "a10", "b11"]);
    await filesIn(folder, 0);
  }));

test("a batch that is torn on disk is set aside and counted, and the next one is sent", () =>
  inFolder(async (folder) => {
    const before = await openIn(folder);
    for (const sequence of [1, 2, 3]) before.push(batchOf(sequence, 100, 5));
    before.end();
    const torn = readdirSync(folder).sort()[1] ?? "";
    truncateSync(join(folder, torn), 50);
    const { log, entries } = recordedLog();
    const queue = await openIn(folder, 10_000, log);
    const taken: (number | undefined)[] = [];
    for (let batch = await queue.take(); batch !== undefined; batch = await queue.take()) {
      taken.push(batch.sequence);
      queue.settle();
    }
    expect([taken, queue.droppedLines]).toEqual([[1, 3], 5]);
    expect(entries.map(({ event }) => event)).toContain("batch damaged on disk, set aside");
    await filesIn(folder, 1);
    expect(readdirSync(folder)).toEqual([`${torn}.damaged`]);
  }));

test("where the disk takes nothing, batches wait in memory, which is said once; when it takes them again they are there", () =>
  inFolder(async (folder) => {
    const inTheWay = join(folder, "batches");
    writeFileSync(inTheWay, "a file where the folder should be");
    const { log, entries } = recordedLog();
    const queue = await openIn(inTheWay, 10_000, log);
    for (const sequence of [1, 2, 3]) queue.push(batchOf(sequence));
    await eventually(() => entries.length > 0, { what: "the refusal" });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect((await queue.take())?.sequence).toBe(1);
    queue.settle();
    expect(entries.map(({ event }) => event)).toEqual(["buffer on disk cannot be used, metrics wait in memory"]);
    rmSync(inTheWay);
    await eventually(() => statSync(inTheWay, { throwIfNoEntry: false })?.isDirectory(), { what: "the folder" });
    await filesIn(inTheWay, 2);
    queue.end();
  }));
