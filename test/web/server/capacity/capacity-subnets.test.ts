import { expect, test } from "vitest";
import { DAY_MS } from "../../../../core/forecast/history.ts";
import type { CapacitySubnetsResponse } from "../../../../web/api/capacity.ts";
import { pointsUntil, range, startCapacitySite } from "./capacity-site.ts";

const subnetsOf = (body: unknown) => (body as CapacitySubnetsResponse).subnets;

test("a subnet cut into ranges: the region whose range runs out is told, and that the others have plenty", async () => {
  const site = await startCapacitySite();
  await site.write([
    ...pointsUntil(site.now, { days: 20 }, (ago) =>
      range({ region: "north", range: "10.0.0.2-10.0.0.255" }, Math.round(244 - 10 * ago), 254),
    ),
    ...pointsUntil(site.now, { days: 20 }, () => range({ region: "south", range: "10.0.1.0-10.0.1.255" }, 30, 256)),
    ...pointsUntil(site.now, { days: 20 }, () => range({ region: "east", range: "10.0.2.0-10.0.3.254" }, 11, 511)),
  ]);
  const { status, body } = await site.get("/api/v1/capacity/subnets");
  expect(status).toBe(200);
  expect(subnetsOf(body)).toMatchObject([
    {
      subnet: "public",
      subnet_ids: ["sub-1"],
      used: 285,
      total: 1_021,
      available: 736,
      ranges: [
        { region: "north", range: "10.0.0.2-10.0.0.255", available: 10 },
        { region: "south", available: 226 },
        { region: "east", available: 500 },
      ],
      regions: [
        { region: "north", ranges: 1, available: 10, forecast: { kind: "runs_out" } },
        { region: "south", ranges: 1, available: 226, forecast: { kind: "lasts" } },
        { region: "east", ranges: 1, available: 500, forecast: { kind: "lasts" } },
      ],
      fragmentation: { free: 736, largest_free: 500, share: expect.closeTo(1 - 500 / 736, 9) },
      overlaps: [],
    },
  ]);
  const forecast = subnetsOf(body)[0]?.regions[0]?.forecast;
  expect(forecast?.kind === "runs_out" ? (forecast.likely - site.now) / DAY_MS : 0).toBeCloseTo(1, 0);
  const south = subnetsOf((await site.get("/api/v1/capacity/subnets?region=south")).body);
  expect(south.map(({ ranges }) => ranges.map(({ region }) => region))).toEqual([["south"]]);
});

test("a region that was given another range has the history of what it had, and is not out of addresses when one range is", async () => {
  const site = await startCapacitySite();
  const growing = (ago: number) => Math.round(450 - 15 * ago);
  const parted = (ago: number, more: number) =>
    range(
      { region: "north", range: more === 0 ? "10.0.0.2-10.0.0.255" : "10.0.4.0-10.0.5.254" },
      Math.max(0, Math.min(254, growing(ago) - more)),
      more === 0 ? 254 : 511,
    );
  await site.write([
    ...pointsUntil(site.now, { days: 20 }, (ago) => parted(ago, 0)),
    ...pointsUntil(site.now, { days: 14 }, (ago) => parted(ago, 254)),
  ]);
  const [subnet] = subnetsOf((await site.get("/api/v1/capacity/subnets")).body);
  expect(subnet?.ranges.map(({ available }) => available)).toEqual([0, 315]);
  const [north] = subnet?.regions ?? [];
  expect(north).toMatchObject({ ranges: 2, used: 450, total: 765, forecast: { kind: "runs_out" } });
  const { forecast } = north ?? {};
  if (forecast?.kind !== "runs_out") throw new Error("nothing is foretold");
  expect((forecast.likely - site.now) / DAY_MS).toBeCloseTo(21, 0);
  expect((site.now - forecast.since) / DAY_MS).toBeGreaterThan(18);
});

test("regions with a Neutron each: the same network is one subnet, and addresses that two of them give out are told", async () => {
  const site = await startCapacitySite();
  const whole = (region: string, id: string, subnet: string) => ({
    measurement: "os_subnet_ip",
    tags: { region, subnet_id: id, subnet, cidr: "10.1.0.0/16" },
    fields: { used: 1, total: 10 },
    at: site.now,
  });
  const cut = (region: string, id: string, text: string, subnet: string) => ({
    measurement: "os_subnet_range",
    tags: { region, range: text, subnet_id: id, subnet },
    fields: { used: 1, total: 10 },
    at: site.now,
  });
  await site.write([
    whole("r1", "a", "shared"),
    whole("r2", "b", "shared"),
    cut("r1", "a", "10.1.0.10-10.1.0.19", "shared"),
    cut("r2", "b", "10.1.0.15-10.1.0.24", "shared"),
    // Of two projects of one region: the same name and addresses by chance.
    whole("r1", "p1", "private"),
    whole("r1", "p2", "private"),
    cut("r1", "p1", "10.1.0.2-10.1.0.11", "private"),
    cut("r1", "p2", "10.1.0.2-10.1.0.11", "private"),
  ]);
  const subnets = subnetsOf((await site.get("/api/v1/capacity/subnets")).body);
  expect(subnets.map(({ subnet, subnet_ids }) => [subnet, subnet_ids])).toEqual([
    ["private", ["p1"]],
    ["private", ["p2"]],
    ["shared", ["a", "b"]],
  ]);
  expect(subnets.flatMap(({ overlaps }) => overlaps)).toEqual([
    { regions: ["r1", "r2"], ranges: ["10.1.0.10-10.1.0.19", "10.1.0.15-10.1.0.24"], addresses: 5 },
  ]);
});
