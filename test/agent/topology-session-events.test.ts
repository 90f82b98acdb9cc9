import { afterEach, beforeEach, expect, test } from "vitest";
import { createEventOutbox, type EventOutbox } from "../../agent/events/event-outbox.ts";
import { Ledger } from "../../agent/session/ledger.ts";
import { startTopologySession } from "../../agent/session/topology-session.ts";
import { systemClock } from "../../core/clock.ts";
import type { Element } from "../../core/element.ts";
import { interfaceId } from "../../core/element-id.ts";
import { Lifetime } from "../../core/lifetime.ts";
import { eventually } from "../fixtures/eventually.ts";
import { type FakeCollector, startFakeCollector } from "./fake-collector.ts";
import { recordedLog } from "./recorded-log.ts";

let lifetime: Lifetime;
let collector: FakeCollector;

beforeEach(async () => {
  lifetime = new Lifetime();
  collector = await startFakeCollector(lifetime);
});
afterEach(() => lifetime.end());

const id = (name: string) => interfaceId("h", undefined, name);
const nic = (name: string): Element => ({ id: id(name), kind: "nic", name, cluster: "", host: "h", attributes: {} });
const now = () => systemClock.now();

function start(events: EventOutbox) {
  const { log, entries } = recordedLog();
  const ledger = new Ledger();
  const options = { collectorUrl: collector.url, token: undefined, host: "h", bootId: "b", version: "1" };
  const deps = { events, clock: systemClock, log, random: () => 0 };
  const changed = startTopologySession({ ...options, replyTimeoutMs: 1_000 }, ledger, deps, lifetime);
  const show = (...names: readonly string[]) => {
    ledger.update(names.map(nic), now(), new Map());
    changed();
  };
  return { entries, show, changed };
}
const knows = (count: number) => eventually(() => collector.elements.size === count, { what: `${count} elements` });

function outboxWith(...texts: readonly string[]): EventOutbox {
  const outbox = createEventOutbox(recordedLog().log);
  for (const text of texts) {
    const element = id("a");
    outbox.add({ at: now(), kind: "link-down", element, severity: "warning", text, attributes: {} });
  }
  return outbox;
}
const toldTexts = () => collector.events.map(({ text }) => text);

test("events are told after the topology they are about, and kept until the collector has them", async () => {
  const events = outboxWith("first", "second");
  collector.eventReplies.push({ kind: "later", retry_after_ms: 5, server_at: now() });
  const { show, changed } = start(events);
  show("a");
  await eventually(() => toldTexts().length === 2, { what: "both events told" });
  expect(toldTexts()).toEqual(["first", "second"]);
  await eventually(() => events.peek(1).length === 0, { what: "nothing left to tell" });
  events.add({ at: now(), kind: "link-up", element: id("a"), severity: "info", text: "third", attributes: {} });
  changed();
  await eventually(() => toldTexts().at(-1) === "third", { what: "the third" });
});

test("a collector that does not know events is told none, and gets the topology as ever", async () => {
  collector.takesEvents = false;
  const events = outboxWith("kept");
  const { show } = start(events);
  show("a");
  await knows(1);
  show("a", "b");
  await knows(2);
  expect([collector.events.length, events.peek(9).length]).toEqual([0, 1]);
});

test("events the collector will never take are left out and said, and the topology goes on", async () => {
  const events = outboxWith("poison");
  collector.eventReplies.push({ kind: "refused", code: "agent.message_invalid", detail: "no", hint: "update" });
  const { show, entries } = start(events);
  show("a");
  await eventually(() => events.peek(1).length === 0, { what: "the event left out" });
  show("a", "b");
  await knows(2);
  expect(entries.filter(({ event }) => event === "events refused")).toHaveLength(1);
  expect(collector.hellos).toHaveLength(1);
});
