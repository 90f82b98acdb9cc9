import { describe, expect, test } from "vitest";
import { epochMsOf } from "../../../../core/clock.ts";
import { DAY_MS, HOUR_MS } from "../../../../core/forecast/history.ts";
import type { CapacityHistoryResponse, CapacityResponse } from "../../../../web/api/capacity.ts";
import { capacity, pointsUntil, startCapacitySite } from "./capacity-site.ts";

const rowsOf = (body: unknown) => (body as CapacityResponse).rows;

describe("what there is now", () => {
  test("is what OpenStack said last, the fullest first, with what is left", async () => {
    const site = await startCapacitySite();
    const at = epochMsOf(site.now - 60_000);
    await site.write([
      { ...capacity({ resource: "vcpus", scope: "cluster" }, 60, 100), at },
      { ...capacity({ resource: "memory", scope: "cluster" }, 90, 100), at },
      { ...capacity({ resource: "vcpus", scope: "zone", zone: "az1", region: "r1" }, 20, 100), at },
      { ...capacity({ resource: "vcpus", scope: "host", host: "c-1" }, 99, 100), at },
      { ...capacity({ resource: "floating_ips", scope: "project", project_id: "p-1" }, 4, -1), at },
    ]);
    const { status, body } = await site.get("/api/v1/capacity");
    expect(status).toBe(200);
    expect(body).toMatchObject({
      at: site.now,
      clusters: [{ cluster: "c1", synced_at: at, stale: false }],
      found: 3,
    });
    expect(rowsOf(body)).toEqual([
      {
        thing: { cluster: "c1", resource: "memory", scope: "cluster" },
        used: 90,
        total: 100,
        available: 10,
        share: 0.9,
        at,
        forecast: { kind: "unknown", reason: "too_little_history" },
        known_since: site.now,
      },
      expect.objectContaining({ thing: { cluster: "c1", resource: "vcpus", scope: "cluster" }, available: 40 }),
      expect.objectContaining({
        thing: { cluster: "c1", resource: "vcpus", scope: "zone", zone: "az1", region: "r1" },
        available: 80,
      }),
    ]);
    const hosts = rowsOf((await site.get("/api/v1/capacity?scope=host&resource=vcpus")).body);
    expect(hosts.map(({ thing, share }) => [thing.host, share])).toEqual([["c-1", 0.99]]);
    const [quota] = rowsOf((await site.get("/api/v1/capacity?scope=project&project_id=p-1")).body);
    expect(quota?.thing).toMatchObject({ project_id: "p-1", project: "shop" });
    expect(quota).toMatchObject({ used: 4, forecast: { kind: "unknown", reason: "no_total" } });
    expect(quota).not.toHaveProperty("total");
  });

  test("is as it was when the sync has stopped, and says so; what the last round did not tell of is gone", async () => {
    const site = await startCapacitySite();
    const last = epochMsOf(site.now - 2 * HOUR_MS);
    await site.write([
      { ...capacity({ resource: "vcpus", scope: "zone", zone: "az1" }, 60, 100), at: last },
      { ...capacity({ resource: "vcpus", scope: "zone", zone: "az2" }, 99, 100), at: epochMsOf(last - HOUR_MS) },
    ]);
    const { body } = await site.get("/api/v1/capacity?scope=zone");
    expect(body).toMatchObject({ clusters: [{ cluster: "c1", synced_at: last, stale: true }] });
    expect(rowsOf(body).map(({ thing }) => thing.zone)).toEqual(["az1"]);
  });

  test("has as many rows as were asked for, and tells how many there are", async () => {
    const site = await startCapacitySite();
    const at = site.now;
    await site.write(
      Array.from({ length: 300 }, (_, i) => ({
        ...capacity({ resource: "vcpus", scope: "host", host: `compute-${i}.example (spare)` }, i, 300),
        at,
      })),
    );
    const { body } = await site.get("/api/v1/capacity?scope=host&limit=200");
    expect((body as CapacityResponse).found).toBe(300);
    expect(rowsOf(body)).toHaveLength(200);
    expect(rowsOf(body)[0]?.thing.host).toBe("compute-299.example (spare)");
    expect(rowsOf(body).every(({ forecast }) => forecast?.kind === "unknown")).toBe(true);
  });

  test("nothing is there before OpenStack was asked", async () => {
    const site = await startCapacitySite();
    expect((await site.get("/api/v1/capacity")).body).toMatchObject({ clusters: [], rows: [], found: 0 });
  });
});

describe("when it runs out", () => {
  test("is said of what grows, day by day, and not of what lasts; each with its own history", async () => {
    const site = await startCapacitySite();
    const zone = (name: string) => ({ resource: "vcpus", scope: "zone", zone: name });
    const at = { days: 21 };
    await site.write([
      ...pointsUntil(site.now, at, (ago) => capacity(zone("grows"), Math.round(800 - 20 * ago), 1_000)),
      ...pointsUntil(site.now, at, () => capacity(zone("lasts"), 700, 1_000)),
      ...pointsUntil(site.now, at, (ago) => capacity(zone("full"), Math.min(500, Math.round(505 - ago)), 500)),
    ]);
    const rows = rowsOf((await site.get("/api/v1/capacity?scope=zone")).body);
    const said = Object.fromEntries(rows.map(({ thing, forecast }) => [thing.zone, forecast]));
    expect(said.full).toEqual({ kind: "full" });
    expect(said.lasts).toMatchObject({ kind: "lasts" });
    expect(said.grows).toMatchObject({ kind: "runs_out", per_day: expect.closeTo(20, 0) });
    const grows = said.grows?.kind === "runs_out" ? said.grows : undefined;
    expect(((grows?.likely ?? 0) - site.now) / DAY_MS).toBeCloseTo(10, 0);
    expect(grows).not.toHaveProperty("cone");

    const { body } = await site.get("/api/v1/capacity/history?scope=zone&zone=grows&from=now-4d&step=1d");
    const history = body as CapacityHistoryResponse;
    expect(history).toMatchObject({ to: site.now, step_ms: DAY_MS, found: 1 });
    expect(history.times).toHaveLength(5);
    const [{ used = [], total = [], forecast } = {}] = history.histories;
    expect(used.map((value) => Math.round((value ?? 0) / 10) * 10)).toEqual([710, 730, 750, 770, 790]);
    expect(total).toEqual([1_000, 1_000, 1_000, 1_000, 1_000]);
    expect(forecast).toMatchObject({ kind: "runs_out", cone: expect.arrayContaining([]) });
    expect(forecast?.kind === "runs_out" ? forecast.cone?.length : 0).toBeGreaterThan(5);

    const before = rowsOf((await site.get("/api/v1/capacity?scope=zone&zone=grows&at=now-5d")).body);
    expect(before[0]?.used).toBe(700);
  });

  test.each([
    ["is told as none", -1],
    ["is not told", undefined],
  ])("is never, of a quota that was lifted five days ago: the limit %s", async (_how, none) => {
    const site = await startCapacitySite();
    const quota = { resource: "vcpus", scope: "project", project_id: "p-1" };
    const points = pointsUntil(site.now, { days: 21 }, (ago) =>
      capacity(quota, Math.round(800 - 20 * ago), ago > 5 ? 1_000 : none),
    );
    await site.write(points);
    const [row] = rowsOf((await site.get("/api/v1/capacity?scope=project")).body);
    expect(row).toMatchObject({ used: 800, forecast: { kind: "unknown", reason: "no_total" } });
    expect(row).not.toHaveProperty("total");
    expect(row?.known_since).toBe(site.now - 21 * DAY_MS);
    const { body } = await site.get("/api/v1/capacity/history?scope=project");
    expect((body as CapacityHistoryResponse).histories).toMatchObject([
      { forecast: { kind: "unknown", reason: "no_total" } },
    ]);
  });
});

describe("what makes no sense is refused with what to do", () => {
  test.each([
    ["/api/v1/capacity?scope=planet", 400, "http.invalid"],
    ["/api/v1/capacity?limit=501", 400, "http.invalid"],
    ["/api/v1/capacity?at=yesterday-ish!", 400, "time.unknown_form"],
    ["/api/v1/capacity?at=main@r12", 400, "time.unknown_form"],
    ["/api/v1/capacity/history?from=now&to=now-1d", 400, "time.span_empty"],
    ["/api/v1/capacity/history?step=1s", 400, "capacity.step_invalid"],
    ["/api/v1/capacity/history?from=now-30d&step=1m", 400, "capacity.step_invalid"],
    ["/api/v1/capacity/history?from=now-801d", 400, "capacity.span_too_long"],
    ["/api/v1/capacity/peaks?weeks=9", 400, "http.invalid"],
  ])("%s", async (url, expected, code) => {
    const site = await startCapacitySite();
    const { status, body } = await site.get(url);
    expect({ status, body }).toMatchObject({ status: expected, body: { code, hint: expect.any(String) } });
  });

  test("a quote in a name is a name and nothing else", async () => {
    const site = await startCapacitySite();
    await site.write([
      { ...capacity({ resource: "vcpus", scope: "zone", zone: 'a"} or vector(1)' }, 1, 2), at: site.now },
    ]);
    const asked = encodeURIComponent('a"} or vector(1)');
    expect(rowsOf((await site.get(`/api/v1/capacity?scope=zone&zone=${asked}`)).body)).toHaveLength(1);
  });
});
