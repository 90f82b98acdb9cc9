import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "../fixtures/eventually.ts";
import { type Law, violationsOf } from "./fixtures/durability-laws.ts";
import { temporaryFolder } from "./fixtures/nephoscope.ts";
import { parseTrace, type SystemCall, TRACE_FLAGS } from "./fixtures/system-calls.ts";

const COLLECTOR = new URL("fixtures/metrics-path-process.ts", import.meta.url).pathname;
const WITHIN_MS = 60_000;
const SPOOL_BYTES = 2_000_000;
const BODIES = 40;
const LINES_PER_BODY = 2_000;

/** The calls of one that begins with no folder, and of the next, which finds what the first has left. */
let runs: readonly (readonly SystemCall[])[];
const folder = temporaryFolder();

beforeAll(async () => {
  runs = [await tracedCollector(), await tracedCollector()];
});
afterAll(() => folder.remove());

/** The system calls of a real collector that takes one body after the other, more than its spool may hold, and is stopped. */
async function tracedCollector(): Promise<readonly SystemCall[]> {
  const output = join(folder.path, "trace");
  const collector = [COLLECTOR, join(folder.path, "new/data"), "", String(SPOOL_BYTES)];
  const args = [...TRACE_FLAGS, "-o", output, process.execPath, ...collector];
  const child = spawn("strace", args, { stdio: ["ignore", "pipe", "inherit"] });
  // The collector itself and, behind it, strace, which holds the same pipe.
  const ended = once(child, "close");
  try {
    const [line] = await once(child.stdout, "data");
    for (let body = 0; body < BODIES; body++) await writeBody(String(line).trim(), body);
  } finally {
    child.kill("SIGTERM");
    await ended;
  }
  return parseTrace(readFileSync(output, "utf8"));
}

async function writeBody(url: string, body: number): Promise<void> {
  const now = Date.now();
  const lines = Array.from({ length: LINES_PER_BODY }, (_, n) => `traced,n=${n} v=${Math.random()} ${now + body}`);
  const post = () => fetch(`${url}/write?precision=ms`, { method: "POST", body: lines.join("\n") });
  await eventually(async () => (await post()).status === 204, { withinMs: WITHIN_MS, what: "a body to be taken" });
}

test.each([0, 1])("the trace of run %d has what the laws are about", (run) => {
  const countOf = (name: string, path: RegExp, inArguments = "") =>
    (runs[run] ?? []).filter(
      (call) => call.name === name && path.test(call.path) && call.argumentsText.includes(inArguments),
    ).length;
  expect(countOf("write", /socket/, "HTTP/1.1 204") + countOf("writev", /socket/, "HTTP/1.1 204")).toBe(BODIES);
  expect(countOf("openat", /segment-\d+\.spool$/, "O_CREAT")).toBeGreaterThan(10);
  expect(countOf("unlink", /segment-\d+\.spool$/)).toBeGreaterThan(5);
  expect(countOf("rename", /position-head\.json\.tmp$/)).toBeGreaterThan(5);
});

test.each([0, 1])(
  "everything an acknowledgement stands on is synced before the next step, in the order that a power loss asks for: run %d",
  (run) => {
    const violations = violationsOf(runs[run] ?? [], ["head"]);
    expect(violations.map(({ law, call }) => `${law}: ${call.name} ${call.path}`)).toEqual([]);
  },
);

const isSync = ({ name }: SystemCall): boolean => name === "fsync" || name === "fdatasync";

/** Each sync there is, and the law that is broken without it: none is there for nothing, and the laws notice. */
test.each<[string, RegExp, Law, number]>([
  ["of what was written to a segment", /\.spool$/, 1, 0],
  ["of a new segment's folder", /\/spool$/, 2, 0],
  ["of the folder the spool's folder was made in", /\/data$/, 2, 0],
  ["of the folder the data folder was made in", /\/new$/, 2, 0],
  ["of a position before it replaces the last", /\.json\.tmp$/, 3, 0],
  ["of the head's log", /\.duckdb\.wal$/, 4, 0],
  ["of the folder a position was renamed in", /\/spool$/, 5, 0],
  ["of the folder with the head's log", /\/data$/, 5, 1],
])("without the sync %s a law is broken", (_name, path, law, run) => {
  const calls = runs[run] ?? [];
  const without = calls.filter((call) => !(isSync(call) && path.test(call.path)));
  expect(without.length).toBeLessThan(calls.length);
  expect(new Set(violationsOf(without, ["head"]).map((violation) => violation.law))).toContain(law);
});
