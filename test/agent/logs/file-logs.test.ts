import { appendFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { FileLogs, parseFileLogsState } from "../../../agent/logs/file-logs.ts";
import { systemClock } from "../../../core/clock.ts";
import { eventually } from "../../fixtures/eventually.ts";

let folder: string;
const path = (name: string) => join(folder, name);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "nephoscope-files-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const logsWith = (saved: unknown) => new FileLogs([{ glob: path("*.log"), family: "oslo" }], parseFileLogsState(saved));

async function linesOf(logs: FileLogs): Promise<readonly string[]> {
  logs.look(systemClock.now());
  let text = "";
  for (const { file } of logs.followed) await file.read(1_000_000, (part) => (text += part));
  return text.split("\n").slice(0, -1);
}

test("on the very first start only what comes is read; a file that is made later is read whole", async () => {
  writeFileSync(path("old.log"), "old\n");
  const logs = logsWith(undefined);
  expect(await linesOf(logs)).toEqual([]);
  appendFileSync(path("old.log"), "new\n");
  writeFileSync(path("made.log"), "first\n");
  expect([...(await linesOf(logs))].sort()).toEqual(["first", "new"]);
  logs.close();
});

test("a file that was made while the agent was away is read whole; one that was there and was not read is not", async () => {
  writeFileSync(path("never-read.txt"), "ancient\n");
  const before = logsWith(undefined);
  expect(await linesOf(before)).toEqual([]);
  const saved = JSON.parse(JSON.stringify(before.state()));
  before.close();
  // So that it is surely older than what was looked at last.
  await eventually(() => systemClock.now() > saved.at + 100);
  renameSync(path("never-read.txt"), path("moved-here.log"));
  writeFileSync(path("born.log"), "born\n");
  saved.at += 60;
  const after = logsWith(saved);
  expect(await linesOf(after)).toEqual(["born"]);
  after.close();
});

test("the state is the same object while nothing happens, so that nothing is written", async () => {
  writeFileSync(path("a.log"), "");
  const logs = logsWith(undefined);
  await linesOf(logs);
  const first = logs.state();
  await linesOf(logs);
  expect(logs.state()).toBe(first);
  appendFileSync(path("a.log"), "line\n");
  await linesOf(logs);
  expect(logs.state()).not.toBe(first);
  logs.close();
});

test.each([[undefined], [{}], [{ at: 1, files: { "/a": [{ inode: 1 }] } }], [{ at: "1", files: {} }]])(
  "%j is no saved state",
  (value) => {
    expect(parseFileLogsState(value)).toBeUndefined();
  },
);

test("of more machines than are followed the latest are, also those that come later", () => {
  const nameOf = (n: number) => `instance-${String(n).padStart(8, "0")}.log`;
  for (let n = 0; n < 520; n++) writeFileSync(path(nameOf(n)), "");
  const logs = logsWith(undefined);
  logs.look(systemClock.now());
  for (let n = 520; n < 900; n++) writeFileSync(path(nameOf(n)), "");
  logs.look(systemClock.now());
  const followed = logs.followed.map(({ file }) => file.path).sort();
  expect([followed.length, followed[0], followed.at(-1)]).toEqual([500, path(nameOf(400)), path(nameOf(899))]);
  logs.close();
});
