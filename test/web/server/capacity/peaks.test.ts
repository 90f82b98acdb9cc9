import { describe, expect, test } from "vitest";
import { epochMsOf } from "../../../../core/clock.ts";
import { HOUR_MS } from "../../../../core/forecast/history.ts";
import type { Point } from "../../../../core/line-protocol.ts";
import type { CapacityPeaksResponse } from "../../../../web/api/capacity.ts";
import { hourOfWeek, weekProfile } from "../../../../web/server/capacity/peaks.ts";
import { startCapacitySite } from "./capacity-site.ts";

const STEP_MS = 60_000;

describe("hours of the week", () => {
  test.each([
    ["2026-03-02T00:00:00Z", 0, 0],
    ["2026-03-02T00:59:59Z", 0, 0],
    ["2026-03-08T23:30:00Z", 0, 167],
    ["2026-03-08T16:00:00Z", 480, 0],
    ["2026-03-02T02:00:00Z", -180, 167],
    ["1970-01-01T00:00:00Z", 0, 72],
  ])("%s, %i minutes ahead of UTC", (text, offset, expected) => {
    expect(hourOfWeek(Date.parse(text), offset)).toBe(expected);
  });

  test("an hour's value is what 95 % of its readings are at most, over all weeks", () => {
    const monday = Date.UTC(2026, 2, 2);
    const at = Array.from(
      { length: 40 },
      (_, i) => monday + ((i % 20) * 2 + 6) * 60_000 + (i < 20 ? 0 : 168 * HOUR_MS),
    );
    const values = at.map((_, i) => i + 1);
    const profile = weekProfile([{ labels: {}, timesMs: Float64Array.from(at), values: Float64Array.from(values) }], 0);
    expect(profile.p95.filter((value) => value !== null).length).toBeLessThanOrEqual(2);
    expect(profile.p95[0]).toBeCloseTo(38.05, 1);
    expect(profile.busiest[0]).toEqual({ hour: 0, value: profile.p95[0] });
  });
});

/** A host that is busy in one hour of the day, and what its card carries then. */
function hostPoints(
  host: string,
  now: number,
  days: number,
  of: (hourUtc: number) => { busy: number; bps: number },
): Point[] {
  const points: Point[] = [];
  let [idle, bytes] = [0, 0];
  for (let at = now - days * 24 * HOUR_MS; at <= now; at += STEP_MS) {
    const { busy, bps } = of(new Date(at - 1).getUTCHours());
    idle += (STEP_MS / 1_000) * 4 * (1 - busy);
    bytes += (bps / 8) * (STEP_MS / 1_000);
    const moment = epochMsOf(at);
    points.push(
      { measurement: "cpu", tags: { host, cpu: "all" }, fields: { idle_s: idle }, at: moment },
      { measurement: "system", tags: { host }, fields: { cpus: 4 }, at: moment },
      {
        measurement: "net_if",
        tags: { host, interface: "eth0", kind: "nic" },
        fields: { rx_bytes: bytes, tx_bytes: 0 },
        at: moment,
      },
      {
        measurement: "net_if",
        tags: { host, interface: "bond0", kind: "bond" },
        fields: { rx_bytes: bytes * 3, tx_bytes: 0 },
        at: moment,
      },
    );
  }
  return points;
}

test("each host's busiest hours are told, and the busiest host first", async () => {
  const site = await startCapacitySite();
  const peak = (hour: number) => (now: number) => (now === hour ? { busy: 0.9, bps: 8e6 } : { busy: 0.1, bps: 1e6 });
  await site.write(hostPoints("evening", site.now, 3, peak(20)));
  await site.write(hostPoints("idle", site.now, 3, () => ({ busy: 0.05, bps: 1e3 })));
  const all = (await site.get("/api/v1/capacity/peaks?weeks=1")).body as CapacityPeaksResponse;
  expect(all.found).toBe(2);
  expect(all.hosts.map(({ host }) => host)).toEqual(["evening", "idle"]);
  const [evening] = all.hosts;
  expect(evening?.cpu.busiest.slice(0, 2).map(({ hour }) => hour % 24)).toEqual([20, 20]);
  expect(evening?.cpu.busiest[0]?.value).toBeCloseTo(0.9, 1);
  expect(evening?.network.busiest[0]?.value).toBeCloseTo(8e6, -6);
  const shifted = (await site.get("/api/v1/capacity/peaks?weeks=1&host=evening&offset_minutes=120")).body;
  expect((shifted as CapacityPeaksResponse).hosts[0]?.cpu.busiest[0]?.hour).toBe(
    ((evening?.cpu.busiest[0]?.hour ?? 0) + 2) % 168,
  );
  expect((await site.get("/api/v1/capacity/peaks?limit=1")).body).toMatchObject({
    found: 2,
    hosts: [{ host: "evening" }],
  });
  expect((await site.get("/api/v1/capacity/peaks?host=nobody")).body).toMatchObject({ found: 0, hosts: [] });
});
