import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { correlate, type Group } from "../../../alerts/causes/correlate.ts";
import type { Symptom } from "../../../alerts/causes/symptom.ts";
import { HOSTS, population, rackOf, someSymptoms, symptomOf, type Told, torOf, zoneOf } from "./cloud-of-symptoms.ts";
import { groupsByOracle } from "./correlate-oracle.ts";

const grouped = (symptoms: readonly Symptom[]) => correlate(symptoms, population);
const told = (...all: readonly Told[]) => grouped(all.map((it) => symptomOf(it)));
const keysBySymptom = (groups: readonly Group[]) =>
  new Map(groups.flatMap(({ key, members }) => members.map((member) => [member, key] as const)));
const sizes = (groups: readonly Group[]) => Object.fromEntries(groups.map(({ key, members }) => [key, members.length]));

describe("the cause", () => {
  test("a dead host explains what cannot be reached on it and from elsewhere, and what ran there", () => {
    const groups = told(
      { sign: "host_down", host: "h0", atS: 5 },
      { sign: "machine_down", host: "h0", atS: 60 },
      { sign: "no_data", host: "h0", atS: 60 },
      { sign: "unreachable", host: "h5", peer: "h0", atS: 61 },
    );
    expect(sizes(groups)).toEqual({ "host host/h0": 4 });
  });

  test("a dead host explains neither what had long been, nor what is wrong elsewhere, nor a disk that is full", () => {
    const groups = told(
      { sign: "unreachable", host: "h0", atS: 0 },
      { sign: "host_down", host: "h0", atS: 600 },
      { sign: "unreachable", host: "h5", peer: "h6", atS: 610 },
      { sign: "own", host: "h0", atS: 610 },
    );
    expect(groups).toHaveLength(4);
  });

  test("what a host that is back left behind belongs to it; what comes much later does not", () => {
    const groups = told(
      { sign: "host_down", host: "h0", atS: 0, endS: 100 },
      { sign: "machine_down", host: "h0", atS: 300 },
      { sign: "process_down", host: "h0", atS: 900 },
    );
    expect(sizes(groups)).toEqual({ "host host/h0": 2, "own host/h0 process_down": 1 });
  });

  test("hosts that go together are their rack; racks that go together their zone", () => {
    const down = (hosts: readonly string[]) => hosts.map((host, n): Told => ({ sign: "host_down", host, atS: n }));
    expect(sizes(told(...down(["h0", "h1", "h2"])))).toEqual({ [`rack ${rackOf("h0")}`]: 3 });
    expect(sizes(told(...down(HOSTS.slice(0, 6))))).toEqual({ [`zone ${zoneOf("h0")}`]: 6 });
  });

  test("hosts that go one after the other, or few of a rack, are causes of their own", () => {
    const apart = told(
      { sign: "host_down", host: "h0", atS: 0 },
      { sign: "host_down", host: "h1", atS: 500 },
      { sign: "host_down", host: "h2", atS: 1_000 },
    );
    expect(apart).toHaveLength(3);
    expect(told({ sign: "host_down", host: "h0", atS: 0 }, { sign: "own", host: "h1", atS: 0 })).toHaveLength(2);
  });

  test("two faults in one rack are two incidents", () => {
    const groups = told(
      { sign: "host_down", host: "h0", atS: 0 },
      { sign: "machine_down", host: "h0", atS: 60 },
      { sign: "table_full", host: "h1", atS: 20 },
      { sign: "unreachable", host: "h1", peer: "h7", atS: 80 },
    );
    expect(sizes(groups)).toEqual({ "host host/h0": 2, "conntrack host/h1": 2 });
  });

  test("links that go down at one switch are that switch, and the hosts are well", () => {
    const groups = told(...["h3", "h4", "h5"].map((host): Told => ({ sign: "link_down", host, atS: 3 })));
    expect(sizes(groups)).toEqual({ [`switch ${torOf("h3", 0)}`]: 3 });
  });
});

describe("laws", () => {
  test("each symptom is in exactly one group, the one that the oracle gives it", () => {
    fc.assert(
      fc.property(someSymptoms, (symptoms) => {
        const groups = grouped(symptoms);
        expect(groups.flatMap(({ members }) => members).sort()).toEqual(symptoms.map(({ id }) => id).sort());
        expect(keysBySymptom(groups)).toEqual(new Map(groupsByOracle(symptoms, population)));
      }),
      { numRuns: 2_000 },
    );
  });

  test("the order in which symptoms came does not count", () => {
    fc.assert(
      fc.property(
        someSymptoms.chain((all) =>
          fc.tuple(fc.constant(all), fc.shuffledSubarray([...all], { minLength: all.length })),
        ),
        ([symptoms, shuffled]) => {
          expect(keysBySymptom(grouped(shuffled))).toEqual(keysBySymptom(grouped(symptoms)));
        },
      ),
      { numRuns: 1_000 },
    );
  });

  test("what nothing explains changes no other group", () => {
    fc.assert(
      fc.property(someSymptoms, (symptoms) => {
        const alone = { ...symptomOf({ sign: "own", host: "h0", atS: 10 }, "alone"), topic: "alone" };
        const before = keysBySymptom(grouped(symptoms));
        const after = keysBySymptom(grouped([...symptoms, alone]));
        after.delete("alone");
        expect(after).toEqual(before);
      }),
      { numRuns: 500 },
    );
  });
});
