import { expect, test } from "vitest";
import { epochMsOf } from "../../../../core/clock.ts";
import { DAY_MS, HOUR_MS } from "../../../../core/forecast/history.ts";
import type { Point } from "../../../../core/line-protocol.ts";
import { evaluateInstant, type RangeOfQuery } from "../../../../promql/evaluate.ts";
import type { SeriesSource } from "../../../../promql/source.ts";
import type { CapacityPeaksResponse } from "../../../../web/api/capacity.ts";
import { busiestHosts } from "../../../../web/server/capacity/busiest-hosts.ts";
import { cpuOf } from "../../../../web/server/capacity/host-load.ts";
import { peaksOf } from "../../../../web/server/capacity/peaks.ts";
import { randomFrom } from "../../../core/forecast/usage-histories.ts";
import { silentAsking, startCapacitySite } from "./capacity-site.ts";

const MINUTE_MS = 60_000;
const CPUS = 4;

/** Four minutes before a moment, with one share of the processors busy. */
function readingAt(moment: number, host: string, busy: number): Point[] {
  return [4, 3, 2, 1, 0].flatMap((minutes): Point[] => {
    const at = epochMsOf(moment - minutes * MINUTE_MS);
    return [
      {
        ...{ measurement: "cpu", tags: { host, cpu: "all" }, at },
        fields: { idle_s: 1e6 + (4 - minutes) * 60 * CPUS * (1 - busy) },
      },
      { measurement: "system", tags: { host }, fields: { cpus: CPUS }, at },
    ];
  });
}

test("hosts come by the highest reading of each of the last 24 hours, as looking at every reading says", async () => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  const random = randomFrom(seed);
  const site = await startCapacitySite();
  const highest = new Map<string, number>();
  const points: Point[] = [];
  for (let number = 0; number < 40; number++) {
    const host = `compute-${number}`;
    for (let hour = 0; hour < 26; hour++) {
      // Most hosts are silent in some of the hours, and the last ones in all that count.
      if (random() < 0.6 || (number >= 37 && hour < 24)) continue;
      const busy = Math.round(random() * 1_000) / 1_000;
      points.push(...readingAt(site.now - hour * HOUR_MS, host, busy));
      if (hour < 24) highest.set(host, Math.max(busy, highest.get(host) ?? 0));
    }
    // What is between the readings does not count.
    points.push(...readingAt(site.now - HOUR_MS / 2, host, 1));
  }
  await site.write(points);
  const body = (await site.get("/api/v1/capacity/peaks?weeks=1&limit=20")).body as CapacityPeaksResponse;
  const slow = [...highest].toSorted(([a, one], [b, other]) => other - one || (a < b ? -1 : 1)).map(([host]) => host);
  expect({ seed, found: body.found, hosts: body.hosts.map(({ host }) => host) }).toEqual({
    ...{ seed, found: highest.size },
    hosts: slow.slice(0, 20),
  });
});

test("a host is one, whether its labels come as the same object or not; what is no number is no load", async () => {
  const answers = [
    { a: 0.2, b: 0.4, c: 0.1, "no-processors": Number.NaN },
    { a: 0.3, b: 0.1, c: 0.5 },
    { a: 0.1, c: Number.NaN },
  ];
  const asking = silentAsking({
    instant: async (_query, at) =>
      Object.entries(answers.shift() ?? {}).map(([host, value]) => ({ labels: { cluster: "c1", host }, at, value })),
  });
  const found = await busiestHosts(asking, { cluster: undefined, host: undefined, at: epochMsOf(DAY_MS) });
  expect(found.map(({ host }) => host)).toEqual(["c", "b", "a", "no-processors"]);
});

test("a reading needs five minutes of samples, however old the last one may be", async () => {
  const spans: number[] = [];
  const select: SeriesSource["select"] = async ({ from, to }) => {
    spans.push(to - from);
    return [];
  };
  await evaluateInstant(cpuOf({}), epochMsOf(DAY_MS), { source: { select }, lookbackMs: DAY_MS });
  expect(spans).toHaveLength(2);
  expect(Math.max(...spans)).toBeLessThanOrEqual(5 * MINUTE_MS);
});

test.each([1, 2, 3, 4, 5, 6, 7, 8])(
  "%i weeks are read, each five minutes once, in queries that are not too long",
  async (weeks) => {
    const ranges: RangeOfQuery[] = [];
    const asking = silentAsking({
      instant: async () => [{ labels: { cluster: "c1", host: "one" }, at: epochMsOf(0), value: 1 }],
      range: async (query, range) => {
        if (query.includes("cpu_idle_s")) ranges.push(range);
        return [];
      },
    });
    const at = epochMsOf(Date.UTC(2026, 2, 2));
    await peaksOf(asking, { cluster: "c1", host: "one", at, weeks, offsetMinutes: 0, limit: 1 });
    const read = ranges.flatMap(({ from, to, stepMs }) => {
      const steps = Math.floor((to - from) / stepMs) + 1;
      expect(steps).toBeLessThanOrEqual(11_000);
      return Array.from({ length: steps }, (_, step) => from + step * stepMs);
    });
    const wanted = Array.from(
      { length: weeks * 7 * 288 + 1 },
      (_, step) => at - weeks * 7 * DAY_MS + step * 5 * MINUTE_MS,
    );
    expect(read).toEqual(wanted);
  },
);

test("eight weeks are answered", async () => {
  const site = await startCapacitySite();
  await site.write([50 * DAY_MS, 0].flatMap((ago) => readingAt(site.now - ago, "old", 0.5)));
  const { status, body } = await site.get("/api/v1/capacity/peaks?weeks=8&host=old");
  expect(status).toBe(200);
  const [old] = (body as CapacityPeaksResponse).hosts;
  expect(old?.cpu.p95.filter((value) => value !== null)).toEqual([expect.closeTo(0.5, 5), expect.closeTo(0.5, 5)]);
});
