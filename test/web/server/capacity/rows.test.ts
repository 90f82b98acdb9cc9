import { describe, expect, test } from "vitest";
import { epochMsOf } from "../../../../core/clock.ts";
import type { Labels } from "../../../../core/series.ts";
import { amountsAt } from "../../../../web/server/capacity/rows.ts";
import { keyOf, thingOf } from "../../../../web/server/capacity/things.ts";
import { type Random, randomFrom } from "../../../core/forecast/usage-histories.ts";
import { silentAsking } from "./capacity-site.ts";

const AT = epochMsOf(Date.UTC(2026, 2, 2));
const FILTER = { scope: "host" } as const;

interface Told {
  readonly labels: Labels;
  readonly used: number;
  readonly total: number | undefined;
  readonly minutesAgo: number;
}

/** Hosts of three clusters, many of them equally full, some without a total, some of an older round, some told twice. */
function madeUp(random: Random): readonly Told[] {
  return Array.from({ length: 300 }, (_, i): Told => {
    const twin: Labels = random() < 0.1 ? { note: `${i}` } : {};
    const place = { cluster: `c${Math.floor(random() * 3)}`, host: `h-${Math.floor(random() * 120)}` };
    const total = [undefined, -1, 0, 10, 10, 10, 20][Math.floor(random() * 7)];
    return {
      labels: { ...place, ...twin, scope: "host", resource: random() < 0.5 ? "vcpus" : "memory" },
      ...{
        used: random() < 0.5 ? Math.floor(random() * 10) : random() * 10,
        total,
        minutesAgo: random() < 0.2 ? 16 : random() * 10,
      },
    };
  }).filter(({ labels }, i, all) => all.findIndex((one) => sameLabels(one.labels, labels)) === i);
}

const sameLabels = (a: Labels, b: Labels) => JSON.stringify(a) === JSON.stringify(b);

function shuffled<T>(items: readonly T[], random: Random): readonly T[] {
  return items
    .map((item) => ({ item, place: random() }))
    .toSorted((a, b) => a.place - b.place)
    .map(({ item }) => item);
}

/** All of them, one by one. */
function slowly(told: readonly Told[]) {
  const things = new Map(told.map((one) => [keyOfTold(one), one]));
  const totals = new Map(told.flatMap((one) => (one.total === undefined ? [] : [[keyOfTold(one), one.total]])));
  const last = Map.groupBy(things.values(), ({ labels }) => labels.cluster);
  const newest = (cluster: string | undefined) => Math.min(...(last.get(cluster) ?? []).map((one) => one.minutesAgo));
  return [...things]
    .filter(([, one]) => one.minutesAgo - newest(one.labels.cluster) <= 15)
    .map(([key, { used }]) => {
      const limit = totals.get(key);
      const total = limit === undefined || limit < 0 ? undefined : limit;
      return { key, used, total, share: total === undefined || total === 0 ? -1 : used / total };
    })
    .toSorted((a, b) => b.share - a.share || (a.key < b.key ? -1 : 1))
    .map(({ share: _, ...row }) => row);
}

function keyOfTold({ labels }: Told): string {
  const thing = thingOf(labels, "host");
  return thing === undefined ? "" : keyOf(thing);
}

describe("the fullest are those that come first when all are sorted", () => {
  test.each([
    ["in one order", false, [1, 2, 3, 10, 20, 50, 500]],
    ["in other orders", true, [1, 2, 3, 10, 20, 50, 500]],
  ])("answers %s", async (_name, mixed, limits) => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const random = randomFrom(seed);
    // Which of two that name the same thing counts is open where the answers have them in different orders.
    const told = madeUp(random).filter(({ labels }) => !mixed || labels.note === undefined);
    const asking = silentAsking({
      instant: async (query, at) => {
        const answer = query.includes("_total") ? told.filter(({ total }) => total !== undefined) : told;
        return (mixed ? shuffled(answer, random) : answer).map(({ labels, used, total = 0, minutesAgo }) => ({
          labels: { ...labels },
          at,
          value: query.includes("_total") ? total : query.startsWith("timestamp") ? AT / 1_000 - minutesAgo * 60 : used,
        }));
      },
    });
    const slow = slowly(told);
    for (const most of limits) {
      const { rows, found } = await amountsAt(asking, { filter: FILTER, at: AT, most });
      const shown = rows.map(({ thing, used, total }) => ({ key: keyOf(thing), used, total }));
      expect({ seed, most, found, shown }).toEqual({ seed, most, found: slow.length, shown: slow.slice(0, most) });
    }
  });
});
