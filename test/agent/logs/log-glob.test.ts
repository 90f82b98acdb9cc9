import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { filesOf } from "../../../agent/logs/log-glob.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "nephoscope-glob-"));
  for (const name of [
    "nova/nova-api.log",
    "nova/nova-api.log.1",
    "nova/nova-api.log.2.gz",
    "nova/nova-api.log-20261130",
    "nova/notes.txt",
    "kolla/nova/nova-compute.log",
    "kolla/deep/er/x.log",
    "messages",
    "messages-20261130",
  ]) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), "");
  }
  symlinkSync("..", join(folder, "kolla/up"));
  execFileSync("mkfifo", [join(folder, "nova/pipe.log")]);
  symlinkSync("nova-api.log", join(folder, "nova/link.log"));
});
afterEach(() => rmSync(folder, { recursive: true }));

test.each([
  ["nova/*.log", ["nova/link.log", "nova/nova-api.log"]],
  ["nova/*", ["nova/link.log", "nova/notes.txt", "nova/nova-api.log"]],
  ["kolla/*/*.log", ["kolla/nova/nova-compute.log"]],
  ["kolla/**/*.log", ["kolla/deep/er/x.log", "kolla/nova/nova-compute.log"]],
  ["kolla/**", ["kolla/deep/er/x.log", "kolla/nova/nova-compute.log"]],
  ["messages", ["messages"]],
  ["messages*", ["messages"]],
  ["nova/nova-api.log.1", ["nova/nova-api.log.1"]],
  ["absent/*.log", []],
])("%s: what was rotated away and what is no file is left out", (pattern, names) => {
  expect(filesOf(join(folder, pattern))).toEqual(names.map((name) => join(folder, name)));
});
