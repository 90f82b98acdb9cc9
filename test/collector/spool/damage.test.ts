import { copyFileSync, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { spoolStatus } from "../../../collector/metrics-status.ts";
import type { Frame, FrameHeader } from "../../../collector/spool/frame.ts";
import type { Spool } from "../../../collector/spool/spool.ts";
import { temporaryFolder } from "../fixtures/temporary-folder.ts";
import { append, HEADER, openTestSpool, readEverything } from "./open-test-spool.ts";

/** Frames of every kind there is. */
const BODIES: readonly (readonly [FrameHeader, Buffer])[] = [
  [HEADER, Buffer.from("plain")],
  [{ ...HEADER, encoding: "gzip", precision: "ns" }, gzipSync("in gzip")],
  [{ ...HEADER, sender: { agent: "agent-ä", sequence: 7, bodyCrc: 0xdeadbeef } }, Buffer.from("numbered")],
  [{ ...HEADER, cluster: "" }, Buffer.from("of no cluster")],
  [HEADER, Buffer.alloc(0)],
  [{ ...HEADER, sender: { agent: "", sequence: 2 ** 53 - 1, bodyCrc: 0 } }, Buffer.alloc(300, "long ")],
];
const SEGMENT_HEADER_BYTES = 8;

const namesIn = (folder: string, part: string) =>
  readdirSync(folder)
    .filter((name) => name.includes(part))
    .sort();
const segmentsIn = (folder: string) => namesIn(folder, ".spool").filter((name) => name.endsWith(".spool"));

const written = ({ position: _, ...frame }: Frame) => frame;
const expected = BODIES.map(([header, body]) => ({ sender: undefined, ...header, body }));

/** A spool that was closed with these frames in one segment, as a file; where each frame begins, and the end. */
async function oneSegment(): Promise<{ readonly path: string; readonly begins: readonly number[] }> {
  const folder = temporaryFolder();
  const { spool, close } = await openTestSpool(folder);
  for (const [header, body] of BODIES) await spool.append(header, body);
  const begins = (await readEverything(spool)).map(({ position }) => position.offset);
  await close();
  const path = join(folder, segmentsIn(folder)[0] ?? "");
  return { path, begins: [...begins, readFileSync(path).length] };
}

/** Another spool's folder with a copy of the file. */
function copied(path: string, into: string, name: string): { readonly folder: string; readonly copy: string } {
  const folder = join(into, name);
  mkdirSync(folder);
  const copy = join(folder, path.split("/").at(-1) ?? "");
  copyFileSync(path, copy);
  return { folder, copy };
}

function flip(path: string, at: number, bit: number): void {
  const bytes = readFileSync(path);
  bytes.writeUInt8((bytes[at] ?? 0) ^ (1 << bit), at);
  writeFileSync(path, bytes);
}

/** What a spool gives, and gives again after one more frame and another start. */
async function expectToGive(folder: string, frames: readonly unknown[], look: (spool: Spool) => void): Promise<void> {
  const first = await openTestSpool(folder);
  expect((await readEverything(first.spool)).map(written)).toEqual(frames);
  look(first.spool);
  await append(first.spool, "after");
  await first.close();
  const { spool, close } = await openTestSpool(folder);
  const after = { ...HEADER, sender: undefined, body: Buffer.from("after") };
  expect((await readEverything(spool)).map(written)).toEqual([...frames, after]);
  look(spool);
  await close();
}

describe("the last segment", () => {
  test("cut at any byte, keeps every whole frame and goes on, and nothing is called damaged", async () => {
    const { path, begins } = await oneSegment();
    const target = temporaryFolder();
    for (let size = 0; size <= (begins.at(-1) ?? 0); size++) {
      const { folder, copy } = copied(path, target, String(size));
      truncateSync(copy, size);
      const whole = begins.slice(1).filter((end) => end <= size).length;
      await expectToGive(folder, expected.slice(0, whole), (spool) => expect(spool.stats().damagedSegments).toBe(0));
    }
  });

  test("with a bit flipped in any byte, keeps every frame but the one it is in, and says so", async () => {
    const { path, begins } = await oneSegment();
    const target = temporaryFolder();
    for (let at = 0; at < (begins.at(-1) ?? 0); at++) {
      const { folder, copy } = copied(path, target, String(at));
      flip(copy, at, at % 8);
      const hit = begins.findLastIndex((begin) => begin <= at);
      // Of the last frame nobody can say whether it was ever whole.
      const isTail = hit === BODIES.length - 1;
      await expectToGive(
        folder,
        expected.filter((_, place) => place !== hit),
        (spool) => expect(spool.stats().damagedSegments, `byte ${at}`).toBe(isTail ? 0 : 1),
      );
      expect(namesIn(folder, ".damaged-")).toHaveLength(isTail ? 0 : 1);
    }
  });

  test("with zeros behind it, as some file systems leave after a power loss, goes on before them", async () => {
    const { path } = await oneSegment();
    const { folder, copy } = copied(path, temporaryFolder(), "zeros");
    writeFileSync(copy, Buffer.concat([readFileSync(copy), Buffer.alloc(4_096)]));
    await expectToGive(folder, expected, (spool) => expect(spool.stats().damagedSegments).toBe(0));
  });
});

describe("an earlier segment that is damaged", () => {
  /** Three segments of the same frames; the path of one, and where its frames begin. */
  async function threeSegments(victim: number) {
    const folder = temporaryFolder();
    const options = { segmentBytes: 700 };
    const { spool, close } = await openTestSpool(folder, options);
    for (let round = 0; round < 3; round++) for (const [header, body] of BODIES) await spool.append(header, body);
    const frames = await readEverything(spool);
    await close();
    const number = Number(/\d{16}/.exec(segmentsIn(folder)[victim] ?? "")?.[0]);
    const inside = frames.filter(({ position }) => position.segment === number);
    return { folder, options, frames, inside, path: join(folder, segmentsIn(folder)[victim] ?? "") };
  }

  test.each([
    ["found when it is read", 0],
    ["found at the next start", 1],
  ])(
    "loses only the frame that was hit, keeps what was lost beside it, and tells what to do: %s",
    async (_name, victim) => {
      const { folder, options, frames, inside, path } = await threeSegments(victim);
      expect(inside.length).toBeGreaterThan(3);
      const hit = inside[1];
      flip(path, (hit?.position.offset ?? 0) + 30, 3);
      const before = readFileSync(path);
      const { spool, close } = await openTestSpool(folder, options);
      expect(await readEverything(spool)).toEqual(frames.filter((frame) => frame !== hit));
      expect(spoolStatus(spool.stats())).toMatchObject({
        state: "degraded",
        detail: "1 damaged segments were set aside",
        hint: expect.stringContaining("*.damaged-*"),
      });
      const [aside = ""] = namesIn(folder, ".damaged-");
      const end = inside[2]?.position.offset ?? 0;
      expect(readFileSync(join(folder, aside))).toEqual(before.subarray(hit?.position.offset, end));
      await close();
      const again = await openTestSpool(folder, options);
      expect(await readEverything(again.spool)).toEqual(frames.filter((frame) => frame !== hit));
      expect(again.spool.stats().damagedSegments).toBe(1);
    },
  );

  test("of which nothing is sound goes as a whole; all before and behind it is given", async () => {
    const { folder, options, frames, inside, path } = await threeSegments(1);
    writeFileSync(path, Buffer.alloc(2_000, "x"));
    const { spool } = await openTestSpool(folder, options);
    expect(await readEverything(spool)).toEqual(frames.filter((frame) => !inside.includes(frame)));
    expect(spool.stats().damagedSegments).toBe(1);
  });

  test("does not move what other consumers have before them", async () => {
    const { folder, options, frames, inside, path } = await threeSegments(0);
    const consumers = ["behind", "before"];
    const first = await openTestSpool(folder, { ...options, consumers });
    const ahead = inside.at(-1);
    if (ahead !== undefined) await first.spool.acknowledge("before", ahead.position);
    await first.close();
    flip(path, (inside[0]?.position.offset ?? 0) + 40, 0);
    const { spool } = await openTestSpool(folder, { ...options, consumers });
    expect(await readEverything(spool)).toEqual(frames.slice(1));
    expect((await spool.read(spool.positionOf("before"), 1)).frames).toEqual([ahead]);
  });

  test("may have bodies that look like frames: they are not taken for some where nothing is damaged", async () => {
    const folder = temporaryFolder();
    const { path } = await oneSegment();
    const { spool, close } = await openTestSpool(folder);
    await spool.append(HEADER, readFileSync(path));
    await append(spool, "next");
    await close();
    const again = await openTestSpool(folder);
    expect(await readEverything(again.spool)).toHaveLength(2);
  });
});

test("a position that lies inside a frame means the frame, not damage", async () => {
  const { path, begins } = await oneSegment();
  const { folder } = copied(path, temporaryFolder(), "inside");
  const { spool } = await openTestSpool(folder);
  await spool.append(HEADER, Buffer.from("after"));
  const segment = Number(/\d{16}/.exec(path.split("/").at(-1) ?? "")?.[0]);
  for (let offset = SEGMENT_HEADER_BYTES; offset < (begins.at(-1) ?? 0); offset++) {
    const { frames } = await spool.read({ segment, offset }, 1);
    expect(frames[0]?.position.offset).toBe(begins.findLast((begin) => begin <= offset));
  }
  expect(spool.stats().damagedSegments).toBe(0);
});

test("a position file damaged in any bit or cut at any byte leaves no frame out", async () => {
  const folder = temporaryFolder();
  const file = join(folder, "position-test.json");
  const first = await openTestSpool(folder);
  for (const [header, body] of BODIES) await first.spool.append(header, body);
  const frames = await readEverything(first.spool);
  await first.spool.acknowledge("test", frames[3]?.position ?? { segment: 0, offset: 0 });
  await first.close();
  const good = readFileSync(file);
  const ways = [...good.keys()].flatMap((at) => [
    good.subarray(0, at),
    ...Array.from({ length: 8 }, (_, bit) => {
      const bytes = Buffer.from(good);
      bytes.writeUInt8((bytes[at] ?? 0) ^ (1 << bit), at);
      return bytes;
    }),
  ]);
  for (const bytes of ways) {
    writeFileSync(file, bytes);
    const { spool, close } = await openTestSpool(folder);
    const at = spool.positionOf("test");
    const { frames: given } = await spool.read(at, 100_000);
    expect(frames.slice(frames.length - given.length)).toEqual(given);
    expect(given.length, bytes.toString()).toBeGreaterThanOrEqual(3);
    await close();
  }
});
