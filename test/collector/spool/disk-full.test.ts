import { spawnSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { WritableFile } from "../../../collector/spool/segment-writer.ts";
import { temporaryFolder } from "../fixtures/temporary-folder.ts";
import { append, openTestSpool, readEverything, textsOf } from "./open-test-spool.ts";

/** A disk with room for this many more bytes, which takes what fits and then says ENOSPC, as Linux does. */
function smallDisk(disk: { roomBytes: number; mayCut: boolean }) {
  const full = () => Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
  return (file: WritableFile): WritableFile =>
    new Proxy(file, {
      get(target, name) {
        if (name === "write") {
          return async (bytes: Buffer, offset: number, length: number, position: number) => {
            const fits = Math.min(length, disk.roomBytes);
            if (fits === 0) throw full();
            disk.roomBytes -= fits;
            return target.write(bytes, offset, fits, position);
          };
        }
        if (name === "truncate" && !disk.mayCut) return () => Promise.reject(full());
        const value: unknown = Reflect.get(target, name);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
}

test.each([
  ["what was half written is cut off at once", true],
  ["what was half written is cut off before the next write", false],
])("on a full disk nothing acknowledged is lost, and it goes on when there is room: %s", async (_name, mayCut) => {
  const folder = temporaryFolder();
  const disk = { roomBytes: 300, mayCut };
  const first = await openTestSpool(folder, { wrapFile: smallDisk(disk) });
  const acknowledged: string[] = [];
  for (let i = 0; i < 20; i++) {
    const taken = await append(first.spool, `number ${i} ${"x".repeat(30)}`).catch((error: unknown) => error);
    if (taken instanceof Error) expect(taken).toMatchObject({ code: "spool.disk_full", status: 503 });
    else acknowledged.push(`number ${i} ${"x".repeat(30)}`);
  }
  expect(acknowledged).toHaveLength(3);
  expect(textsOf(await readEverything(first.spool))).toEqual(acknowledged);
  disk.roomBytes = 10_000;
  disk.mayCut = true;
  await append(first.spool, "after");
  await first.close();
  const again = await openTestSpool(folder);
  expect(textsOf(await readEverything(again.spool))).toEqual([...acknowledged, "after"]);
});

test.each([
  ["cut off at once", true],
  ["cut off before the next write", false],
])(
  "frames that were refused do not come back after a crash, even those that were wholly written: %s",
  async (_name, mayCut) => {
    const folder = temporaryFolder();
    const disk = { roomBytes: 1_000, mayCut };
    const first = await openTestSpool(folder, { wrapFile: smallDisk(disk) });
    await append(first.spool, "kept");
    disk.roomBytes = 350;
    // The first goes alone, the others wait for it and go together.
    const texts = Array.from({ length: 8 }, (_, i) => `number ${i} of many`);
    const taken = await Promise.allSettled(texts.map((text) => append(first.spool, text)));
    expect(taken.map(({ status }) => status)).toEqual(["fulfilled", ...Array.from({ length: 7 }, () => "rejected")]);
    disk.roomBytes = 10_000;
    disk.mayCut = true;
    if (!mayCut) await append(first.spool, "number 9 of many");
    await first.close();
    const { spool } = await openTestSpool(folder);
    const expected = ["kept", "number 0 of many", ...(mayCut ? [] : ["number 9 of many"])];
    expect(textsOf(await readEverything(spool))).toEqual(expected);
  },
);

const isRoot = process.getuid?.() === 0;

test.skipIf(!isRoot)(
  "on a real file system that fills up: refused with a hint, kept, and on again after there is room",
  async () => {
    const folder = temporaryFolder();
    const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=2m", "tmpfs", folder], { encoding: "utf8" });
    expect(mounted.stderr).toBe("");
    onTestFinished(() => {
      spawnSync("umount", [folder]);
    });
    const ballast = join(folder, "ballast");
    writeFileSync(ballast, Buffer.alloc(1_000_000));
    const spoolFolder = join(folder, "spool");
    const { spool, close } = await openTestSpool(spoolFolder, { segmentBytes: 100_000, keepBytes: 0 });
    const acknowledged: string[] = [];
    let refused = 0;
    for (let i = 0; i < 40; i++) {
      const text = `number ${i} ${"x".repeat(50_000)}`;
      try {
        await append(spool, text);
        acknowledged.push(text);
      } catch (error) {
        expect(error).toMatchObject({ code: "spool.disk_full" });
        refused++;
        if (refused === 5) rmSync(ballast);
      }
    }
    expect(refused).toBeGreaterThanOrEqual(5);
    expect(acknowledged.length).toBeGreaterThan(25);
    expect(textsOf(await readEverything(spool))).toEqual(acknowledged);
    let position = spool.positionOf("test");
    while (spool.bytesAfter(position) > 0) position = (await spool.read(position, 100_000)).next;
    await spool.acknowledge("test", position);
    await append(spool, "room again");
    await close();
    const again = await openTestSpool(spoolFolder);
    expect(textsOf(await readEverything(again.spool)).at(-1)).toBe("room again");
  },
);
