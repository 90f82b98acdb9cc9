import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type CapacityPeaksResponse, HOURS_PER_WEEK } from "../../../web/api/capacity.ts";
import { dayProfile, standingsOf } from "../../../web/ui/capacity/rebalancing.ts";

type HostPeaks = CapacityPeaksResponse["hosts"][number];
const NONE = { p95: Array.from({ length: HOURS_PER_WEEK }, () => null), busiest: [] };

function host(name: string, of: (hour: number) => number | null, cluster = "bj"): HostPeaks {
  const p95 = Array.from({ length: HOURS_PER_WEEK }, (_, hour) => of(hour));
  const busiest = [...p95.entries()]
    .flatMap(([hour, value]) => (value === null ? [] : [{ hour, value }]))
    .toSorted((a, b) => b.value - a.value)
    .slice(0, 5);
  return { cluster, host: name, cpu: { p95, busiest }, network: NONE };
}
/** Busy for three hours around one of each day. */
const daily = (peakHour: number, top: number) => (hour: number) =>
  Math.abs((hour % 24) - peakHour) <= 1 ? top - Math.abs((hour % 24) - peakHour) / 100 : 0.1;
const standing = (hosts: readonly HostPeaks[], name: string) =>
  standingsOf(hosts).find(({ peaks }) => peaks.host === name);

describe("who is busy together, and with whom a host might share", () => {
  const hosts = [
    host("day-1", daily(15, 0.95)),
    host("day-2", daily(15, 0.7)),
    host("night", daily(3, 0.6)),
    host("idle", () => 0.05),
    host("elsewhere", daily(15, 0.9), "gz"),
  ];

  test("those whose busiest hours are the same, in one cluster", () => {
    expect(standing(hosts, "day-1")?.together).toEqual(["day-2"]);
    expect(standing(hosts, "day-2")?.together).toEqual(["day-1"]);
    for (const name of ["night", "idle", "elsewhere"]) expect(standing(hosts, name)?.together).toEqual([]);
  });

  test("the host that takes most off the peak, with what both would be then; none busier than itself", () => {
    expect(standing(hosts, "day-1")?.partner).toEqual({
      host: "idle",
      thenBusy: 0.05,
      evenedPeak: expect.closeTo(0.5, 9),
    });
    const withoutIdle = hosts.filter(({ host: name }) => name !== "idle");
    expect(standing(withoutIdle, "day-1")?.partner).toMatchObject({ host: "night", thenBusy: 0.1 });
    expect(standing([host("a", daily(15, 0.9)), host("b", daily(15, 0.9))], "a")?.partner).toBeUndefined();
    // Nobody moves anything for a host that is never busy.
    expect(standing([host("a", daily(15, 0.25)), host("b", daily(3, 0.2))], "a")?.partner).toBeUndefined();
  });

  test("the busiest first; a host without readings last, and with nobody", () => {
    const silent = host("silent", () => null);
    const all = standingsOf([silent, ...hosts]);
    expect(all.map(({ peaks }) => peaks.host)).toEqual(["day-1", "elsewhere", "day-2", "night", "idle", "silent"]);
    expect(all.at(-1)).toMatchObject({ peak: undefined, together: [], partner: undefined });
  });
});

test("whatever the hours: evening out with the partner is better than the peak, and together is mutual", () => {
  const profile = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 24, maxLength: 24 });
  fc.assert(
    fc.property(fc.array(profile, { minLength: 1, maxLength: 8 }), (profiles) => {
      const hosts = profiles.map((values, i) => host(`h${i}`, (hour) => values[hour % 24] ?? 0));
      const standings = standingsOf(hosts);
      for (const { peaks, peak, partner, together } of standings) {
        if (partner !== undefined) expect(partner.evenedPeak).toBeLessThanOrEqual((peak?.value ?? 0) * 0.9 + 1e-9);
        for (const other of together) {
          expect(standings.find((one) => one.peaks.host === other)?.together).toContain(peaks.host);
        }
      }
    }),
    { numRuns: 50 },
  );
});

test("an hour of the day is the most of its days", () => {
  const { cpu } = host("a", (hour) => (hour === 3 * 24 + 5 ? 0.9 : hour % 24 === 7 ? null : 0.2));
  expect(dayProfile(cpu.p95)[5]).toBe(0.9);
  expect(dayProfile(cpu.p95)[6]).toBe(0.2);
  expect(dayProfile(cpu.p95)[7]).toBeNull();
});
