import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { epochMsOf } from "../../../core/clock.ts";
import { type Breach, breachesFromScratch } from "../../../topology/invariants/breach-set.ts";
import { INVARIANTS } from "../../../topology/invariants/catalogue.ts";
import { storyOf } from "./arbitrary.ts";
import { comparable, World } from "./world.ts";

const seed = fc.integer();
const steps = (max: number) => fc.integer({ min: 1, max });
const NEVER = { revision: 0, at: epochMsOf(0) };

describe.each(INVARIANTS.map((invariant) => [invariant.name, invariant] as const))("%s", (name, invariant) => {
  test("whatever changes, the breaches are those of the graph looked at from the beginning", () => {
    let seen = 0;
    fc.assert(
      fc.property(seed, steps(150), (from, count) => {
        const world = new World([invariant]);
        for (const step of storyOf(from, count, (kind) => invariant.reads[kind] !== undefined)) {
          world.say(step);
          const expected = breachesFromScratch([invariant], world.graph, NEVER);
          expect(comparable(world.breaches())).toEqual(comparable(expected));
          expect(world.set.size).toBe(expected.length);
          seen += expected.length;
        }
      }),
      { numRuns: 60 },
    );
    // A law about breaches that never happen would say nothing.
    expect(seen, `breaches of ${name} seen`).toBeGreaterThan(0);
  });
});

test("the transitions told are the breaches: began, changed and ended replayed give the same set", () => {
  fc.assert(
    fc.property(seed, steps(80), (from, count) => {
      const world = new World();
      const told = new Map<string, Breach>();
      for (const step of storyOf(from, count)) {
        for (const { kind, breach } of world.say(step)) {
          const key = `${breach.invariant}/${breach.subject}`;
          expect(told.has(key)).toBe(kind !== "began");
          if (kind === "ended") told.delete(key);
          else told.set(key, breach);
        }
        expect([...told.values()].map((it) => JSON.stringify(it)).toSorted()).toEqual(
          world
            .breaches()
            .map((it) => JSON.stringify(it))
            .toSorted(),
        );
      }
    }),
    { numRuns: 60 },
  );
});

test("a breach keeps the revision that broke it, however it changes", () => {
  fc.assert(
    fc.property(seed, steps(80), (from, count) => {
      const world = new World();
      const since = new Map<string, number>();
      for (const step of storyOf(from, count)) {
        world.say(step);
        const open = new Set<string>();
        for (const { invariant, subject, since: is } of world.breaches()) {
          const key = `${invariant}/${subject}`;
          open.add(key);
          expect(is.revision).toBe(since.get(key) ?? world.revision);
          since.set(key, is.revision);
        }
        for (const key of since.keys()) if (!open.has(key)) since.delete(key);
      }
    }),
    { numRuns: 60 },
  );
});
