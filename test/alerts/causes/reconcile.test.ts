import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { correlate, type Group } from "../../../alerts/causes/correlate.ts";
import { type Held, reconcile } from "../../../alerts/causes/reconcile.ts";
import { epochMsOf } from "../../../core/clock.ts";
import { population, someSymptoms, symptomOf, type Told } from "./cloud-of-symptoms.ts";

const groupsOf = (...told: readonly Told[]) =>
  correlate(
    told.map((it) => symptomOf(it)),
    population,
  );

/** Keeps incidents over many looks, as whoever keeps them durably does. */
class Book {
  held: readonly Held[] = [];
  #next = 1;

  look(groups: readonly Group[]) {
    const seen = reconcile(this.held, groups);
    const kept = [...seen.goesOn].map(([id, group]) => this.#held(id, group));
    const begun = seen.begins.map(({ group }) => this.#held(`i${this.#next++}`, group));
    this.held = [...kept, ...begun];
    return { ...seen, ids: new Map(this.held.map(({ id, key }) => [key, id])) };
  }

  #held(id: string, { key, members }: Group): Held {
    const openedAt = this.held.find((it) => it.id === id)?.openedAt ?? epochMsOf(1_700_000_000_000 + this.#next);
    return { id, key, openedAt, members: new Set(members) };
  }
}

describe("incidents that people know", () => {
  test("an alert whose cause is found later keeps its incident, which then names the cause", () => {
    const book = new Book();
    book.look(groupsOf({ sign: "unreachable", host: "h5", peer: "h0", atS: 60 }));
    const { ids, merges } = book.look(
      groupsOf({ sign: "unreachable", host: "h5", peer: "h0", atS: 60 }, { sign: "host_down", host: "h0", atS: 5 }),
    );
    expect([ids.get("host host/h0"), merges]).toEqual(["i1", []]);
  });

  test("three incidents that turn out to be one: that which names the cause goes on, the others say into which they went", () => {
    const book = new Book();
    const alerts: readonly Told[] = [
      { sign: "unreachable", host: "h5", peer: "h0", atS: 60 },
      { sign: "unreachable", host: "h6", peer: "h0", atS: 61 },
    ];
    book.look(groupsOf(...alerts));
    book.look(groupsOf(...alerts, { sign: "own", host: "h0", atS: 1 }));
    const { ids, merges, over } = book.look(
      groupsOf(...alerts, { sign: "own", host: "h0", atS: 1 }, { sign: "host_down", host: "h0", atS: 2 }),
    );
    expect(ids.get("host host/h0")).toBe("i1");
    expect(merges).toEqual([{ id: "i2", intoKey: "host host/h0" }]);
    expect(over).toEqual([]);
  });

  test("hosts of a rack, one incident each, become the rack's", () => {
    const book = new Book();
    const down = (n: number) =>
      ["h0", "h1", "h2"].slice(0, n).map((host, i): Told => ({ sign: "host_down", host, atS: i }));
    book.look(groupsOf(...down(1)));
    const { merges, begins } = book.look(groupsOf(...down(3)));
    expect([merges, begins]).toEqual([[], []]);
    expect(book.held.map(({ id, members }) => [id, members.size])).toEqual([["i1", 3]]);
  });

  test("what turns out not to belong gets an incident that says where it came from", () => {
    const two = groupsOf({ sign: "own", host: "h0", atS: 0 }, { sign: "table_full", host: "h1", atS: 0 });
    const one: Group = { key: "rack x", cause: undefined, members: two.flatMap(({ members }) => members) };
    const book = new Book();
    book.look([one]);
    const { begins } = book.look(two);
    expect(begins.map(({ splitFrom }) => splitFrom)).toEqual(["i1"]);
  });
});

describe("laws", () => {
  test("one incident a group, nobody forgotten, and what stays as it is changes nothing", () => {
    fc.assert(
      fc.property(fc.array(someSymptoms, { minLength: 1, maxLength: 6 }), (looks) => {
        const book = new Book();
        for (const symptoms of looks) {
          const groups = correlate(symptoms, population);
          const before = book.held;
          const { goesOn, begins, merges, over } = book.look(groups);
          expect(book.held.map(({ key }) => key).sort()).toEqual(groups.map(({ key }) => key).sort());
          expect(new Set(book.held.map(({ id }) => id)).size).toBe(groups.length);
          expect([...goesOn.keys(), ...merges.map(({ id }) => id), ...over].sort()).toEqual(
            before.map(({ id }) => id).sort(),
          );
          // What became part of another shares something with it; what is over shares nothing with anybody.
          const membersOf = (key: string) => new Set(groups.find((group) => group.key === key)?.members);
          for (const { id, intoKey } of merges) {
            const was = new Set(before.find((it) => it.id === id)?.members);
            expect([...was].some((member) => membersOf(intoKey).has(member))).toBe(true);
          }
          for (const id of over) {
            const was = new Set(before.find((it) => it.id === id)?.members);
            expect(groups.some(({ members }) => members.some((member) => was.has(member)))).toBe(false);
          }
          for (const { splitFrom } of begins) {
            if (splitFrom !== undefined) expect(before.some(({ id }) => id === splitFrom)).toBe(true);
          }
          const again = book.look(groups);
          expect([again.begins, again.merges, again.over]).toEqual([[], [], []]);
        }
      }),
      { numRuns: 500 },
    );
  });

  test("an incident that names the cause of a group goes on with it, whatever came and went", () => {
    fc.assert(
      fc.property(someSymptoms, someSymptoms, (first, second) => {
        const book = new Book();
        book.look(correlate(first, population));
        const before = new Map(book.held.map(({ id, key, members }) => [key, { id, members }]));
        const groups = correlate(second, population);
        const { ids } = book.look(groups);
        for (const { key, members } of groups) {
          const known = before.get(key);
          if (known !== undefined && members.some((member) => known.members.has(member))) {
            expect(ids.get(key)).toBe(known.id);
          }
        }
      }),
      { numRuns: 1_000 },
    );
  });
});
