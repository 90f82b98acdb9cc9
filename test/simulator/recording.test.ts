import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { parseRunOptions } from "../../cli/simulate-options.ts";
import { systemClock } from "../../core/clock.ts";
import { OperatorError } from "../../core/errors.ts";
import { isRecord } from "../../core/json.ts";
import { Lifetime } from "../../core/lifetime.ts";
import { openReplay } from "../../simulator/recording/replay.ts";
import { simulate } from "../../simulator/run/simulate.ts";
import { temporaryFolder } from "../collector/fixtures/temporary-folder.ts";

let folder: string;
beforeEach(() => {
  folder = temporaryFolder();
});

const CHURN = ["boots=200", "migrations=200", "agent_restarts=100", "link_flaps=50"];

async function run(flags: Parameters<typeof parseRunOptions>[0]): Promise<readonly string[]> {
  const printed: string[] = [];
  const print = (line: string) => void printed.push(line);
  const deps = { clock: systemClock, random: Math.random, processId: "test", print, progress: () => {} };
  await simulate(parseRunOptions({ offline: true, ...flags }, {}), deps, new Lifetime());
  return printed;
}

test("a run that was recorded is replayed in the very same words, and a replay can be recorded", async () => {
  const [first, second] = [join(folder, "first"), join(folder, "second")];
  const cloud = { hosts: "40", seed: "11", duration: "3m", rate: CHURN, scenario: ["host-power-loss@10s"] };
  await run({ ...cloud, record: first });
  await run({ replay: first, record: second });
  const recorded = readFileSync(first, "utf8");
  expect(recorded.split("\n").length).toBeGreaterThan(150);
  for (const kind of ["vm-started", "vm-migrated-in", "bgp-session-down", "link-down", "agent-started"]) {
    expect(recorded).toContain(`"kind":"${kind}"`);
  }
  expect(readFileSync(second, "utf8") === recorded).toBe(true);
  expect((await run({ replay: first })).join("\n") === recorded.trimEnd()).toBe(true);
});

test("a replay knows the whole state of a host at any moment", async () => {
  const file = join(folder, "run");
  await run({ hosts: "30", duration: "2m", rate: ["boots=500"], "metrics-interval": "off", record: file });
  const { utterances } = await openReplay(file);
  const states = new Map<string, () => readonly { readonly id: string }[]>();
  let booted = 0;
  for await (const utterance of utterances) {
    if (utterance.kind === "appears") states.set(utterance.host, utterance.elements);
    if (utterance.kind !== "changes") continue;
    const ids = new Set(
      states
        .get(utterance.host)?.()
        .map(({ id }) => id),
    );
    for (const { id, before, after } of utterance.changes) {
      expect(ids.has(id)).toBe(after !== undefined);
      if (before === undefined && after?.kind === "domain") booted++;
    }
  }
  expect(booted).toBeGreaterThan(5);
});

test("the truth is a file a machine can read, with times within the run", async () => {
  const truth = join(folder, "truth.json");
  await run({ hosts: "40", duration: "2m", scenario: ["two-faults@30s"], begin: "1767225600000", truth });
  const parsed: unknown = JSON.parse(readFileSync(truth, "utf8"));
  const faults = isRecord(parsed) && Array.isArray(parsed.faults) ? parsed.faults : [];
  expect(faults.map(({ kind, begins_at }) => [kind, begins_at])).toEqual([
    ["host-power-loss", 1767225630000],
    ["conntrack-full", 1767225650000],
  ]);
});

test.each([
  ["is not there", undefined],
  ["is something else", "hello\n"],
  ["is of another format", '{"kind":"begin","format":99,"seed":1,"began_at":1}\n'],
])("a recording that %s is refused", async (_what, text) => {
  const file = join(folder, "bad");
  if (text !== undefined) writeFileSync(file, text);
  await expect(run({ replay: file })).rejects.toThrow(OperatorError);
});

test("a line that was cut off is named by its number", async () => {
  const file = join(folder, "cut");
  await run({ hosts: "10", duration: "10s", record: file });
  const lines = readFileSync(file, "utf8").split("\n").length - 1;
  appendFileSync(file, '{"kind":"changes","at_ms":');
  await expect(run({ replay: file })).rejects.toThrow(`line ${lines + 1}`);
});

test.each([
  [{ hosts: "many" }, /--hosts many/],
  [{ rate: ["births=3"] }, /births=3/],
  [{ scenario: ["rack-loss@soon"] }, /rack-loss@soon/],
  [{ scenario: ["meteor"] }, /meteor/],
  [{ "metrics-interval": "often" }, /--metrics-interval often/],
  [{ metrics: "many" }, /--metrics many/],
  [{ begin: "yesterday" }, /--begin yesterday/],
  [{ speed: "0" }, /--speed 0/],
  [{ hosts: "2" }, /no such cloud/],
  [{ record: "/nowhere/at/all" }, /nowhere/],
])("wrong arguments %j are refused by name", async (flags, message) => {
  await expect(run(flags)).rejects.toThrow(message);
});
