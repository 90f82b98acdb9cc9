import { appendFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { decodeBatch } from "../../../agent/delivery/batch.ts";
import { readJournal } from "../../../agent/events/event-journal.ts";
import { claimStateFolder } from "../../../agent/state-folder.ts";
import { Lifetime } from "../../../core/lifetime.ts";
import { type FakeCollector, startFakeCollector } from "../../agent/fake-collector.ts";
import { recordedLog } from "../../agent/recorded-log.ts";
import { eventually } from "../../fixtures/eventually.ts";
import { background } from "../fixtures/command.ts";

let lifetime: Lifetime;
let folder: string;

beforeEach(() => {
  lifetime = new Lifetime();
  folder = mkdtempSync(join(tmpdir(), "nephoscope-killed-"));
  lifetime.defer("folder", () => rmSync(folder, { recursive: true }));
});
afterEach(() => lifetime.end());

const stateFolder = () => join(folder, "state");
const batches = () => join(stateFolder(), "batches");

function startProcess(collectorUrl: string, options: object = {}) {
  const script = join(import.meta.dirname, "../fixtures/agent-process.ts");
  const all = JSON.stringify({ intervalMs: 100, stateFolder: stateFolder(), ...options });
  const agent = background(process.execPath, [script, collectorUrl, all]);
  lifetime.defer("agent", agent.stop);
  return agent;
}

/** Waits until so many batches are on disk. */
const onDisk = (count: number) =>
  eventually(() => existsSync(batches()) && readdirSync(batches()).length >= count, {
    what: `${count} batches on disk`,
  });

/** A file may be gone between the listing and the reading. */
const batchesOnDisk = () =>
  (existsSync(batches()) ? readdirSync(batches()) : [])
    .filter((name) => name.endsWith(".batch"))
    .sort()
    .flatMap((name) => {
      const path = join(batches(), name);
      const batch = existsSync(path) ? decodeBatch(readFileSync(path)) : undefined;
      return batch ?? [];
    });

const arrived = (collector: FakeCollector) =>
  collector.writes.map(({ headers }) => `${headers["nephoscope-agent"]}/${headers["nephoscope-sequence"]}`);

/** An address where a collector may come to be. */
async function awayCollector() {
  const collector = await startFakeCollector(lifetime);
  await collector.stop();
  return { url: collector.url, start: () => startFakeCollector(lifetime, Number(new URL(collector.url).port)) };
}

test("an agent that was killed while the collector was away: all that was on disk arrives once, before what the next one samples", async () => {
  const away = await awayCollector();
  const first = startProcess(away.url);
  await onDisk(15);
  await first.stop();
  const left = batchesOnDisk().map(({ agent, sequence }) => `${agent}/${sequence}`);
  expect(left.map((it) => Number(it.split("/")[1]))).toEqual(left.map((_, index) => index + 1));
  const second = startProcess(away.url);
  await onDisk(left.length + 5);
  const collector = await away.start();
  await eventually(() => arrived(collector).length > left.length + 5, { what: "what was left and more" });
  const all = arrived(collector);
  expect(all.slice(0, left.length)).toEqual(left);
  expect(new Set(all).size).toBe(all.length);
  await eventually(() => readdirSync(batches()).length <= 1, { what: "an empty folder" });
  await second.stop();
});

test("of a full buffer the oldest go and are counted, and the rest survives", async () => {
  const away = await awayCollector();
  const bufferBytes = 30_000;
  const first = startProcess(away.url, { bufferBytes });
  await eventually(() => batchesOnDisk().some(({ sequence }) => sequence > 15), {
    what: "more than there is room for",
  });
  await first.stop();
  const left = batchesOnDisk();
  // The first is held to be sent, and does not give way.
  expect(left.slice(0, 2).map(({ sequence }) => sequence)).not.toContain(2);
  startProcess(away.url, { bufferBytes });
  const collector = await away.start();
  const last = left.at(-1);
  await eventually(() => arrived(collector).includes(`${last?.agent}/${last?.sequence}`), {
    what: "all that was left",
  });
  const bytes = left.reduce((sum, { body }) => sum + body.length, 0);
  // The one that is being sent, and those that give way while others are written, do not count.
  expect(bytes).toBeLessThan(bufferBytes * 2);
  const isCounted = (line: string) => /^agent,.*dropped_lines=[1-9]/.test(line);
  await eventually(() => collector.writes.some(({ lines }) => lines.some(isCounted)), {
    what: "the count of those that went",
  });
});

test("a batch that the collector may have taken comes again under its number, and is the same", async () => {
  const collector = await startFakeCollector(lifetime);
  for (let n = 0; n < 50; n++) collector.writeReplies.push({ status: 503 });
  const first = startProcess(collector.url);
  await eventually(() => collector.writes.length > 0, { what: "a first attempt" });
  await onDisk(2);
  await first.stop();
  const [sent] = collector.writes;
  collector.writeReplies.length = 0;
  const before = collector.writes.length;
  startProcess(collector.url);
  await eventually(() => collector.writes.length > before, { what: "another attempt" });
  const again = collector.writes[before];
  expect(again?.headers["nephoscope-agent"]).toBe(sent?.headers["nephoscope-agent"]);
  expect(again?.headers["nephoscope-sequence"]).toBe("1");
  expect(again?.lines).toEqual(sent?.lines);
});

test("an agent that ends in order leaves nothing in memory", async () => {
  const away = await awayCollector();
  const agent = startProcess(away.url);
  await onDisk(5);
  process.kill(agent.pid, "SIGTERM");
  await agent.ended;
  const numbers = batchesOnDisk().map(({ sequence }) => sequence);
  // Two seconds' worth of samples had not been on disk before.
  expect(numbers.length).toBeGreaterThan(5);
  expect(numbers).toEqual(numbers.map((_, index) => index + 1));
});

test("an event that no collector has taken is there after the agent was killed, once", async () => {
  const log = join(folder, "nova-compute.log");
  writeFileSync(log, "");
  const logs = { files: [{ glob: log, family: "oslo" }], patterns: [] };
  const away = await awayCollector();
  const journal = join(stateFolder(), "events.journal");
  const events = () => readJournal(existsSync(journal) ? readFileSync(journal, "utf8") : "")?.state.waiting ?? [];
  const matches = () => events().filter(({ event }) => event.kind === "log-match");
  const first = startProcess(away.url, { logs });
  const placed = () => existsSync(join(stateFolder(), "log-files.json"));
  await eventually(placed, { what: "a saved place" });
  appendFileSync(log, "2026-11-30 23:01:35.123 12 ERROR nova.compute.manager [-] before\n");
  await eventually(() => matches().length === 1, { what: "the event on disk" });
  const saved = readFileSync(join(stateFolder(), "log-files.json"), "utf8");
  await eventually(
    () => placed() && /"offset":[1-9]/.test(saved + readFileSync(join(stateFolder(), "log-files.json"), "utf8")),
    { what: "the place behind it" },
  );
  await first.stop();
  startProcess(away.url, { logs });
  appendFileSync(log, "2026-11-30 23:01:36.123 12 ERROR nova.compute.manager [-] after\n");
  await eventually(() => matches().length > 1, { what: "the second event" });
  expect(matches().map(({ event }) => event.text.split(" ").at(-1))).toEqual(["before", "after"]);
});

test("a state folder belongs to one agent; whoever comes second goes on without one, and says so", async () => {
  const { log, entries } = recordedLog();
  const other = new Lifetime();
  expect(await claimStateFolder(stateFolder(), log, lifetime)).toBe(stateFolder());
  expect(await claimStateFolder(stateFolder(), log, other)).toBeUndefined();
  expect(entries.map(({ event }) => event)).toEqual(["another agent uses the state folder, nothing outlives this one"]);
  await other.end();
});
