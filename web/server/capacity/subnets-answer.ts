import type { EpochMs } from "../../../core/clock.ts";
import type { CapacitySubnetsResponse } from "../../api/capacity.ts";
import type { Asking } from "./asking.ts";
import { forecastJson, forecastsOf } from "./histories.ts";
import { amountsAt } from "./rows.ts";
import { cutSubnets, subnetJson } from "./subnet-cuts.ts";
import { type CapacityFilter, keyOf } from "./things.ts";

/** Ranges of which forecasts are made; those of further subnets are told without. */
const MOST_FORECASTS = 500;

export async function subnetsAnswer(
  asking: Asking,
  asked: { readonly filter: CapacityFilter; readonly at: EpochMs; readonly limit: number },
): Promise<CapacitySubnetsResponse> {
  const { filter, at, limit } = asked;
  const { rows, clusters } = await amountsAt(asking, { ...filter, scope: "range" }, at);
  const whole = await amountsAt(asking, { ...filter, scope: "subnet" }, at);
  const cidrs = new Map(
    whole.rows.flatMap(({ thing: { subnet_id: id, cidr } }) =>
      id === undefined || cidr === undefined ? [] : [[id, cidr]],
    ),
  );
  const found = cutSubnets(rows, cidrs);
  const shown = found.slice(0, limit);
  const shownRanges = shown.flatMap(({ ranges }) => ranges).slice(0, MOST_FORECASTS);
  const forecasts = await forecastsOf(asking, shownRanges, at);
  return {
    at,
    clusters: [...clusters],
    subnets: shown.map((subnet) => {
      const json = subnetJson(subnet);
      const ranges = json.ranges.map((range, i) => {
        const thing = subnet.ranges[i]?.thing;
        const said = thing === undefined ? undefined : forecasts.get(keyOf(thing));
        return said === undefined ? range : { ...range, forecast: forecastJson(said) };
      });
      return { ...json, ranges };
    }),
    found: found.length,
  };
}
