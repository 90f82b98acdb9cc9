import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { EpochMs } from "../../../core/clock.ts";
import type { Element } from "../../../core/element.ts";
import { type Topology, topologyOf } from "../../../topology/model/topology.ts";
import { changeAfter, countUntil, covers, type Track, topologyAt } from "../../../web/ui/time-bar/track.ts";
import { cloudOf, computeNode } from "./fixture-cloud.ts";
import { type FixtureHistory, fixtureHistory, livelyPast } from "./fixture-history.ts";

const at = (ms: number): EpochMs => ms as EpochMs;
const NOW = at(1_800_000_000_000);
const HOUR = 3_600_000;
const HOST = "c-1";

/** A host with a history; its volatile attributes do not change. */
function livelyHost(): FixtureHistory {
  const history = fixtureHistory("main", at(NOW - 3 * HOUR), cloudOf(computeNode("main", HOST, 6)));
  livelyPast(history, { cluster: "main", host: HOST, vms: 6, now: NOW });
  return history;
}

function trackAt(history: FixtureHistory, moment: EpochMs): Track {
  const [from, to] = [at(NOW - 2 * HOUR), NOW];
  return { topology: history.at(moment), at: moment, changes: history.changes(from, to), from, to };
}

const byId = (topology: Topology): readonly (readonly [string, Element])[] =>
  [...topology].sort(([a], [b]) => (a < b ? -1 : 1));

describe("replay from a loaded state", () => {
  const history = livelyHost();
  const moment = fc.integer({ min: NOW - 2 * HOUR, max: NOW }).map(at);

  test("gives the state the server would, forwards and backwards", () => {
    fc.assert(
      fc.property(moment, moment, (start, target) => {
        const replayed = topologyAt(trackAt(history, start), target);
        expect(byId(replayed)).toEqual(byId(history.at(target)));
      }),
      { numRuns: 60 },
    );
  });

  test("at the very instant of a change shows it as done", () => {
    for (const { at: instant } of history.changes(NOW - 2 * HOUR, NOW)) {
      expect(byId(topologyAt(trackAt(history, NOW), instant))).toEqual(byId(history.at(instant)));
    }
  });

  test("is the very same topology while nothing changes", () => {
    const track = trackAt(history, NOW);
    expect(topologyAt(track, at(NOW - 1_000))).toBe(track.topology);
  });

  test("covers only what is loaded", () => {
    const track = trackAt(history, at(NOW - HOUR));
    expect(covers(track, at(NOW - 2 * HOUR))).toBe(true);
    expect(covers(track, at(NOW - 2 * HOUR - 1))).toBe(false);
    expect(covers(track, at(NOW + 1))).toBe(false);
    expect(covers({ ...track, at: at(NOW + 5) }, NOW)).toBe(false);
  });
});

test("changes are counted and found by binary search", () => {
  const history = fixtureHistory("main", at(0), new Map());
  const element = [...cloudOf(computeNode("main", HOST, 1)).values()];
  for (const [index, time] of [10, 20, 20, 30].entries())
    history.record(at(time), topologyOf(element.slice(0, index + 1)));
  const changes = history.changes(0, 100);
  expect([0, 10, 15, 20, 99].map((time) => countUntil(changes, at(time)))).toEqual([0, 1, 1, 3, 4]);
  expect(changeAfter(changes, at(10))).toBe(20);
  expect(changeAfter(changes, at(30))).toBeUndefined();
});
