import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { epochMsOf } from "../../core/clock.ts";
import { isLink } from "../../core/element.ts";
import { Lifetime } from "../../core/lifetime.ts";
import { silentLog } from "../../core/log.ts";
import type { Cloud } from "../../simulator/cloud/cloud.ts";
import { Agenda } from "../../simulator/day/agenda.ts";
import type { Day, DayOptions } from "../../simulator/day/day.ts";
import type { Utterance } from "../../simulator/day/utterance.ts";
import { hostElements } from "../../simulator/elements/host-elements.ts";
import { utteranceLine } from "../../simulator/recording/write.ts";
import { openRecorder } from "../../topology/recorder.ts";
import { MemoryRevisionLog, SetClock } from "../topology/fakes.ts";
import { BEGAN_AT, BUSY, dayOf, elementsOf, smallCloud } from "./small-cloud.ts";

const MINUTES_MS = 60_000;

function said(cloud: Cloud, options: Partial<DayOptions>, untilMs = 5 * MINUTES_MS): readonly Utterance[] {
  const day = dayOf(cloud, options);
  return [...day.appearances(0), ...day.advance(untilMs)].flat();
}

/** The same, written down as it is said: an appearance reads what is at that moment. */
function* written(day: Day, ...untilMs: readonly number[]): Generator<string> {
  for (const group of day.appearances(0)) yield* group.map(utteranceLine);
  for (const ms of untilMs) for (const group of day.advance(ms)) yield* group.map(utteranceLine);
}

describe("a day of a cloud", () => {
  test("is told in the same bytes for the same seed, and in others for another", () => {
    const hashOf = (seed: number) => {
      const day = dayOf(smallCloud(seed, 40), { rates: BUSY, metricsIntervalMs: 60_000 });
      const hash = createHash("sha256");
      for (const line of written(day, 5 * MINUTES_MS)) hash.update(line);
      return hash.digest("hex");
    };
    expect(hashOf(4)).toBe(hashOf(4));
    expect(hashOf(5)).not.toBe(hashOf(4));
  });

  test("is the same whether it is told in one go or in many", () => {
    const dayOfParts = () => dayOf(smallCloud(7, 40), { rates: BUSY });
    const moments = Array.from({ length: 400 }, (_, n) => n * 750);
    const whole = [...written(dayOfParts(), 400 * 750)];
    const parts = [...written(dayOfParts(), ...moments, 400 * 750)];
    expect(whole.length).toBeGreaterThan(100);
    expect(parts.map((line) => line.length)).toEqual(whole.map((line) => line.length));
    expect(parts.every((line, n) => line === whole[n])).toBe(true);
  });

  test("leads to the same cloud when it is passed over in silence", () => {
    const [told, skipped] = [smallCloud(), smallCloud()];
    const scenarios = [{ name: "rack-loss", atMs: 30_000 }];
    expect(said(told, { rates: BUSY, scenarios }).length).toBeGreaterThan(200);
    dayOf(skipped, { rates: BUSY, scenarios }).skipTo(5 * MINUTES_MS);
    expect(elementsOf(skipped)).toEqual(elementsOf(told));
    expect(skipped.vms).toEqual(told.vms);
  });

  test("keeps its churn when a scenario is added", () => {
    const bootsOf = (scenarios: DayOptions["scenarios"]) => {
      const cloud = smallCloud();
      const seen = said(cloud, { rates: { ...BUSY, deletions: 0, migrations: 0 }, scenarios });
      return seen.flatMap((utterance) =>
        utterance.kind === "changes"
          ? utterance.changes.flatMap(({ before, after }) =>
              before === undefined && after?.kind === "domain" ? [`${utterance.atMs} ${after.id}`] : [],
            )
          : [],
      );
    };
    const without = bootsOf([]);
    expect(without.length).toBeGreaterThan(20);
    const among = new Set(bootsOf([{ name: "boot-storm", atMs: 60_000 }]));
    expect(among.size).toBeGreaterThan(without.length + 100);
    expect(without.filter((boot) => !among.has(boot))).toEqual([]);
  });

  test("is told completely: what was said, put together, is what is", () => {
    const cloud = smallCloud();
    const heard = new Map<string, Map<string, unknown>>();
    for (const utterance of said(cloud, { rates: BUSY, scenarios: [{ name: "two-faults", atMs: 10_000 }] })) {
      if (utterance.kind === "appears" && utterance.memory === "state") {
        heard.set(utterance.host, new Map());
      }
      if (utterance.kind !== "changes") continue;
      for (const { id, before, after } of utterance.changes) {
        const state = heard.get(utterance.host);
        if (state?.has(id) === true) expect(state.get(id)).toEqual(before);
        state?.set(id, after);
      }
    }
    let checked = 0;
    for (const host of cloud.hosts) {
      const now = new Map(hostElements(cloud, host).map((element) => [element.id as string, element]));
      for (const [id, after] of heard.get(host.name) ?? []) {
        expect(now.get(id)).toEqual(after);
        checked++;
      }
    }
    expect(checked).toBeGreaterThan(100);
  });

  test("has every live migration with two domains for a moment and one server all along", () => {
    const cloud = smallCloud();
    const day = dayOf(cloud, { rates: { ...BUSY, boots: 0, deletions: 0 } });
    let most = 0;
    for (let ms = 0; ms < 2 * MINUTES_MS; ms += 1_000) {
      for (const _ of day.advance(ms));
      const domains = elementsOf(cloud).flatMap((element) =>
        !isLink(element) && element.kind === "domain" ? [String(element.attributes.uuid)] : [],
      );
      const migrating = [...cloud.vms.values()].filter(({ target }) => target !== undefined).length;
      expect(domains.length).toBe(cloud.vms.size + migrating);
      most = Math.max(most, migrating);
    }
    expect(most).toBeGreaterThan(0);
  });
});

describe("the recorder", () => {
  test("takes all that agents say, and has what they have", async () => {
    const cloud = smallCloud(7, 40);
    const lifetime = new Lifetime();
    const clock = new SetClock(BEGAN_AT);
    const store = new MemoryRevisionLog();
    const recorder = await openRecorder({ cluster: "c", store, clock, log: silentLog }, lifetime);
    const day = dayOf(cloud, { rates: BUSY, scenarios: [{ name: "tap-lost-after-reboot", atMs: 5_000 }] });
    const utterances = [...day.appearances(0), ...day.advance(3 * MINUTES_MS)].flat();
    // What an appearance reads is what is at the end, so that the changes are told again in full.
    for (const utterance of utterances) {
      const owner = { kind: "agent", host: utterance.host } as const;
      const at = epochMsOf(BEGAN_AT + utterance.atMs);
      clock.set(at);
      if (utterance.kind === "appears") {
        await recorder.record({ kind: "full", owner, at, elements: utterance.elements() });
      }
      if (utterance.kind !== "changes") continue;
      const put = utterance.changes.flatMap(({ after }) => after ?? []);
      const remove = utterance.changes.flatMap(({ id, after }) => (after === undefined ? [id] : []));
      await recorder.record({ kind: "changes", owner, at, put, remove });
    }
    const recorded = [...recorder.graph.elements()].filter(({ id }) => id.startsWith("host/")).map(({ id }) => id);
    expect(recorded.toSorted()).toEqual(
      elementsOf(cloud)
        .map(({ id }) => id as string)
        .toSorted(),
    );
    await lifetime.end();
  });
});

describe("an agenda", () => {
  test("gives what is on it by time, and at one time in the order it came", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 20 })), (times) => {
        const agenda = new Agenda<number>();
        for (const [order, atMs] of times.entries()) agenda.put(atMs, order);
        const taken = times.map(() => agenda.take());
        const expected = times.map((atMs, item) => ({ atMs, item })).toSorted((a, b) => a.atMs - b.atMs);
        expect(taken.map((it) => ({ atMs: it?.atMs, item: it?.item }))).toEqual(expected);
        expect(agenda.take()).toBeUndefined();
      }),
    );
  });
});
