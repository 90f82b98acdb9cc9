import { expect, test } from "vitest";
import { createEventOutbox } from "../../agent/events/event-outbox.ts";
import { epochMsOf } from "../../core/clock.ts";
import { hostId } from "../../core/element-id.ts";
import type { HostEvent } from "../../core/host-event.ts";
import { silentLog } from "../../core/log.ts";
import { cataloguedWords, wordsOf } from "./catalogue-agreement.ts";
import { recordedLog } from "./recorded-log.ts";

const random = (bytes: Uint8Array<ArrayBuffer>) => void crypto.getRandomValues(bytes);
const event = (text: string, at = 1): HostEvent => ({
  at: epochMsOf(at),
  kind: "log-match",
  element: hostId("h"),
  severity: "warning",
  text,
  attributes: { pattern: "p" },
});

test("events wait in order, each with an id of its own, until those that were told are taken", () => {
  const outbox = createEventOutbox(silentLog, random);
  for (const text of ["a", "b", "c"]) outbox.add(event(text));
  const told = outbox.peek(2);
  expect(told.map(({ text }) => text)).toEqual(["a", "b"]);
  expect(new Set(outbox.peek(9).map(({ id }) => id)).size).toBe(3);
  outbox.taken(told);
  expect(outbox.peek(9).map(({ text }) => text)).toEqual(["c"]);
});

test("at the bound the oldest go, are counted and said once; what was told meanwhile takes nothing else along", () => {
  const { log, entries } = recordedLog();
  const outbox = createEventOutbox(log, random);
  for (let n = 0; n < 2_000; n++) outbox.add(event(String(n)));
  const told = outbox.peek(3);
  outbox.add(event("2000"));
  outbox.add(event("2001"));
  outbox.taken(told);
  expect([outbox.dropped, outbox.peek(1)[0]?.text]).toEqual([2, "3"]);
  expect(entries).toHaveLength(1);
});

test("what no log could show is replaced, and what is too long is cut, so that the collector takes it", () => {
  const outbox = createEventOutbox(silentLog, random);
  outbox.add(event(`tab\there\ud800 ${"x".repeat(600)}`));
  const [told] = outbox.peek(1);
  expect(told?.text).toHaveLength(500);
  expect(told?.text.startsWith("tab\ufffdhere\ufffd")).toBe(true);
});

test("kinds a rule may count have their series before the first event, and go up with each", () => {
  const outbox = createEventOutbox(silentLog, random);
  const counts = () => new Map(outbox.points().map(({ tags, fields }) => [tags.kind, fields.count]));
  expect([counts().get("oom-kill"), counts().get("log-match")]).toEqual([{ int: 0 }, { int: 0 }]);
  outbox.add(event("a"));
  expect([counts().get("oom-kill"), counts().get("log-match")]).toEqual([{ int: 0 }, { int: 1 }]);
  expect(wordsOf(outbox.points().map((point) => ({ ...point, at: epochMsOf(1) })))).toEqual(cataloguedWords(["event"]));
});
