import type { EpochMs } from "../../../core/clock.ts";
import type { CapacitySubnetsResponse } from "../../api/capacity.ts";
import type { Asking } from "./asking.ts";
import { forecastJson, forecastsOfRegions, regionKey } from "./histories.ts";
import { amountsAt } from "./rows.ts";
import { cutSubnets, subnetJson } from "./subnet-cuts.ts";
import type { CapacityFilter } from "./things.ts";

/** Ranges of whose regions forecasts are made; those of further subnets are told without. */
const MOST_FORECASTS = 500;

export async function subnetsAnswer(
  asking: Asking,
  asked: { readonly filter: CapacityFilter; readonly at: EpochMs; readonly limit: number },
): Promise<CapacitySubnetsResponse> {
  const { filter, at, limit } = asked;
  const { rows, clusters } = await amountsAt(asking, { filter: { ...filter, scope: "range" }, at });
  const whole = await amountsAt(asking, { filter: { ...filter, scope: "subnet" }, at });
  const cidrs = new Map(
    whole.rows.flatMap(({ thing: { subnet_id: id, cidr } }) =>
      id === undefined || cidr === undefined ? [] : [[id, cidr]],
    ),
  );
  const found = cutSubnets(rows, cidrs);
  const shown = found.slice(0, limit);
  const shownRanges = shown.flatMap(({ ranges }) => ranges).slice(0, MOST_FORECASTS);
  const forecasts = await forecastsOfRegions(asking, shownRanges, at);
  return {
    at,
    clusters: [...clusters],
    subnets: shown.map((subnet) => {
      const json = subnetJson(subnet);
      const regions = json.regions.map((region) => {
        const thing = subnet.ranges.find(({ thing: own }) => (own.region ?? "") === (region.region ?? ""))?.thing;
        const said = thing === undefined ? undefined : forecasts.get(regionKey(thing));
        return said === undefined ? region : { ...region, forecast: forecastJson(said) };
      });
      return { ...json, regions };
    }),
    found: found.length,
  };
}
