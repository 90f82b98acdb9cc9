import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openRotatingFile, type RotatingFile } from "../../../cli/streams/rotating-file.ts";
import { Lifetime } from "../../../core/lifetime.ts";
import { eventually } from "../../fixtures/eventually.ts";
import { temporaryFolder } from "../../integration/fixtures/nephoscope.ts";

let folder: ReturnType<typeof temporaryFolder>;
let lifetime: Lifetime;
let trouble: string[];

beforeEach(() => {
  folder = temporaryFolder();
  lifetime = new Lifetime();
  trouble = [];
});
afterEach(async () => {
  await lifetime.end();
  folder.remove();
});

const path = () => join(folder.path, "logs", "t.ndjson");
const read = (name = "t.ndjson") => readFileSync(join(folder.path, "logs", name), "utf8");
const open = (options: object = {}): RotatingFile =>
  openRotatingFile(
    { path: path(), maxBytes: 1_000, maxFiles: 3, flushMs: 1, onTrouble: (reason) => trouble.push(reason), ...options },
    lifetime,
  );
const written = (file: RotatingFile, lines: number) =>
  eventually(() => file.writtenLines === lines, { what: `${lines} lines written` });

test("lines come in order, and all of them are there when the lifetime has ended", async () => {
  const file = open({ flushMs: 60_000, maxBytes: 1_000_000 });
  for (let n = 0; n < 1_000; n++) file.write(`line ${n}`);
  await lifetime.end();
  expect(read().trimEnd().split("\n")).toEqual(Array.from({ length: 1_000 }, (_, n) => `line ${n}`));
  expect([file.writtenLines, file.droppedLines]).toEqual([1_000, 0]);
});

test("a long file is set aside, and the oldest is removed when there are enough", async () => {
  const file = open();
  const line = "x".repeat(600);
  for (let n = 0; n < 12; n++) {
    file.write(`${n} ${line}`);
    await written(file, n + 1);
  }
  expect(readdirSync(join(folder.path, "logs")).sort()).toEqual(["t.1.ndjson", "t.2.ndjson", "t.ndjson"]);
  const firsts = ["t.2.ndjson", "t.1.ndjson", "t.ndjson"].flatMap((name) =>
    read(name)
      .trimEnd()
      .split("\n")
      .map((each) => Number.parseInt(each, 10)),
  );
  // The newest, without a gap.
  expect(firsts).toEqual(Array.from({ length: firsts.length }, (_, n) => 12 - firsts.length + n));
  expect(firsts.length).toBeGreaterThanOrEqual(4);
});

test("what was written before is gone on with, and a line that was torn by a kill keeps to itself", async () => {
  mkdirSync(join(folder.path, "logs"));
  appendFileSync(path(), 'whole\n{"torn":');
  const file = open();
  file.write("next");
  await written(file, 1);
  expect(read()).toBe('whole\n{"torn":\nnext\n');
});

test("what a full disk does not take is dropped and counted, said once, and it goes on when there is room", async () => {
  mkdirSync(join(folder.path, "logs"));
  // A device on which every write finds no space.
  symlinkSync("/dev/full", path());
  const file = open();
  for (let n = 0; n < 3; n++) {
    file.write(`lost ${n}`);
    await eventually(() => file.droppedLines === n + 1, { what: "a dropped line" });
  }
  expect(trouble).toEqual([expect.stringContaining("ENOSPC")]);
  rmSync(path());
  writeFileSync(path(), "");
  file.write("kept");
  await written(file, 1);
  expect(read()).toBe("kept\n");
  expect(file.droppedLines).toBe(3);
});

test("more than may wait for the disk is dropped, and the bound is given back", async () => {
  const file = open({ maxWaitingBytes: 100, maxBytes: 1_000_000 });
  for (let n = 0; n < 30; n++) file.write("ten bytes!");
  expect(file.droppedLines).toBe(20);
  await written(file, 10);
  file.write("again");
  await written(file, 11);
});
