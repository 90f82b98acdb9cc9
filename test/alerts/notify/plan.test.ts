import { expect, test } from "vitest";
import { type Delivery, deliveriesFor, OUTBOX_LIMITS } from "../../../alerts/notify/delivery.ts";
import { afterAttempt, planNext } from "../../../alerts/notify/plan.ts";
import type { SendOutcome } from "../../../alerts/notify/receiver.ts";
import { epochMsOf } from "../../../core/clock.ts";

const NOW = epochMsOf(1_000_000_000_000);

function delivery(fields: Partial<Delivery> = {}): Delivery {
  return {
    sequence: 1,
    incidentId: "i",
    receiver: "feishu",
    event: "fired",
    at: NOW,
    state: "waiting",
    attempts: 0,
    notBefore: NOW,
    lastError: undefined,
    sentAt: undefined,
    ...fields,
  };
}
const many = (count: number) => Array.from({ length: count }, (_, i) => delivery({ sequence: i + 1 }));

test("nothing waits: nothing is done", () => {
  expect(planNext([], NOW)).toEqual({ kind: "idle" });
});

test("a few messages go one by one, the oldest first", () => {
  const waiting = many(OUTBOX_LIMITS.summaryAbove);
  expect(planNext(waiting, NOW)).toEqual({ kind: "send", deliveries: [waiting[0]] });
});

test("many go together, bounded", () => {
  const waiting = many(OUTBOX_LIMITS.summaryAbove + 1);
  expect(planNext(waiting, NOW)).toEqual({ kind: "send", deliveries: waiting });
  const crowd = many(OUTBOX_LIMITS.summaryMost + 5);
  expect(planNext(crowd, NOW)).toEqual({ kind: "send", deliveries: crowd.slice(0, OUTBOX_LIMITS.summaryMost) });
});

test("nothing overtakes a message that waits for its next attempt", () => {
  const head = delivery({ attempts: 1, notBefore: epochMsOf(NOW + 700) });
  expect(planNext([head, delivery({ sequence: 2 })], NOW)).toEqual({ kind: "wait", forMs: 700 });
});

test("a message is given up after a day, but never before it was tried", () => {
  const old = epochMsOf(NOW - OUTBOX_LIMITS.giveUpAfterMs - 1);
  const tried = delivery({ at: old, attempts: 1 });
  expect(planNext([tried], NOW)).toEqual({ kind: "give_up", deliveries: [tried] });
  expect(planNext([delivery({ at: old })], NOW).kind).toBe("send");
});

test.each<[SendOutcome, number, Partial<Delivery>]>([
  [{ kind: "sent" }, 3, { state: "sent", attempts: 4, sentAt: NOW, lastError: undefined }],
  [
    { kind: "retry", reason: "busy", afterMs: 5_000 },
    0,
    { state: "waiting", lastError: "busy", notBefore: epochMsOf(NOW + 5_000) },
  ],
  [{ kind: "misconfigured", reason: "sign", hint: "" }, 50, { state: "waiting", attempts: 51, lastError: "sign" }],
  [{ kind: "rejected", reason: "shape", hint: "" }, 3, { state: "waiting", attempts: 4 }],
  [{ kind: "rejected", reason: "shape", hint: "" }, 4, { state: "given_up", attempts: 5, lastError: "shape" }],
])("after %j on attempt %d + 1", (outcome, attempts, expected) => {
  const [after] = afterAttempt([delivery({ attempts, lastError: "before" })], outcome, { now: NOW, random: 0 });
  expect(after).toMatchObject(expected);
});

const context = {
  receivers: ["a", "b"],
  ofIncident: [] as Delivery[],
  nextSequence: 7,
  waiting: () => 0,
};
const fired = { kind: "fired", at: NOW, incidentId: "i" } as const;
const resolved = { kind: "resolved", at: NOW, incidentId: "i" } as const;

test("an incident that fires is told to every receiver", () => {
  const told = deliveriesFor(fired, context).map(({ sequence, receiver, state }) => [sequence, receiver, state]);
  expect(told).toEqual([
    [7, "a", "waiting"],
    [8, "b", "waiting"],
  ]);
});

test("what was notified firing, or may have been, is notified resolved, to those receivers and no others", () => {
  const ofIncident = [
    delivery({ receiver: "told", state: "sent", attempts: 1 }),
    delivery({ receiver: "still waiting" }),
    delivery({ receiver: "perhaps told", state: "given_up", attempts: 5 }),
    delivery({ receiver: "never tried", state: "given_up" }),
  ];
  const receivers = deliveriesFor(resolved, { ...context, ofIncident }).map(({ receiver, event }) => [receiver, event]);
  expect(receivers).toEqual([
    ["told", "resolved"],
    ["still waiting", "resolved"],
    ["perhaps told", "resolved"],
  ]);
});

test("at the bound of the outbox a new firing is given up at once and visibly; a resolve still goes in", () => {
  const full = { ...context, waiting: () => OUTBOX_LIMITS.waitingPerReceiver };
  expect(deliveriesFor(fired, full)).toMatchObject([
    { state: "given_up", lastError: expect.stringContaining("too many") },
    { state: "given_up" },
  ]);
  expect(deliveriesFor(resolved, { ...full, ofIncident: [delivery({ state: "sent" })] })).toMatchObject([
    { state: "waiting" },
  ]);
});
