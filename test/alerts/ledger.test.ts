import { afterEach, expect, test } from "vitest";
import { elementOf } from "../../alerts/element-of.ts";
import { expiredIncidents } from "../../alerts/incidents.ts";
import { Ledger } from "../../alerts/ledger.ts";
import { deliveriesFor } from "../../alerts/notify/delivery.ts";
import { epochMsOf } from "../../core/clock.ts";
import type { Labels } from "../../core/series.ts";
import { openEmbeddedState } from "../../store/embedded/state.ts";
import { INTERVAL_MS, memoryReceiver, Workshop } from "./harness.ts";

const RULES = "groups:\n- name: g\n  rules:\n  - {alert: A, expr: metric > 10}\n";
let workshop: Workshop;
afterEach(() => workshop.end());

async function fired(receivers = [memoryReceiver("a"), memoryReceiver("b")]): Promise<void> {
  workshop = new Workshop(RULES);
  const running = await workshop.start({ receivers });
  await workshop.feed("metric", { host: "c-1" }, 15);
  await workshop.time.advance(INTERVAL_MS);
  await running.stop();
}

test.each(["alerts", "incidents", "deliveries"])(
  "a damaged document of %s is named, not skipped",
  async (collection) => {
    await fired();
    const store = openEmbeddedState(workshop.statePath);
    try {
      const [key = ""] = store.all(collection).keys();
      store.commit([{ collection, key, document: { id: 7 } }]);
      expect(() => new Ledger(store)).toThrow(
        expect.objectContaining({
          code: "store.damaged",
          message: expect.stringContaining(`${collection} document ${key}`),
        }),
      );
    } finally {
      store.close();
    }
  },
);

test("an old incident is not removed while a message about it still waits", async () => {
  await fired([]);
  const store = openEmbeddedState(workshop.statePath);
  try {
    const ledger = new Ledger(store);
    const [open] = ledger.incidents.values();
    if (open === undefined) throw new Error("nothing fired");
    const [waiting] = deliveriesFor(
      { kind: "fired", at: open.startedAt, incidentId: open.id },
      { receivers: ["a"], ofIncident: [], nextSequence: 1, waiting: () => 0 },
    );
    ledger.commit({
      incidents: [[open.id, { ...open, resolvedAt: open.startedAt, resolvedBecause: "recovered" }]],
      deliveries: [[1, waiting]],
    });
    const later = epochMsOf(open.startedAt + 91 * 24 * 3_600_000);
    expect(expiredIncidents(ledger, later)).toEqual({ incidents: [], deliveries: [] });
    ledger.commit({ deliveries: [[1, waiting && { ...waiting, state: "sent" }]] });
    ledger.commit(expiredIncidents(ledger, later));
    expect([ledger.incidents.size, store.all("incidents").size, store.all("deliveries").size]).toEqual([0, 0, 0]);
  } finally {
    store.close();
  }
});

test("what waits for a receiver that is no longer configured is given up, visibly", async () => {
  const never = { ...memoryReceiver("gone"), send: async () => ({ kind: "retry", reason: "away" }) as const };
  workshop = new Workshop(RULES);
  const first = await workshop.start({ receivers: [never] });
  await workshop.feed("metric", { host: "c-1" }, 15);
  await workshop.time.advance(INTERVAL_MS);
  await first.stop();
  const { alerts } = await workshop.start();
  expect(alerts.incidents()[0]?.notifications).toMatchObject([
    { receiver: "gone", state: "given_up", last_error: "this receiver is no longer configured" },
  ]);
});

test("a receiver in trouble does not hold up another", async () => {
  workshop = new Workshop(RULES);
  const well = memoryReceiver("well");
  const receivers = [
    { ...memoryReceiver("stuck"), send: async () => ({ kind: "retry", reason: "away", afterMs: 3_600_000 }) as const },
    well,
  ];
  await workshop.start({ receivers });
  await workshop.feed("metric", { host: "c-1" }, 15);
  await workshop.time.advance(INTERVAL_MS);
  expect(well.told).toEqual(["fired c-1"]);
});

test.each<[Labels, string[], string | undefined]>([
  [{ host: "h", interface: "eth0" }, ["host/h/if/eth0", "host/h"], "host/h/if/eth0"],
  [{ host: "h", interface: "eth0", netns: "n" }, ["host/h/netns/n/if/eth0"], "host/h/netns/n/if/eth0"],
  [{ host: "h", interface: "eth0", netns: "" }, ["host/h/if/eth0"], "host/h/if/eth0"],
  [{ host: "h", interface: "eth9" }, ["host/h"], "host/h"],
  [{ host: "h" }, ["host/h"], "host/h"],
  [{ host: "h" }, [], undefined],
  [{ instance: "x" }, ["host/h"], undefined],
])("labels %j in a topology with %j point at %s", async (labels, known, expected) => {
  workshop = new Workshop(RULES);
  expect(elementOf(labels, (_cluster, id) => known.includes(id))).toBe(expected);
});
