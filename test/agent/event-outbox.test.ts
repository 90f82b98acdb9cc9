import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createEventOutbox, type EventOutbox } from "../../agent/events/event-outbox.ts";
import { parseEventBatch } from "../../collector/agents/parse-events.ts";
import { epochMsOf } from "../../core/clock.ts";
import { elementIdOf, hostId } from "../../core/element-id.ts";
import type { HostEvent } from "../../core/host-event.ts";
import { silentLog } from "../../core/log.ts";
import { cataloguedWords, wordsOf } from "./catalogue-agreement.ts";
import { recordedLog } from "./recorded-log.ts";

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "nephoscope-events-"));
  file = join(folder, "state/events.journal");
});
afterEach(() => rmSync(folder, { recursive: true }));

const eventOf = (n: number): HostEvent => ({
  at: epochMsOf(n),
  kind: "log-match",
  element: hostId("h"),
  severity: "info",
  text: `event ${n} 事件`,
  attributes: {},
});
const waitingIn = (outbox: Pick<EventOutbox, "peek">) => outbox.peek(9_999).map(({ at }) => Number(at));

test("events that were not acknowledged are there again after the agent was killed, under their numbers", async () => {
  const before = createEventOutbox(silentLog, file);
  for (const n of [1, 2, 3, 4]) before.add(eventOf(n));
  const [, , third, fourth] = before.peek(9);
  before.taken(before.peek(2));
  await before.written;
  const after = createEventOutbox(silentLog, file);
  expect(after.peek(9)).toEqual([third, fourth]);
  expect(third).toMatchObject({ text: eventOf(3).text, id: expect.stringMatching(/^[\w-]{36}-3$/) });
  after.add(eventOf(5));
  after.taken(after.peek(3));
  expect(after.peek(1)).toEqual([]);
});

test("an agent that ends leaves what it has not written yet", () => {
  const before = createEventOutbox(silentLog, file);
  mkdirSync(dirname(file));
  before.add(eventOf(1));
  before.end();
  expect(waitingIn(createEventOutbox(silentLog, file))).toEqual([1]);
});

test("a journal that is torn at its end is set aside, and what comes before is there", async () => {
  const before = createEventOutbox(silentLog, file);
  for (const n of [1, 2, 3]) before.add(eventOf(n));
  await before.written;
  truncateSync(file, readFileSync(file).length - 7);
  const { log, entries } = recordedLog();
  const after = createEventOutbox(log, file);
  expect(waitingIn(after)).toEqual([1, 2]);
  after.add(eventOf(4));
  await after.written;
  expect(entries.map(({ event }) => event)).toContain("events on disk are damaged at the end, set aside");
  expect(readdirSync(dirname(file)).sort()).toEqual(["events.journal", "events.journal.damaged"]);
  expect(waitingIn(createEventOutbox(silentLog, file))).toEqual([1, 2, 4]);
});

test("the file does not grow with what is past", async () => {
  const outbox = createEventOutbox(silentLog, file);
  for (let n = 1; n <= 3_000; n++) {
    outbox.add(eventOf(n));
    if (n > 5) outbox.taken(outbox.peek(1));
    if (n % 100 === 0) await outbox.written;
  }
  await outbox.written;
  expect(readFileSync(file, "utf8").split("\n").length).toBeLessThan(2_100);
  expect(waitingIn(createEventOutbox(silentLog, file))).toEqual([2996, 2997, 2998, 2999, 3000]);
});

test("where nothing can be written, events wait in memory, which is said once; the oldest of too many go", async () => {
  mkdirSync(file, { recursive: true });
  const { log, entries } = recordedLog();
  const outbox = createEventOutbox(log, file);
  for (let n = 1; n <= 2_003; n++) outbox.add(eventOf(n));
  await outbox.written;
  expect([waitingIn(outbox)[0], outbox.dropped]).toEqual([4, 3]);
  expect(entries.filter(({ event }) => event.startsWith("events cannot be kept on disk"))).toHaveLength(1);
});

const step = fc.oneof(
  fc.record({ kind: fc.constant("add" as const) }),
  fc.record({ kind: fc.constant("taken" as const), count: fc.integer({ min: 1, max: 3 }) }),
  fc.record({ kind: fc.constant("cut" as const), bytes: fc.nat(60) }),
  fc.record({ kind: fc.constant("kill" as const) }),
);

test("cut anywhere at the end, the journal gives a state that was: no gap, nothing twice, nothing that was taken before the cut", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      rmSync(dirname(file), { recursive: true, force: true });
      let outbox = createEventOutbox(silentLog, file);
      let number = 0;
      for (const it of steps) {
        if (it.kind === "add") outbox.add(eventOf(++number));
        else if (it.kind === "taken") outbox.taken(outbox.peek(it.count));
        else {
          await outbox.written;
          const before = waitingIn(outbox);
          const text = readFileSync(file);
          if (it.kind === "cut") truncateSync(file, Math.max(0, text.length - it.bytes));
          outbox = createEventOutbox(silentLog, file);
          await outbox.written;
          const after = waitingIn(outbox);
          if (it.kind === "kill") expect(after).toEqual(before);
          expect(after).toEqual(after.toSorted((a, b) => a - b));
          expect(new Set(after).size).toBe(after.length);
          expect(after.at(-1) ?? 0).toBeLessThanOrEqual(before.at(-1) ?? number);
        }
      }
      await outbox.written;
    }),
    { numRuns: 100 },
  );
});

test("an event that comes while the file is written anew is on disk, too", async () => {
  const outbox = createEventOutbox(silentLog, file);
  await new Promise(setImmediate);
  outbox.add(eventOf(1));
  await outbox.written;
  expect(waitingIn(createEventOutbox(silentLog, file))).toEqual([1]);
});

test("what is told after some have been dropped takes nothing else along", () => {
  const outbox = createEventOutbox(silentLog);
  for (let n = 1; n <= 2_000; n++) outbox.add(eventOf(n));
  const told = outbox.peek(3);
  outbox.add(eventOf(2_001));
  outbox.taken(told);
  expect(waitingIn(outbox)[0]).toBe(4);
});

test("a happening with a key of its own has it as its id, whoever reports it again", () => {
  const outbox = createEventOutbox(silentLog);
  outbox.add({ ...eventOf(1), key: "boot-77" });
  const [told] = outbox.peek(1);
  expect(told).toMatchObject({ id: "boot-77", text: eventOf(1).text });
  expect(told).not.toHaveProperty("key");
});

test("what no log could show is replaced, and what is too long is cut, so that the collector takes it", () => {
  const outbox = createEventOutbox(silentLog);
  outbox.add({ ...eventOf(1), text: `tab\there\ud800 ${"x".repeat(600)}` });
  const [told] = outbox.peek(1);
  expect(told?.text).toHaveLength(500);
  expect(told?.text.startsWith("tab\ufffdhere\ufffd")).toBe(true);
});

test("kinds a rule may count have their series before the first event, and go up with each", () => {
  const outbox = createEventOutbox(silentLog);
  const counts = () => new Map(outbox.points().map(({ tags, fields }) => [tags.kind, fields.count]));
  expect([counts().get("oom-kill"), counts().get("log-match")]).toEqual([{ int: 0 }, { int: 0 }]);
  outbox.add(eventOf(1));
  expect([counts().get("oom-kill"), counts().get("log-match")]).toEqual([{ int: 0 }, { int: 1 }]);
  expect(wordsOf(outbox.points().map((point) => ({ ...point, at: epochMsOf(1) })))).toEqual(cataloguedWords(["event"]));
});

test("an event that the collector would refuse does not take others with it", () => {
  const outbox = createEventOutbox(silentLog);
  const element = elementIdOf("host", "h", "process", "x".repeat(600));
  const attributes = { before: '"'.repeat(1_023), after: '"'.repeat(1_023), memory_group: "/x".repeat(2_000) };
  outbox.add({ ...eventOf(1), element, attributes });
  const at = epochMsOf(1);
  expect(parseEventBatch({ batch: 1, at, clock_offset_ms: 0, events: outbox.peek(9) })).toMatchObject({ kind: "ok" });
  expect(outbox.peek(9)[0]?.element).toBe("host/h");
});

test("a password in what happened is not told", () => {
  const outbox = createEventOutbox(silentLog);
  outbox.add({ ...eventOf(1), text: "rabbit://nova:s3cr3t@10.0.0.1", attributes: { reason: "password=s3cr3t" } });
  expect(JSON.stringify(outbox.peek(9))).not.toContain("s3cr3t");
});

test("a guest that panics in a loop does not push out what else happened", () => {
  let nowMs = 0;
  const outbox = createEventOutbox(silentLog, undefined, () => nowMs);
  const crash: HostEvent = { ...eventOf(1), kind: "vm-crashed", element: elementIdOf("host", "h", "domain", "a") };
  for (let n = 0; n < 3_000; n++) outbox.add(crash);
  outbox.add({ ...crash, element: elementIdOf("host", "h", "domain", "b") });
  expect([outbox.peek(9_999).length, outbox.dropped]).toEqual([31, 0]);
  const count = outbox.points().find(({ tags }) => tags.kind === "vm-crashed");
  expect(count?.fields.count).toEqual({ int: 3_001 });
  nowMs = 60_000;
  outbox.add(crash);
  expect(outbox.peek(9_999).at(-1)?.attributes).toEqual({ more_events: 2_970 });
});
