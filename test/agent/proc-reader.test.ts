import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "nephoscope-proc-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

test("a named pipe that a process gave as its configuration does not hold the agent for ever", () => {
  const pipe = join(folder, "pipe");
  spawnSync("mkfifo", [pipe]);
  const reader = new URL("../../agent/proc-reader.ts", import.meta.url).href;
  const script = `import { createProcReader } from ${JSON.stringify(reader)};
    console.log(JSON.stringify(createProcReader().text(${JSON.stringify(pipe)})));`;
  const asked = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
    timeout: 10_000,
    encoding: "utf8",
  });
  expect(asked.stdout).toBe('""\n');
});
