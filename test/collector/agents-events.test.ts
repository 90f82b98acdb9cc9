import { expect, test } from "vitest";
import { elementIdOf, hostId } from "../../core/element-id.ts";
import { isRecord } from "../../core/json.ts";
import { siteOfEachTest } from "../fixtures/site-of-each-test.ts";
import { SetClock } from "../topology/fakes.ts";

const { site, start, restart, agent } = siteOfEachTest();
const NOW = 1_700_000_000_000;
const clock = new SetClock(NOW);

const event = (id: string, fields: { readonly [name: string]: unknown } = {}) => ({
  ...{
    id,
    at: NOW - 1_000,
    kind: "vm-crashed",
    element: elementIdOf("host", "a", "domain", "u"),
    severity: "critical",
  },
  ...{ text: "guest panicked", attributes: { reason: "panicked" } },
  ...fields,
});

async function found(query = ""): Promise<readonly { readonly [name: string]: unknown }[]> {
  const reply = await site().app.inject({ method: "GET", url: `/api/v1/events?cluster=main${query}` });
  expect(reply.statusCode, reply.body).toBe(200);
  const body: unknown = reply.json();
  return isRecord(body) && Array.isArray(body.events) ? body.events : [];
}

test("what an agent tells is there for whoever asks, after a restart too, once however often it was told", async () => {
  await start({ clock });
  const one = agent();
  expect(await one.hello("a", { sent_at: NOW })).toMatchObject({ kind: "full", takes_events: true });
  expect(await one.events([event("1"), event("2", { severity: "info", kind: "vm-started", at: NOW - 500 })])).toEqual({
    ...{ kind: "ack", batch: 1, server_at: NOW },
  });
  expect(await one.events([event("1")])).toMatchObject({ kind: "ack" });
  one.close();
  await restart({ clock });
  expect(await found()).toEqual([
    expect.objectContaining({ id: "2", kind: "vm-started", host: "a", at: NOW - 500, known_at: NOW }),
    { ...event("1"), cluster: "main", host: "a", known_at: NOW },
  ]);
  expect(await found("&severity=warning")).toHaveLength(1);
  expect(await found("&kind=vm-started,link-down")).toHaveLength(1);
  expect(await found(`&root=${encodeURIComponent("host/a")}&from=${NOW - 700}`)).toHaveLength(1);
  expect(await found(`&element=${encodeURIComponent("host/a")}`)).toEqual([]);
  expect(await found(`&root=${encodeURIComponent("host/b")}`)).toEqual([]);
});

test("the density tells how many there were of each severity", async () => {
  await start({ clock });
  const one = agent();
  await one.hello("a", { sent_at: NOW });
  await one.events([event("1"), event("2"), event("3", { at: NOW - 90_000, severity: "info" })]);
  const reply = await site().app.inject({
    method: "GET",
    url: `/api/v1/events/density?from=${NOW - 120_000}&to=${NOW}&buckets=2`,
  });
  expect(reply.json()).toEqual({
    from: NOW - 120_000,
    to: NOW,
    buckets: [
      { from: NOW - 120_000, to: NOW - 60_000, info: 1, warning: 0, critical: 0 },
      { from: NOW - 60_000, to: NOW, info: 0, warning: 0, critical: 2 },
    ],
  });
});

test("times are corrected by the agent's clock offset, and nothing is known before it happened", async () => {
  await start({ clock });
  const one = agent();
  await one.hello("a", { sent_at: NOW });
  await one.events([event("1", { at: NOW + 4_000 }), event("2", { at: NOW + 99_000 })], {
    ...{ at: NOW + 5_000, clock_offset_ms: 5_000 },
  });
  expect((await found()).map(({ id, at }) => [id, at])).toEqual([
    ["2", NOW],
    ["1", NOW - 1_000],
  ]);
});

const hostile: readonly (readonly [string, unknown])[] = [
  ["another host's element", event("1", { element: hostId("b") })],
  ["an element of no host", event("1", { element: "vm/123" })],
  ["no element", event("1", { element: "" })],
  ["a line break in the text", event("1", { text: "a\nb" })],
  ["an endless text", event("1", { text: "x".repeat(501) })],
  ["a lone surrogate in an attribute", event("1", { attributes: { a: "\ud800" } })],
  ["too many attributes", event("1", { attributes: Object.fromEntries(Array.from({ length: 21 }, (_, n) => [n, n])) })],
  ["nested attributes", event("1", { attributes: { a: { b: 1 } } })],
  ["an id that is a path", event("../1")],
  ["a kind that is no word", event("1", { kind: "VM Crashed" })],
  ["an unknown severity", event("1", { severity: "fatal" })],
  ["no time", event("1", { at: "yesterday" })],
  ["no event", null],
];
test.each(hostile)("%s is refused with a reason, and nothing of the batch is kept", async (_, item) => {
  await start({ clock });
  const one = agent();
  await one.hello("a", { sent_at: NOW });
  expect(await one.events([event("9"), item])).toMatchObject({
    kind: "refused",
    code: expect.stringMatching(/^agent\.(message_invalid|events_refused)$/),
    detail: expect.any(String),
    hint: expect.any(String),
  });
  expect(await found()).toEqual([]);
});

test("a connection that has not said for whom it speaks tells no events, and too many at once are refused", async () => {
  await start({ clock });
  const one = agent();
  expect(await one.events([event("1")])).toMatchObject({ kind: "refused", code: "agent.hello_first" });
  await one.hello("a", { sent_at: NOW });
  const many = Array.from({ length: 501 }, (_, n) => event(String(n)));
  expect(await one.events(many)).toMatchObject({ kind: "refused", detail: expect.stringContaining("501") });
});
