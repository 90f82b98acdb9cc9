import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { epochMsOf } from "../../core/clock.ts";
import type { Element } from "../../core/element.ts";
import { interfaceId } from "../../core/element-id.ts";
import { Lifetime } from "../../core/lifetime.ts";
import { silentLog } from "../../core/log.ts";
import { Damper, type DampingLimits } from "../../topology/damping.ts";
import { applyToElement, diffElement } from "../../topology/model/change.ts";
import { openRecorder } from "../../topology/recorder.ts";
import { eventually } from "../fixtures/eventually.ts";
import { nic } from "./arbitrary.ts";
import { MemoryRevisionLog, SetClock } from "./fakes.ts";

const NOW = 1_700_000_000_000;
const LIMITS: DampingLimits = { flips: 3, windowMs: 60_000, intervalMs: 30_000, elements: 10 };
const OWNER = { kind: "agent", host: "a" } as const;
const ID = interfaceId("a", undefined, "eth0");
const eth0 = (operstate: string, mtu = 1_500) => nic("a", "eth0", { operstate, mtu });

/** A recorder of one element, a step at a time. */
function simulate() {
  const damper = new Damper(LIMITS);
  let recorded: Element | undefined;
  const versions: unknown[] = [];
  const record = (after: Element | undefined) => {
    for (const change of diffElement(recorded, after)) {
      versions.push(change);
      recorded = applyToElement(recorded, change);
    }
  };
  return {
    versions,
    damper,
    recorded: () => recorded,
    tell: (element: Element | undefined, now: number) =>
      record(element && damper.recordedAs(OWNER, recorded, element, epochMsOf(now))),
    tick: (now: number) => {
      for (const { ids } of damper.due(epochMsOf(now), () => recorded)) {
        expect(ids).toEqual([ID]);
        for (const change of damper.settle(recorded, epochMsOf(now))) {
          versions.push(change);
          recorded = applyToElement(recorded, change);
        }
      }
    },
  };
}

describe("a flapping interface", () => {
  test("is recorded as it comes, then once an interval with how often it flapped, and is a finding meanwhile", () => {
    const it = simulate();
    for (let second = 0; second <= 20; second++) it.tell(eth0(second % 2 === 0 ? "up" : "down"), NOW + second * 1_000);
    expect(it.versions).toMatchObject([{ kind: "add" }, ...[..."123"].map(() => ({ kind: "update" }))]);
    expect(it.damper.flapping()).toEqual([{ id: ID, since: NOW + 4_000 }]);
    it.tick(NOW + 33_999);
    expect(it.versions.length).toBe(4);
    it.tick(NOW + 34_000);
    expect(it.versions.at(-1)).toMatchObject({
      before: { operstate: "down" },
      after: { operstate: "up", "@flaps": 17 },
    });
    expect(it.recorded()).toEqual(eth0("up"));
    it.tick(NOW + 90_000);
    expect(it.damper.flapping()).toEqual([]);
  });

  test("that somebody configures is recorded at once, without its state", () => {
    const it = simulate();
    for (let second = 0; second <= 9; second++) it.tell(eth0(second % 2 === 0 ? "up" : "down"), NOW + second * 1_000);
    const { length } = it.versions;
    it.tell(eth0("up", 9_000), NOW + 10_000);
    expect(it.versions.slice(length)).toMatchObject([{ before: { mtu: 1_500 }, after: { mtu: 9_000 } }]);
  });

  test("that goes and comes again begins anew", () => {
    const it = simulate();
    for (let second = 0; second <= 9; second++) it.tell(eth0(second % 2 === 0 ? "up" : "down"), NOW + second * 1_000);
    it.tell(undefined, NOW + 10_000);
    it.tell(eth0("down"), NOW + 11_000);
    expect(it.recorded()).toEqual(eth0("down"));
    expect(it.damper.flapping()).toEqual([]);
  });
});

test("after quiet what is recorded is what was told, and there were no more versions than the bound", () => {
  const said = fc.record({
    operstate: fc.constantFrom("up", "down"),
    mtu: fc.constantFrom(1, 2),
    afterMs: fc.nat(8_000),
  });
  fc.assert(
    fc.property(fc.array(said, { minLength: 1, maxLength: 80 }), (list) => {
      const it = simulate();
      let [now, mtu, configured] = [NOW, 0, 0];
      const wait = (ms: number) => {
        for (const end = now + ms; now < end; now += Math.min(1_000, end - now)) it.tick(now);
      };
      for (const { afterMs, ...attributes } of list) {
        wait(afterMs);
        it.tell(nic("a", "eth0", attributes), now);
        expect(it.recorded()?.attributes.mtu).toBe(attributes.mtu);
        if (attributes.mtu !== mtu) configured++;
        mtu = attributes.mtu;
      }
      wait(LIMITS.windowMs * 2 + 1_000);
      expect(it.recorded()).toEqual(nic("a", "eth0", { operstate: list.at(-1)?.operstate ?? "", mtu }));
      expect(it.damper.flapping()).toEqual([]);
      const windows = Math.ceil((now - NOW) / LIMITS.windowMs);
      expect(it.versions.length - configured).toBeLessThanOrEqual(1 + windows * (LIMITS.flips + 3));
    }),
  );
});

describe("the recorder", () => {
  let lifetime: Lifetime;
  beforeEach(() => {
    lifetime = new Lifetime();
  });
  afterEach(() => lifetime.end());

  test("holds flapping back, says so, and records the last state when it is due", async () => {
    const [store, clock] = [new MemoryRevisionLog(), new SetClock(NOW)];
    const recorder = await openRecorder({ cluster: "c", store, clock, log: silentLog, damping: LIMITS }, lifetime);
    for (let round = 0; round < 10; round++) {
      const put = [eth0(round % 2 === 0 ? "up" : "down")];
      await recorder.record({ kind: "changes", owner: OWNER, at: epochMsOf(NOW + round), put, remove: [] });
    }
    expect([store.revisions.length, recorder.flapping().length]).toEqual([4, 1]);
    clock.set(NOW + LIMITS.intervalMs + 1);
    const put = [eth0("up")];
    await recorder.record({ kind: "changes", owner: OWNER, at: epochMsOf(NOW + 20), put, remove: [] });
    await eventually(() => recorder.graph.get(ID)?.attributes.operstate === "up", { what: "the last state" });
    expect(store.revisions.at(-1)).toMatchObject({ origin: "agent/a", changes: [{ after: { "@flaps": 7 } }] });
  });
});
