import { type EpochMs, epochMsOf } from "../../../core/clock.ts";
import { DAY_MS, HOUR_MS, type Usage } from "../../../core/forecast/history.ts";
import { type Forecast, forecastRunOut } from "../../../core/forecast/run-out.ts";
import type { Series } from "../../../core/series.ts";
import type { RangeOfQuery } from "../../../promql/evaluate.ts";
import type { CapacityThing, ForecastSchema } from "../../api/capacity.ts";
import type { Asking } from "./asking.ts";
import { capacityTurns } from "./capacity-turns.ts";
import type { Foretold } from "./forecast-memory.ts";
import type { Amounts } from "./rows.ts";
import { portionsOf } from "./selector.ts";
import { type Group, groupsOf, keyOf, selectorsOfNamed, thingOf } from "./things.ts";

/** What a forecast looks back on. */
const LOOK_BACK_MS = 28 * DAY_MS;

export interface History {
  readonly used: Series | undefined;
  readonly total: Series | undefined;
}

/** Means of each step, by the key of the thing; of things without samples nothing. */
export async function historiesOf(
  asking: Asking,
  things: readonly CapacityThing[],
  range: RangeOfQuery,
): Promise<ReadonlyMap<string, History>> {
  const wanted = new Set(things.map(keyOf));
  const found = new Map<string, History>();
  for (const group of groupsOf(things)) {
    for (const names of namesOf(group)) {
      const { used, total } = selectorsOfNamed(group, names);
      const mean = (selector: string) => asking.range(`avg_over_time(${selector}[${range.stepMs}ms])`, range);
      put(found, await mean(used), { wanted, group, field: "used" });
      put(found, await mean(total), { wanted, group, field: "total" });
    }
  }
  return found;
}

/** A forecast for each of them, by key; those made in this hour are not made again. */
export async function forecastsOf(
  asking: Asking,
  rows: readonly Amounts[],
  at: EpochMs,
): Promise<ReadonlyMap<string, Foretold>> {
  const { forecasts: memory } = asking;
  const isFull = ({ used, total }: Amounts) => total !== undefined && total > 0 && used >= total;
  const unknown = rows.filter((row) => !isFull(row) && memory.get(keyOf(row.thing), row.total, at) === undefined);
  const things = unknown.map(({ thing }) => thing);
  const range = { from: epochMsOf(Math.max(0, at - LOOK_BACK_MS)), to: at, stepMs: HOUR_MS };
  const histories = await historiesOf(asking, things, range);
  const forecasts = await capacityTurns.map(rows, (row): readonly [string, Foretold] => {
    const { thing, total } = row;
    const key = keyOf(thing);
    // The last hour's mean is behind what is used now.
    if (isFull(row)) return [key, { forecast: { kind: "full" }, knownSinceMs: undefined }];
    const known = memory.get(key, total, at);
    if (known !== undefined) return [key, known];
    const usage = usageOf(histories.get(key));
    // A limit that was lifted is in the history still.
    const forecast: Forecast =
      total === undefined ? { kind: "unknown", reason: "no_total" } : forecastRunOut(usage, at);
    const foretold: Foretold = { forecast, knownSinceMs: usage.timesMs[0] };
    if (asking.isWhole()) memory.keep(key, at, { total, foretold });
    return [key, foretold];
  });
  return new Map(forecasts);
}

/** Keys of `forecastsOfRegions`. */
export const regionKey = ({ cluster, subnet_id, region }: CapacityThing): string =>
  [cluster, subnet_id ?? "", region ?? ""].join("\u0000");

/**
 * What each region has of a subnet, all its ranges together: it gets addresses of any of them. A range that was made longer is another
 * one by its name, and its history is that of what it was. By `regionKey`.
 */
export async function forecastsOfRegions(
  asking: Asking,
  ranges: readonly Amounts[],
  at: EpochMs,
): Promise<ReadonlyMap<string, Forecast>> {
  const span = { from: epochMsOf(Math.max(0, at - LOOK_BACK_MS)), to: at, stepMs: HOUR_MS };
  const histories = new Map<string, History>();
  for (const group of groupsOf(ranges.map(({ thing }) => thing))) {
    for (const names of namesOf(group)) {
      const selectors = selectorsOfNamed(group, names);
      for (const field of ["used", "total"] as const) {
        const mean = `avg_over_time(${selectors[field]}[${HOUR_MS}ms])`;
        for (const one of await asking.range(`sum by (cluster, region, subnet_id) (${mean})`, span)) {
          const thing = thingOf(one.labels, "range");
          if (thing === undefined) continue;
          const key = regionKey(thing);
          histories.set(key, { used: undefined, total: undefined, ...histories.get(key), [field]: one });
        }
      }
    }
  }
  const byRegion = [...Map.groupBy(ranges, ({ thing }) => regionKey(thing))];
  const forecasts = await capacityTurns.map(byRegion, ([key, own]): readonly [string, Forecast] => {
    const isFull = own.every(({ used, total = 0 }) => used >= total);
    return [key, isFull ? { kind: "full" } : forecastRunOut(usageOf(histories.get(key)), at)];
  });
  return new Map(forecasts);
}

/** A thing without a limit has a total of none. */
function usageOf(history: History | undefined): Usage {
  const { used, total } = history ?? {};
  if (used === undefined) return { timesMs: [], used: [], total: [] };
  const totals = new Map(Array.from(total?.timesMs ?? [], (at, i) => [at, total?.values[i] ?? -1]));
  let last = total?.values[0] ?? -1;
  const totalThen = Array.from(used.timesMs, (at) => {
    last = totals.get(at) ?? last;
    return last;
  });
  return { timesMs: used.timesMs, used: used.values, total: totalThen };
}

export function forecastJson(forecast: Forecast, withCone = false): ForecastSchema {
  switch (forecast.kind) {
    case "runs_out":
      return {
        kind: forecast.kind,
        earliest: forecast.earliestMs,
        likely: forecast.likelyMs,
        latest: forecast.latestMs,
        per_day: forecast.perDay,
        since: forecast.sinceMs,
        ...(withCone ? { cone: forecast.cone.map(({ atMs, ...values }) => ({ at: atMs, ...values })) } : {}),
      };
    case "lasts":
      return { kind: forecast.kind, until: forecast.untilMs, per_day: forecast.perDay };
    default:
      return forecast;
  }
}

/** Of a group whose things have no name of their own, all are asked about. */
function namesOf({ label, things }: Group): readonly (readonly string[])[] {
  if (label === undefined) return [[]];
  return portionsOf([...new Set(things.map((thing) => thing[label] ?? ""))]);
}

function put(
  found: Map<string, History>,
  series: readonly Series[],
  by: { readonly wanted: ReadonlySet<string>; readonly group: Group; readonly field: keyof History },
): void {
  for (const one of series) {
    const thing = thingOf(one.labels, by.group.filter.scope);
    if (thing === undefined) continue;
    const key = keyOf(thing);
    if (!by.wanted.has(key)) continue;
    const history = found.get(key) ?? { used: undefined, total: undefined };
    found.set(key, { ...history, [by.field]: one });
  }
}
