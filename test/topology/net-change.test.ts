import fc from "fast-check";
import { expect, test } from "vitest";
import { apply, type Change, diff, diffElement, withoutVolatile } from "../../topology/model/change.ts";
import { netOf } from "../../topology/model/net-change.ts";
import { EMPTY_TOPOLOGY } from "../../topology/model/topology.ts";
import { elementArbitrary, nic } from "./arbitrary.ts";

/** States of one element as they are versioned, one after the other; undefined for "is not there". */
const lifeArbitrary = fc
  .array(fc.option(elementArbitrary("a"), { nil: undefined, freq: 3 }), { minLength: 2, maxLength: 8 })
  .map((states) => states.map((state) => state && withoutVolatile({ ...state, id: nic("a", "e").id })));

test("the net of an element's changes is the difference of its first and last state", () => {
  fc.assert(
    fc.property(lifeArbitrary, (states) => {
      const changes = states.slice(1).flatMap((after, index) => diffElement(states[index], after));
      expect(netOf(changes)).toEqual(netOf(diffElement(states[0], states.at(-1))));
      const before = states[0] === undefined ? EMPTY_TOPOLOGY : new Map([[states[0].id, states[0]]]);
      expect(diff(apply(before, changes), apply(before, netOf(changes)))).toEqual([]);
    }),
    { numRuns: 500 },
  );
});

test("what comes and goes within the span leaves nothing", () => {
  const element = nic("a", "e", { mtu: 1500 });
  const there: readonly Change[] = diffElement(undefined, element);
  expect(netOf([...there, ...diffElement(element, undefined)])).toEqual([]);
  const wide = nic("a", "e", { mtu: 9000 });
  expect(netOf([...diffElement(element, wide), ...diffElement(wide, element)])).toEqual([]);
});

test("a removal after an update removes the element as it was before the update", () => {
  const [narrow, wide] = [nic("a", "e", { mtu: 1500 }), nic("a", "e", { mtu: 9000 })];
  expect(netOf([...diffElement(narrow, wide), ...diffElement(wide, undefined)])).toEqual([
    { kind: "remove", element: narrow },
  ]);
});
