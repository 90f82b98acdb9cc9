import { afterEach, describe, expect, test } from "vitest";
import type { Receiver } from "../../alerts/notify/receiver.ts";
import { OperatorError } from "../../core/errors.ts";
import type { StateStore } from "../../store/state-store.ts";
import { eventually } from "../fixtures/eventually.ts";
import { INTERVAL_MS, memoryReceiver, type Running, Workshop } from "./harness.ts";
import { settle } from "./simulated-time.ts";

const RULES = `
groups:
- name: g
  rules:
  - {alert: A, expr: metric > 10, for: 1m, keep_firing_for: 30s}
`;

let workshop: Workshop;
afterEach(() => workshop.end());

const feed = (value: number) => workshop.feed("metric", { host: "c-1" }, value);
/** One value for each evaluation: pending at the 2nd, firing from the 4th, kept at the 7th, resolved at the 8th. */
const COURSE = [5, 15, 15, 15, 15, 15, 5, 5, 5] as const;

/** What a person sees, without what differs between runs for good reasons (attempts, moments of sending). */
function story({ alerts }: Running) {
  return alerts.incidents().map(({ id, state, started_at, resolved_at, notifications }) => ({
    id,
    state,
    started_at,
    resolved_at,
    notifications: notifications.map(({ receiver, event, state: sent }) => [receiver, event, sent]),
  }));
}

async function play(restartBefore: ReadonlySet<number>) {
  workshop = new Workshop(RULES);
  const receiver = memoryReceiver();
  let running = await workshop.start({ receivers: [receiver] });
  for (const [i, value] of COURSE.entries()) {
    if (restartBefore.has(i)) {
      await running.stop();
      running = await workshop.start({ receivers: [receiver] });
    }
    await feed(value);
    await workshop.time.advance(INTERVAL_MS);
  }
  const result = { told: receiver.told, story: story(running) };
  await workshop.end();
  return result;
}

test("a restart between any two evaluations changes nothing", async () => {
  const undisturbed = await play(new Set());
  expect(undisturbed.told).toEqual(["fired c-1", "resolved c-1"]);
  for (let i = 0; i < COURSE.length; i++) expect(await play(new Set([i]))).toEqual(undisturbed);
  expect(await play(new Set(COURSE.keys()))).toEqual(undisturbed);
});

/** An OperatorError, so that the dying engine carries on as well as it can; all it tries to keep is refused. */
class Killed extends OperatorError {
  constructor() {
    super({ code: "store.unavailable", message: "killed", hint: "" });
  }
}

/** Dies before or after the nth commit: nothing that comes after it is kept. */
function dyingStore(store: StateStore, nth: number, when: "before" | "after") {
  let commits = 0;
  const commit: StateStore["commit"] = (writes) => {
    commits += 1;
    if (commits < nth || (commits === nth && when === "after")) store.commit(writes);
    if (commits >= nth) throw new Killed();
  };
  return { store: withCommit(store, commit), isDead: () => commits >= nth };
}

function withCommit(store: StateStore, commit: StateStore["commit"]): StateStore {
  return {
    get: (collection, key) => store.get(collection, key),
    all: (collection) => store.all(collection),
    page: (collection, range) => store.page(collection, range),
    size: (collection) => store.size(collection),
    close: () => store.close(),
    commit,
  };
}

function storeOn(store: StateStore, disk: { readonly isFull: boolean }): StateStore {
  return withCommit(store, (writes) => {
    if (disk.isFull) {
      throw new OperatorError({ code: "store.full", message: "no space left", hint: "free some", status: 503 });
    }
    store.commit(writes);
  });
}

/** Plays the course in a process that dies at its nth commit, and in the one started after it. */
async function playKilled(nth: number, when: "before" | "after") {
  workshop = new Workshop(RULES);
  const receiver = memoryReceiver();
  let isDead = () => false;
  const wrapStore = (store: StateStore) => {
    const dying = dyingStore(store, nth, when);
    isDead = dying.isDead;
    return dying.store;
  };
  let running = await workshop.start({ receivers: [receiver], wrapStore });
  let deaths = 0;
  for (const value of COURSE) {
    await feed(value);
    await workshop.time.advance(INTERVAL_MS);
    if (!isDead()) continue;
    await running.stop();
    running = await workshop.start({ receivers: [receiver] });
    isDead = () => false;
    deaths += 1;
  }
  await workshop.time.advance(INTERVAL_MS);
  const result = { told: receiver.told, story: story(running), deaths };
  await workshop.end();
  return result;
}

describe("killed before or after any commit and started again", () => {
  test.each(["before", "after"] as const)(
    "%s: nothing is lost, and only a message that was not recorded is repeated",
    async (when) => {
      let deaths = 0;
      for (let nth = 1; nth <= 14; nth++) {
        const result = await playKilled(nth, when);
        deaths += result.deaths;
        const resolved = { state: "resolved", notifications: BOTH_SENT };
        expect([nth, result.story]).toMatchObject([nth, [resolved]]);
        const distinct = result.told.filter((message, i) => message !== result.told[i - 1]);
        expect([nth, distinct]).toEqual([nth, ["fired c-1", "resolved c-1"]]);
        expect(result.told.length).toBeLessThanOrEqual(3);
      }
      expect(deaths).toBeGreaterThan(5);
    },
  );
});

const BOTH_SENT = [
  ["memory", "fired", "sent"],
  ["memory", "resolved", "sent"],
];

test("a message whose request was under way when the process ended is sent again, the next one is not", async () => {
  workshop = new Workshop(RULES);
  const bot = await workshop.bot();
  bot.behave({ kind: "silent" });
  const first = await workshop.start({ receivers: [workshop.receiverFor(bot)] });
  for (const value of COURSE.slice(0, 4)) {
    await feed(value);
    await workshop.time.advance(INTERVAL_MS);
  }
  await eventually(() => bot.accepted.length === 1);
  await first.stop();
  bot.behave({ kind: "well" });
  const second = await workshop.start({ receivers: [workshop.receiverFor(bot)] });
  await eventually(() => second.alerts.status().receivers[0]?.waiting === 0);
  await second.stop();
  const third = await workshop.start({ receivers: [workshop.receiverFor(bot)] });
  await settle();
  expect(bot.accepted.map(({ colour }) => colour)).toEqual(["orange", "orange"]);
  expect(third.alerts.incidents()).toMatchObject([{ notifications: [{ event: "fired", state: "sent" }] }]);
});

test("a full disk stops neither judging nor telling later: nothing is sent that is not recorded", async () => {
  workshop = new Workshop(RULES);
  const receiver = memoryReceiver();
  const disk = { isFull: false };
  const { alerts } = await workshop.start({
    receivers: [receiver],
    wrapStore: (store) => storeOn(store, disk),
  });
  await feed(15);
  await workshop.time.advance(INTERVAL_MS);
  disk.isFull = true;
  for (let i = 0; i < 4; i++) {
    await feed(15);
    await workshop.time.advance(INTERVAL_MS);
  }
  expect(receiver.told).toEqual([]);
  expect(alerts.incidents()).toEqual([]);
  expect(alerts.status().groups[0]?.commitError).toContain("no space left");
  disk.isFull = false;
  await feed(15);
  await workshop.time.advance(INTERVAL_MS);
  expect(receiver.told).toEqual(["fired c-1"]);
  expect(alerts.status().groups[0]?.commitError).toBeUndefined();
});

test("a message that was taken but could not be recorded is recorded later, not sent again", async () => {
  workshop = new Workshop(RULES);
  const disk = { isFull: false };
  const memory = memoryReceiver();
  const receiver: Receiver = {
    ...memory,
    send: async (notices, signal, trace) => {
      disk.isFull = true;
      return memory.send(notices, signal, trace);
    },
  };
  const { alerts } = await workshop.start({
    receivers: [receiver],
    wrapStore: (store) => storeOn(store, disk),
  });
  for (const value of COURSE.slice(0, 6)) {
    await feed(value);
    await workshop.time.advance(INTERVAL_MS);
  }
  expect(alerts.incidents()[0]?.notifications).toMatchObject([{ state: "waiting" }]);
  disk.isFull = false;
  await workshop.time.advance(INTERVAL_MS);
  expect(alerts.incidents()[0]?.notifications).toMatchObject([{ state: "sent", attempts: 1 }]);
  expect(memory.told).toEqual(["fired c-1"]);
});

test("an alert that goes on as it was costs no write, yet its latest value is shown", async () => {
  workshop = new Workshop(RULES.replace("for: 1m, ", ""));
  let writes = 0;
  const { alerts } = await workshop.start({
    wrapStore: (store) =>
      withCommit(store, (changes) => {
        writes += changes.length;
        store.commit(changes);
      }),
  });
  await feed(15);
  await workshop.time.advance(INTERVAL_MS);
  const afterFiring = writes;
  for (const value of [16, 17, 18]) {
    await feed(value);
    await workshop.time.advance(INTERVAL_MS);
  }
  expect(alerts.incidents()).toMatchObject([{ state: "firing", value: 18 }]);
  expect([afterFiring, writes]).toEqual([2, 2]);
});
