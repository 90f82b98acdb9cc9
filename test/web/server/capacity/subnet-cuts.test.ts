import { expect, test } from "vitest";
import { epochMsOf } from "../../../../core/clock.ts";
import type { Amounts } from "../../../../web/server/capacity/rows.ts";
import { cutSubnets, subnetJson } from "../../../../web/server/capacity/subnet-cuts.ts";

const rangeOf = (range: string, used: number, total: number): Amounts => ({
  ...{ at: epochMsOf(0), used, total },
  thing: { cluster: "c", resource: "addresses", scope: "range", subnet_id: "s1", region: "r1", range },
});

test("what is free in small ranges that are told together is not free in one range", () => {
  const ranges = [rangeOf("10.0.0.0-10.0.0.99", 40, 100), rangeOf("rest", 100, 1_000)];
  const [subnet] = cutSubnets(ranges, new Map()).map(subnetJson);
  expect(subnet).toMatchObject({
    fragmentation: { free: 960, largest_free: 60 },
    regions: [{ used: 140, total: 1_100 }],
  });
});
