import {
  appendFileSync,
  copyFileSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import { LogFile, type LogStart, MAX_LAG_BYTES } from "../../../agent/logs/log-file.ts";

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "nephoscope-log-"));
  path = join(folder, "nova-compute.log");
});
afterEach(() => rmSync(folder, { recursive: true }));

async function linesOf(log: LogFile, maxBytes = 1_000_000): Promise<string[]> {
  let text = "";
  await log.read(maxBytes, (part) => (text += part.endsWith("\n") || part === "" ? part : `${part}\n`));
  return text.split("\n").slice(0, -1);
}
const append = (...lines: readonly string[]) => appendFileSync(path, lines.map((line) => `${line}\n`).join(""));
const rename = () => renameSync(path, `${path}.1`);
const copyTruncate = () => {
  copyFileSync(path, `${path}.1`);
  truncateSync(path);
};
const gzip = () => {
  writeFileSync(`${path}.1.gz`, gzipSync("old 1\nold 2\n"));
  unlinkSync(path);
};

test("a file that is met first is read from its end, whole lines only", async () => {
  append("old 1", "old 2");
  const log = new LogFile(path, "end");
  appendFileSync(path, "new 1\nnew ");
  expect(await linesOf(log)).toEqual(["new 1"]);
  appendFileSync(path, "2\n");
  expect(await linesOf(log)).toEqual(["new 2"]);
  expect(log.lagBytes).toBe(0);
  log.close();
});

test.each([
  ["renamed", rename],
  ["copied and cut", copyTruncate],
])("a log that is %s while it is read: what was written before and after is read once", async (_, rotate) => {
  append("old 1");
  const log = new LogFile(path, "end");
  append("before");
  rotate();
  append("after");
  expect((await linesOf(log)).toSorted()).toEqual(["after", "before"]);
  append("later");
  expect(await linesOf(log)).toEqual(["later"]);
  log.close();
});

test("a writer that has the renamed file open for a while is read to its end", async () => {
  append("old 1");
  const log = new LogFile(path, "end");
  rename();
  append("new");
  expect(await linesOf(log)).toEqual(["new"]);
  appendFileSync(`${path}.1`, "last words\nwithout an end");
  expect(await linesOf(log)).toEqual(["last words"]);
  const rest: string[] = [];
  for (let n = 0; n < 6; n++) rest.push(...(await linesOf(log)));
  expect(rest).toEqual(["without an end"]);
  expect(log.places).toHaveLength(1);
  log.close();
});

test.each([
  ["nothing happens", () => {}, ["unread", "after"]],
  ["it is renamed", rename, ["unread", "after"]],
  ["it is copied and cut", copyTruncate, ["unread", "after"]],
  ["it is compressed, with what was not read", gzip, ["after"]],
])("while the agent is away %s", async (_, rotate, expected) => {
  append("old 1", "old 2");
  const before = new LogFile(path, "end");
  append("read");
  expect(await linesOf(before)).toEqual(["read"]);
  const { places } = before;
  before.close();
  append("unread");
  rotate();
  append("after");
  const after = new LogFile(path, places);
  expect(await linesOf(after)).toEqual(expected);
  after.close();
});

test("another file under the same name that is longer is read from its beginning", async () => {
  append("old 1", "old 2");
  const log = new LogFile(path, "end");
  writeFileSync(path, "quite another 1\nquite another 2\nquite another 3\n");
  expect(await linesOf(log)).toEqual(["quite another 1", "quite another 2", "quite another 3"]);
  log.close();
});

test("a line that does not end is cut, and its rest is no line of its own", async () => {
  append();
  writeFileSync(path, "");
  const log = new LogFile(path, "beginning");
  appendFileSync(path, `${"x".repeat(300_000)}\nnext\n`);
  const lines = await linesOf(log);
  expect(lines.filter((line) => line !== "").map((line) => line.slice(0, 4))).toEqual(["xxxx", "next"]);
  log.close();
});

test("of a flood only the last part is read, and what is left out is counted", async () => {
  writeFileSync(path, "");
  const log = new LogFile(path, "beginning");
  const line = `${"y".repeat(1023)}\n`;
  const written = MAX_LAG_BYTES + 5 * 1024 * 1024;
  for (let bytes = 0; bytes < written; bytes += 1024 * 1024) appendFileSync(path, line.repeat(1024));
  const lines = await linesOf(log, 10_000_000);
  expect(lines).toHaveLength(1024);
  expect(new Set(lines)).toEqual(new Set(["y".repeat(1023)]));
  expect(log.skippedBytes + 1024 * 1024).toBe(written);
  log.close();
});

test("no more than the budget is read at once, the rest later", async () => {
  writeFileSync(path, "");
  const log = new LogFile(path, "beginning");
  for (let n = 0; n < 40; n++) append(`${n} ${"z".repeat(10_000)}`);
  const first = await linesOf(log, 1);
  expect(first.length).toBeGreaterThan(0);
  expect(first.length).toBeLessThan(20);
  const all = [...first, ...(await linesOf(log)), ...(await linesOf(log))].map((line) => Number.parseInt(line, 10));
  expect(all).toEqual(Array.from({ length: 40 }, (_, n) => n));
  log.close();
});

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("append" as const), parts: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 2, arbitrary: fc.constant({ kind: "half" as const }) },
  { weight: 4, arbitrary: fc.constant({ kind: "read" as const }) },
  { weight: 2, arbitrary: fc.constantFrom({ kind: "rename" as const }, { kind: "copytruncate" as const }) },
  { weight: 2, arbitrary: fc.constantFrom({ kind: "kill" as const }, { kind: "stop" as const }) },
  { weight: 2, arbitrary: fc.constant({ kind: "save" as const }) },
);

test("whatever is appended, rotated, saved and killed: each line is read, again only what was read since it was saved", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      for (const name of readdirSync(folder)) unlinkSync(join(folder, name));
      writeFileSync(path, "");
      let log = new LogFile(path, "beginning");
      let saved: LogStart = log.places;
      let next = 0;
      let half = "";
      let rotations = 0;
      /** Rotations since something was read: what is rotated twice in between is not looked for. */
      let unread = 0;
      const written: string[] = [];
      const read: string[] = [];
      let sinceSaved: string[] = [];
      const mayRepeat = new Set<string>();
      const readNow = async () => {
        const lines = await linesOf(log);
        read.push(...lines);
        sinceSaved.push(...lines);
        unread = 0;
      };
      const save = () => {
        saved = log.places;
        sinceSaved = [];
      };
      const write = (line: string) => {
        appendFileSync(path, `${line}\n`);
        written.push(half + line);
        half = "";
      };
      for (const it of steps) {
        if (it.kind === "append") for (let n = 0; n < it.parts; n++) write(`line ${next++} end`);
        else if (it.kind === "half" && half === "") {
          half = `half ${next++} `;
          appendFileSync(path, half);
        } else if (it.kind === "read") await readNow();
        else if (it.kind === "save") save();
        else if (it.kind === "kill" || it.kind === "stop") {
          if (it.kind === "stop") save();
          for (const line of sinceSaved) mayRepeat.add(line);
          sinceSaved = [];
          log.close();
          log = new LogFile(path, saved);
        } else if ((it.kind === "rename" || it.kind === "copytruncate") && unread === 0 && half === "") {
          // A copy can only be found by what was read of it.
          if (it.kind === "copytruncate") await readNow();
          save();
          for (let n = rotations; n > 0; n--) renameSync(`${path}.${n}`, `${path}.${n + 1}`);
          if (it.kind === "rename") {
            rename();
            writeFileSync(path, "");
          } else copyTruncate();
          rotations++;
          unread++;
        }
      }
      if (half !== "") write("end");
      for (let n = 0; n < 6; n++) await readNow();
      log.close();
      const times = new Map<string, number>();
      for (const line of read) times.set(line, (times.get(line) ?? 0) + 1);
      expect([...times.keys()].toSorted()).toEqual(written.toSorted());
      for (const [line, count] of times) if (count > 1) expect(mayRepeat).toContain(line);
    }),
    { numRuns: 150 },
  );
});
