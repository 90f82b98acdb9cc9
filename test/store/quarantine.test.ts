import { mkdirSync, readFileSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { silentLog } from "../../core/log.ts";
import { createQuarantine } from "../../store/line-writing/quarantine.ts";
import { temporaryFolder } from "../collector/fixtures/temporary-folder.ts";

test("lines that cannot be written are counted as not kept, and later ones are kept again", async () => {
  const folder = temporaryFolder();
  const file = join(folder, "influxdb-rejected.lp");
  mkdirSync(file);
  const quarantine = createQuarantine({ folder, store: "influxdb", maxBytes: 1e6 }, silentLog);
  await quarantine.add(["a v=1", "b v=1"], "bad");
  expect(quarantine.counts).toEqual({ lines: 2, notKept: 2 });
  rmdirSync(file);
  await quarantine.add(["c v=1"], "bad");
  expect(quarantine.counts).toEqual({ lines: 3, notKept: 2 });
  expect(readFileSync(file, "utf8")).toBe("# bad\nc v=1\n");
});
