import { describe, expect, test } from "vitest";
import { METRIC_CATALOGUE } from "../../core/metric-catalogue.ts";
import type { Cloud } from "../../simulator/cloud/cloud.ts";
import { hostPoints } from "../../simulator/metrics/host-points.ts";
import { metricLines } from "../../simulator/metrics/metric-lines.ts";
import { vmPoints } from "../../simulator/metrics/vm-points.ts";
import { BUSY, dayOf, smallCloud } from "./small-cloud.ts";

const INTERVAL_MS = 10_000;
/** Measured beyond the catalogue: Open vSwitch's datapath. */
const BESIDES = new Set(["ovs_datapath"]);
const GAUGES = new Set(["flows"]);

interface Value {
  readonly series: string;
  readonly value: number;
}

/** Every counter of a cloud now. */
function countersOf(cloud: Cloud, atMs: number): readonly Value[] {
  const moment = { atMs, intervalMs: INTERVAL_MS };
  return cloud.hosts.flatMap((host) =>
    [...hostPoints(cloud, host, moment), ...vmPoints(cloud, host, moment)].flatMap(({ measurement, tags, fields }) =>
      Object.entries(fields).flatMap(([field, value]) => {
        const number = typeof value === "object" ? Math.trunc(Number(value.int)) : value;
        if (typeof number !== "number" || !isCounter(measurement, field)) return [];
        return [{ series: `${host.name} ${measurement} ${JSON.stringify(tags)} ${field}`, value: number }];
      }),
    ),
  );
}

function isCounter(measurement: string, field: string): boolean {
  if (BESIDES.has(measurement)) return !GAUGES.has(field);
  return specOf(measurement)?.[field]?.kind === "counter";
}

function specOf(measurement: string): { readonly [field: string]: { readonly kind: string } } | undefined {
  return Object.entries(METRIC_CATALOGUE).find(([name]) => name === measurement)?.[1].fields;
}

describe("simulated metrics", () => {
  test("have the names, tags and fields of the catalogue", () => {
    const cloud = smallCloud(2, 20);
    const moment = { atMs: 60_000, intervalMs: INTERVAL_MS };
    const points = cloud.hosts.flatMap((host) => [
      ...hostPoints(cloud, host, moment),
      ...vmPoints(cloud, host, moment),
    ]);
    const unknown = points.flatMap(({ measurement, tags, fields }) => {
      if (BESIDES.has(measurement)) return [];
      const spec = Object.entries(METRIC_CATALOGUE).find(([name]) => name === measurement)?.[1];
      const allowed: readonly string[] = spec?.tags ?? [];
      const wrongTags = Object.keys(tags).filter((tag) => !allowed.includes(tag));
      const wrongFields = Object.keys(fields).filter((field) => specOf(measurement)?.[field] === undefined);
      return [...wrongTags, ...wrongFields].map((name) => `${measurement} ${name}`);
    });
    expect(unknown).toEqual([]);
  });

  test("never let a counter fall, whatever machines come and go and whatever surges, short of a restart", () => {
    const cloud = smallCloud(2, 30);
    const scenarios = ["network-node-overload", "conntrack-fill", "boot-storm"].map((name) => ({ name, atMs: 60_000 }));
    const day = dayOf(cloud, { rates: { ...BUSY, resizes: 0 }, scenarios });
    let before = new Map<string, number>();
    let compared = 0;
    for (let atMs = 0; atMs < 15 * 60_000; atMs += INTERVAL_MS) {
      day.skipTo(atMs);
      const now = new Map(countersOf(cloud, atMs).map(({ series, value }) => [series, value]));
      const fallen = [...now].filter(([series, value]) => {
        const was = before.get(series);
        if (was !== undefined) compared++;
        return was !== undefined && value < was;
      });
      expect(fallen).toEqual([]);
      before = now;
    }
    expect(compared).toBeGreaterThan(100_000);
  });

  test("show a full connection table as full, and its drops", () => {
    const cloud = smallCloud(2, 30);
    const day = dayOf(cloud, { scenarios: [{ name: "conntrack-fill", atMs: 0 }] });
    day.skipTo(1_000);
    const cause = day.begun[0]?.faults[0]?.cause[0];
    const host = cloud.hosts.find(({ name }) => `host/${name}` === cause);
    const fieldsAt = (atMs: number) =>
      host &&
      hostPoints(cloud, host, { atMs, intervalMs: INTERVAL_MS }).find((it) => it.measurement === "conntrack")?.fields;
    expect(fieldsAt(0)).toMatchObject({ drop: { int: 0 } });
    expect(fieldsAt(150_000)).toMatchObject({ count: { int: 262_144 }, max: { int: 262_144 } });
    expect(Number(JSON.stringify(fieldsAt(300_000)?.drop).replace(/\D/g, ""))).toBeGreaterThan(10_000);
  });

  test("are more in the afternoon than at night, and few machines have most of the traffic", () => {
    const cloud = smallCloud(2, 60);
    const total = (atMs: number) =>
      countersOf(cloud, atMs)
        .filter(({ series }) => series.includes('"kind":"tap"') && series.endsWith(" rx_bytes"))
        .map(({ value }) => value);
    const [night, nightLater] = [total(17 * 3_600_000), total(18 * 3_600_000)];
    const [day, dayLater] = [total(6 * 3_600_000), total(7 * 3_600_000)];
    const growth = (from: readonly number[], to: readonly number[]) => to.map((value, n) => value - (from[n] ?? 0));
    const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
    expect(sum(growth(day, dayLater))).toBeGreaterThan(2 * sum(growth(night, nightLater)));
    const sorted = growth(day, dayLater).toSorted((a, b) => b - a);
    expect(sum(sorted.slice(0, sorted.length / 10))).toBeGreaterThan(0.5 * sum(sorted));
  });

  test("are lines without a time that name their host", () => {
    const cloud = smallCloud(2, 20);
    const [host] = cloud.hosts;
    const lines = host === undefined ? [] : metricLines(cloud, host, { atMs: 0, intervalMs: INTERVAL_MS });
    expect(lines.length).toBeGreaterThan(8);
    expect(lines.filter((line) => !/^\w+,\S*host=nn-00001\S* \S+$/.test(line))).toEqual([]);
  });
});
