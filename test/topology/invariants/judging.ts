import { describe, expect, test } from "vitest";
import type { Element } from "../../../core/element.ts";
import type { InvariantName } from "../../../topology/invariants/invariant.ts";
import { World } from "./world.ts";

/** What is wrong with this world by one invariant: the elements' ids, and the details. */
export function wrong(invariant: InvariantName, elements: readonly Element[]) {
  const world = new World();
  world.change({ put: elements });
  return world
    .breaches()
    .filter((breach) => breach.invariant === invariant)
    .map(({ elements, level, detail }) => ({ elements, level, ...detail }));
}

type Case = readonly [what: string, elements: readonly Element[]];

/** Each case has exactly one breach, or none. */
export function judges(
  invariant: InvariantName,
  cases: { readonly broken: readonly Case[]; readonly whole: readonly Case[] },
) {
  describe(invariant, () => {
    test.each(cases.broken)("broken: %s", (_, elements) => expect(wrong(invariant, elements)).toHaveLength(1));
    test.each(cases.whole)("whole: %s", (_, elements) => expect(wrong(invariant, elements)).toEqual([]));
  });
}
