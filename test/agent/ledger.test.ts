import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Difference, Ledger } from "../../agent/session/ledger.ts";
import { epochMsOf } from "../../core/clock.ts";
import { addToDigest, digestText, EMPTY_DIGEST } from "../../core/digest.ts";
import type { Element } from "../../core/element.ts";
import { type ElementId, interfaceId } from "../../core/element-id.ts";

const NO_RENAMES: ReadonlyMap<ElementId, ElementId> = new Map();
const id = (name: string) => interfaceId("h", undefined, name);
const nic = (name: string, mtu = 1500, ifindex = 1): Element => ({
  id: id(name),
  kind: "nic",
  name,
  cluster: "",
  host: "h",
  attributes: { mtu, ifindex },
});
const at = (ms: number) => epochMsOf(ms);

/** A collector that does what it is told. */
function applied(state: ReadonlyMap<ElementId, Element>, { put, remove }: Difference) {
  const next = new Map(state);
  for (const gone of remove) next.delete(gone);
  for (const element of put) next.set(element.id, element);
  return next;
}

/** A ledger whose collector has acknowledged these elements. */
function ledgerWith(...elements: readonly Element[]): Ledger {
  const ledger = new Ledger();
  ledger.update(elements, at(0), NO_RENAMES);
  ledger.acknowledgeFull(ledger.current);
  return ledger;
}

type Step =
  | { readonly kind: "state"; readonly elements: readonly Element[] }
  /** `meanwhile`: what is, when the answer comes; undefined: as it was. */
  | {
      readonly kind: "send";
      readonly full: boolean;
      readonly lost: boolean;
      readonly limit: number;
      readonly meanwhile: readonly Element[] | undefined;
    };

const elements = fc.uniqueArray(fc.tuple(fc.constantFrom("a", "b", "c", "d"), fc.nat(2), fc.nat(2)), {
  selector: ([name]) => name,
});
const state = elements.map((list) => list.map(([name, mtu, ifindex]) => nic(name, mtu, ifindex)));
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    state.map((list): Step => ({ kind: "state", elements: list })),
    fc.record({
      kind: fc.constant("send" as const),
      full: fc.boolean(),
      lost: fc.boolean(),
      limit: fc.integer({ min: 1, max: 4 }),
      meanwhile: fc.option(state, { nil: undefined }),
    }),
  ),
  { maxLength: 30 },
);

test("whatever happens and however often an answer is lost, the collector ends with what is", () => {
  fc.assert(
    fc.property(steps, (script) => {
      const ledger = new Ledger();
      ledger.acknowledgeFull([]);
      let collector: ReadonlyMap<ElementId, Element> = new Map();
      const send = (limit: number, lost: boolean, meanwhile: () => void) => {
        const difference = ledger.nextDifference(limit);
        if (difference === undefined) return false;
        expect(difference.put.length + difference.remove.length).toBeLessThanOrEqual(limit);
        meanwhile();
        if (lost) return true;
        collector = applied(collector, difference);
        ledger.acknowledge(difference);
        return true;
      };
      const sendFull = (lost: boolean, meanwhile: () => void) => {
        const told = ledger.current;
        meanwhile();
        if (lost) return;
        collector = new Map(told.map((element) => [element.id, element]));
        ledger.acknowledgeFull(told);
      };
      script.forEach((step, index) => {
        if (step.kind === "state") ledger.update(step.elements, at(index), NO_RENAMES);
        else {
          const meanwhile = () => {
            if (step.meanwhile !== undefined) ledger.update(step.meanwhile, at(index), NO_RENAMES);
          };
          if (step.full) sendFull(step.lost, meanwhile);
          else send(step.limit, step.lost, meanwhile);
        }
        const digest = [...collector.values()].reduce(addToDigest, EMPTY_DIGEST);
        expect(ledger.digest).toBe(digestText(digest));
      });
      for (let rest = 0; send(3, false, () => {}); rest++) expect(rest).toBeLessThan(100);
      expect(collector).toEqual(new Map(ledger.current.map((element) => [element.id, element])));
    }),
  );
});

describe("a difference carries the time it was first seen", () => {
  test("each moment is told apart, the oldest first", () => {
    const ledger = ledgerWith(nic("a"), nic("b"));
    ledger.update([nic("a", 9000), nic("b")], at(10), NO_RENAMES);
    ledger.update([nic("a", 9000)], at(20), NO_RENAMES);
    const first = ledger.nextDifference(10);
    expect(first).toEqual({ at: 10, put: [nic("a", 9000)], remove: [], renamed: {} });
    if (first !== undefined) ledger.acknowledge(first);
    expect(ledger.nextDifference(10)).toEqual({ at: 20, put: [], remove: [id("b")], renamed: {} });
  });

  test("reading the same again does not make it later", () => {
    const ledger = ledgerWith(nic("a"));
    for (const ms of [10, 20, 30]) ledger.update([nic("a", 9000)], at(ms), NO_RENAMES);
    expect(ledger.nextDifference(10)?.at).toBe(10);
  });

  test("what changed while it was being told is told after, with its own time", () => {
    const ledger = ledgerWith(nic("a"));
    ledger.update([nic("a", 1)], at(10), NO_RENAMES);
    const inFlight = ledger.nextDifference(10);
    ledger.update([nic("a", 2)], at(20), NO_RENAMES);
    if (inFlight !== undefined) ledger.acknowledge(inFlight);
    expect(ledger.nextDifference(10)).toEqual({ at: 20, put: [nic("a", 2)], remove: [], renamed: {} });
  });

  test("what went, or came back to what it was, while it was being told is told again, with the time of the latest state", () => {
    const ledger = new Ledger();
    ledger.update([nic("a"), nic("b")], at(10), NO_RENAMES);
    const told = ledger.current;
    ledger.update([nic("b")], at(20), NO_RENAMES);
    ledger.update([nic("b", 9000)], at(30), NO_RENAMES);
    ledger.acknowledgeFull(told);
    const gone = ledger.nextDifference(1);
    expect(gone).toEqual({ at: 30, put: [], remove: [id("a")], renamed: {} });
    ledger.acknowledge({ put: [], remove: [id("a")] });
    const changed = ledger.nextDifference(10);
    ledger.update([nic("b")], at(40), NO_RENAMES);
    ledger.acknowledge(changed ?? { put: [], remove: [] });
    expect(ledger.nextDifference(10)).toEqual({ at: 40, put: [nic("b")], remove: [], renamed: {} });
  });

  test("what changed twice before it could be told is told as it is, since the first change", () => {
    const ledger = ledgerWith(nic("a"));
    ledger.update([nic("a", 1)], at(10), NO_RENAMES);
    ledger.update([nic("a", 2)], at(20), NO_RENAMES);
    expect(ledger.nextDifference(10)).toEqual({ at: 10, put: [nic("a", 2)], remove: [], renamed: {} });
  });

  test("what came back to what it was is not told at all", () => {
    const ledger = ledgerWith(nic("a"));
    ledger.update([nic("a", 9000)], at(10), NO_RENAMES);
    ledger.update([nic("a")], at(20), NO_RENAMES);
    expect(ledger.nextDifference(10)).toBeUndefined();
  });
});

test("a new ifindex is told, though it does not count in the digest", () => {
  const ledger = ledgerWith(nic("a", 1500, 1));
  const before = ledger.digest;
  ledger.update([nic("a", 1500, 7)], at(10), NO_RENAMES);
  const difference = ledger.nextDifference(10);
  expect(difference?.put).toEqual([nic("a", 1500, 7)]);
  if (difference !== undefined) ledger.acknowledge(difference);
  expect(ledger.digest).toBe(before);
});

describe("renames", () => {
  test("are told with the addition and the removal they join, over several names", () => {
    const ledger = ledgerWith(nic("a"));
    ledger.update([nic("b")], at(10), new Map([[id("b"), id("a")]]));
    ledger.update([nic("c")], at(10), new Map([[id("c"), id("b")]]));
    expect(ledger.nextDifference(10)).toMatchObject({ remove: [id("a")], renamed: { [id("c")]: id("a") } });
  });

  test("there and back again is no rename", () => {
    const ledger = ledgerWith(nic("a"));
    ledger.update([nic("b")], at(10), new Map([[id("b"), id("a")]]));
    ledger.update([nic("a")], at(20), new Map([[id("a"), id("b")]]));
    expect(ledger.nextDifference(10)).toBeUndefined();
  });
});
