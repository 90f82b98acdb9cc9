import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { openSpool, type Spool } from "../../../collector/spool/spool.ts";
import { systemClock } from "../../../core/clock.ts";
import { OperatorError } from "../../../core/errors.ts";
import { Lifetime } from "../../../core/lifetime.ts";
import { silentLog } from "../../../core/log.ts";
import { type DiskCall, disk, diskError } from "../fixtures/power-loss-disk.ts";
import { temporaryFolder } from "../fixtures/temporary-folder.ts";
import { append, readEverything, textsOf } from "./open-test-spool.ts";

vi.mock("node:fs/promises", async (importOriginal) => {
  const { disk: present } = await import("../fixtures/power-loss-disk.ts");
  return present.wrap(await importOriginal());
});

beforeEach(() => disk.reset());

/** What came of a life of a spool. A body is acknowledged when its append resolved, refused when it was told an error. */
interface Life {
  readonly acknowledged: string[];
  readonly refused: string[];
  /** What the consumer has said it needs no more. */
  readonly consumed: Set<string>;
}

const OPTIONS = { segmentBytes: 400, maxBytes: 100_000, keepBytes: 0, consumers: ["test"] };
const ROUNDS = 6;
const MOST_STARTS = 10;

/** Opens a spool however often that takes. */
async function opened(folder: string): Promise<{ readonly spool: Spool; readonly lifetime: Lifetime } | undefined> {
  for (let start = 0; start < MOST_STARTS; start++) {
    const lifetime = new Lifetime();
    try {
      const spool = await openSpool({ ...OPTIONS, folder }, { clock: systemClock, log: silentLog }, lifetime);
      return { spool, lifetime };
    } catch (error) {
      expect(error).toBeInstanceOf(OperatorError);
      await lifetime.end();
    }
  }
  return undefined;
}

/** Appends alone and in groups, over several segments, while a consumer follows some way behind. */
async function live(spool: Spool, life: Life): Promise<void> {
  const take = async (text: string): Promise<void> => {
    try {
      await append(spool, text);
      life.acknowledged.push(text);
    } catch (error) {
      expectTold(error);
      life.refused.push(text);
    }
  };
  for (let round = 0; round < ROUNDS; round++) {
    await take(`alone ${round} ${"x".repeat(20 * round)}`);
    await Promise.all(["a", "b", "c"].map((name) => take(`together ${round} ${name} ${"y".repeat(40)}`)));
    if (round % 2 === 1) await consume(spool, life).catch(expectTold);
  }
}

async function consume(spool: Spool, { consumed }: Life): Promise<void> {
  const { frames, next } = await spool.read(spool.positionOf("test"), 600);
  for (const text of textsOf(frames)) consumed.add(text);
  await spool.acknowledge("test", next);
}

/** Whatever fails, a sender hears that it may come back and an operator what to do. */
function expectTold(error: unknown): void {
  expect(error).toMatchObject({
    code: expect.stringMatching(/^spool\./),
    status: 503,
    hint: expect.stringMatching(/.+/),
  });
}

/** Each acknowledged body that is not consumed is there, once and in order; of the others none twice. */
async function expectKept(folder: string, life: Life): Promise<readonly string[]> {
  const reopened = await opened(folder);
  if (reopened === undefined) throw new Error("the spool does not open");
  const texts = textsOf(await readEverything(reopened.spool));
  await reopened.lifetime.end();
  expect(new Set(texts).size).toBe(texts.length);
  const left = life.acknowledged.filter((text) => !life.consumed.has(text));
  expect(texts.filter((text) => left.includes(text))).toEqual(left);
  return texts;
}

const newLife = (): Life => ({ acknowledged: [], refused: [], consumed: new Set() });

/** The calls of a life on a sound disk. */
async function soundCalls(): Promise<readonly DiskCall[]> {
  const running = await opened(join(temporaryFolder(), "spool"));
  if (running === undefined) throw new Error("the spool does not open");
  await live(running.spool, newLife());
  await running.lifetime.end();
  const { calls } = disk;
  disk.reset();
  return calls;
}

test("the life that is lived here makes every call there is, on every kind of file", async () => {
  const calls = new Set((await soundCalls()).map(({ name, path }) => `${name} ${path.replace(/.*\/(\w*).*/, "$1")}`));
  for (const call of ["create segment", "write segment", "sync segment", "unlink segment", "sync spool"]) {
    expect(calls).toContain(call);
  }
  for (const call of ["create position", "write position", "sync position", "rename position"]) {
    expect(calls).toContain(call);
  }
});

test("after a power loss at any call, all that was acknowledged is there", async () => {
  const count = (await soundCalls()).length;
  let acknowledged = 0;
  for (let last = 1; last <= count; last++) {
    const [folder, life] = [temporaryFolder(), newLife()];
    disk.fails = (_call, number) => (number > last ? diskError("ENODEV") : undefined);
    const running = await opened(join(folder, "spool"));
    if (running !== undefined) {
      await live(running.spool, life);
      await running.lifetime.end().catch(() => {});
    }
    disk.fails = () => undefined;
    disk.leaveTo(join(folder, "after"));
    await expectKept(join(folder, "after"), life);
    acknowledged += life.acknowledged.length;
    disk.reset();
  }
  expect(acknowledged).toBeGreaterThan(count);
});

test("after a kill at any call, what the next start finds and takes survives a power loss: repeats of it are held for durable", async () => {
  const count = (await soundCalls()).length;
  let found = 0;
  for (let last = 1; last <= count; last++) {
    const folder = temporaryFolder();
    disk.fails = (_call, number) => (number > last ? diskError("ENODEV") : undefined);
    const killed = await opened(join(folder, "spool"));
    if (killed !== undefined) {
      await live(killed.spool, newLife());
      await killed.lifetime.end().catch(() => {});
    }
    disk.fails = () => undefined;
    const next = await opened(join(folder, "spool"));
    if (next === undefined) throw new Error("the spool does not open");
    await append(next.spool, "next");
    const texts = textsOf(await readEverything(next.spool));
    disk.leaveTo(join(folder, "after"));
    await next.lifetime.end();
    await expectKept(join(folder, "after"), { ...newLife(), acknowledged: texts });
    found += texts.length;
    disk.reset();
  }
  expect(found).toBeGreaterThan(count);
});

describe.each(["ENOSPC", "EIO"] as const)("a disk that says %s", (code) => {
  test.each([1, 4])(
    "at any call and the %d from there on: nothing acknowledged is lost, nothing refused comes back, and the spool goes on by itself",
    async (failures) => {
      const count = (await soundCalls()).length;
      let refused = 0;
      for (let first = 1; first <= count; first++) {
        const [folder, life] = [temporaryFolder(), newLife()];
        disk.fails = (_call, number) => (number >= first && number < first + failures ? diskError(code) : undefined);
        const running = await opened(join(folder, "spool"));
        if (running === undefined) throw new Error("the spool does not open");
        await live(running.spool, life);
        disk.fails = () => undefined;
        await append(running.spool, "at last");
        life.acknowledged.push("at last");
        expect(running.spool.stats().failing).toBeUndefined();
        refused += life.refused.length;
        disk.leaveTo(join(folder, "after"));
        await running.lifetime.end();
        // Once as the process left it, once as the disk would have after a power loss.
        for (const name of ["spool", "after"]) {
          const texts = await expectKept(join(folder, name), life);
          expect(texts.filter((text) => life.refused.includes(text))).toEqual([]);
        }
        disk.reset();
      }
      expect(refused).toBeGreaterThan(count / 4);
    },
  );
});

describe("damage is taken out of a segment", () => {
  /** A closed spool, a bit of whose second frame is flipped, and what is to be left of it. */
  async function damaged(): Promise<{ readonly folder: string; readonly left: readonly string[] }> {
    const folder = join(temporaryFolder(), "spool");
    const running = await opened(folder);
    if (running === undefined) throw new Error("the spool does not open");
    const texts = ["one", "hit", "three", "four"];
    for (const text of texts) await append(running.spool, text);
    await running.lifetime.end();
    const path = join(folder, readdirSync(folder).find((name) => name.endsWith(".spool")) ?? "");
    const bytes = readFileSync(path);
    bytes.writeUInt8(bytes.readUInt8(bytes.indexOf("hit")) ^ 1, bytes.indexOf("hit"));
    writeFileSync(path, bytes);
    disk.reset();
    return { folder, left: texts.filter((text) => text !== "hit") };
  }

  async function textsIn(folder: string): Promise<readonly string[]> {
    const running = await opened(folder);
    if (running === undefined) throw new Error("the spool does not open");
    const texts = textsOf(await readEverything(running.spool));
    await running.lifetime.end();
    return texts;
  }

  test("without room to keep what is lost: the rest is given all the same", async () => {
    const { folder, left } = await damaged();
    disk.fails = ({ name, path }) =>
      name === "create" && path.includes(".damaged-") ? diskError("ENOSPC") : undefined;
    expect(await textsIn(folder)).toEqual(left);
    disk.reset();
    expect(await textsIn(folder)).toEqual(left);
    expect(readdirSync(folder).filter((name) => name.includes(".damaged-"))).toEqual([]);
  });

  test("by a process that is killed at any call: the next start comes to the same", async () => {
    await textsIn((await damaged()).folder);
    const count = disk.calls.length;
    expect(count).toBeGreaterThan(10);
    for (let last = 0; last < count; last++) {
      const { folder, left } = await damaged();
      disk.fails = (_call, number) => (number > last ? diskError("ENODEV") : undefined);
      await opened(folder).then((running) => running?.lifetime.end().catch(() => {}));
      disk.fails = () => undefined;
      expect(await textsIn(folder), `killed after ${last} calls`).toEqual(left);
    }
  });
});
