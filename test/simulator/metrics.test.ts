import { describe, expect, test } from "vitest";
import { epochMsOf } from "../../core/clock.ts";
import { formatPoint } from "../../core/line-protocol.ts";
import { METRIC_CATALOGUE } from "../../core/metric-catalogue.ts";
import type { Cloud, Host } from "../../simulator/cloud/cloud.ts";
import { metricLines, metricPoints } from "../../simulator/metrics/metric-lines.ts";
import { METRIC_SETS } from "../../simulator/metrics/metric-sets.ts";
import { uncataloguedPartOf } from "../agent/catalogue-agreement.ts";
import { BUSY, dayOf, smallCloud } from "./small-cloud.ts";

const INTERVAL_MS = 10_000;
const DAY_MS = 86_400_000;

interface Value {
  readonly series: string;
  readonly value: number;
}

const momentAt = (atMs: number) => ({ atMs, intervalMs: INTERVAL_MS });

/** Every counter of a cloud now, whatever is measured. */
function countersOf(cloud: Cloud, atMs: number): readonly Value[] {
  return cloud.hosts.flatMap((host) =>
    metricPoints(cloud, host, momentAt(atMs), "all").flatMap(({ measurement, tags, fields }) =>
      Object.entries(fields).flatMap(([field, value]) => {
        const number = typeof value === "object" ? Math.trunc(value.int) : value;
        if (number === undefined || SPECS.get(measurement)?.[field]?.kind !== "counter") return [];
        return [{ series: `${host.name} ${measurement} ${JSON.stringify(tags)} ${field}`, value: number }];
      }),
    ),
  );
}

const SPECS = new Map<string, { readonly [field: string]: { readonly kind: string } }>(
  Object.entries(METRIC_CATALOGUE).map(([measurement, { fields }]) => [measurement, fields]),
);

function intOf(value: unknown): number {
  return typeof value === "object" && value !== null && "int" in value ? Number(value.int) : Number.NaN;
}

function fieldsOf(cloud: Cloud, host: Host | undefined, measurement: string, atMs: number) {
  const points = host === undefined ? [] : metricPoints(cloud, host, momentAt(atMs), "usual");
  return points.find((it) => it.measurement === measurement)?.fields;
}

const causeOf = (cloud: Cloud, cause: string | undefined) => cloud.hosts.find(({ name }) => `host/${name}` === cause);

describe("simulated metrics", () => {
  test.each(METRIC_SETS)("of a day, machines and network nodes: every line is in the catalogue (%s)", (metrics) => {
    const scenarios = ["host-power-loss", "ovs-restart", "mtu-mismatch"].map((name) => ({ name, atMs: 60_000 }));
    const cloud = smallCloud(2, 20);
    const day = dayOf(cloud, {
      rates: { ...BUSY, boots: 3, deletions: 3 },
      scenarios,
      metricsIntervalMs: DAY_MS / 24,
      metrics,
    });
    const wrong = new Set<string | undefined>();
    const measured = new Set<string>();
    let lines = 0;
    for (const group of day.advance(DAY_MS)) {
      for (const utterance of group) {
        if (utterance.kind !== "metrics") continue;
        for (const line of utterance.lines) {
          lines++;
          wrong.add(uncataloguedPartOf(line));
          measured.add(line.slice(0, line.indexOf(",")));
        }
      }
    }
    expect([...wrong]).toEqual([undefined]);
    expect(lines).toBeGreaterThan(24 * 19 * 50);
    const usual =
      "agent bgp_peer bgp_table conntrack cpu diskio event mem net_if network_node ovs_datapath ovs_interface process " +
      "softnet system vm vm_connections vm_disk vm_net";
    if (metrics === "usual") expect([...measured].toSorted()).toEqual(usual.split(" "));
    else expect(measured.size).toBeGreaterThan(35);
  });

  test("are lines as formatPoint writes them, though nothing is escaped", () => {
    const cloud = smallCloud(2, 20);
    for (const host of cloud.hosts) {
      const points = metricPoints(cloud, host, momentAt(60_000), "all");
      const formatted = points.flatMap(
        (point) => formatPoint({ ...point, tags: { ...point.tags, host: host.name }, at: epochMsOf(7) }) ?? [],
      );
      expect(metricLines(host, points, "all").map((line) => `${line} 7`)).toEqual(formatted);
    }
  });

  test("are fifty to a hundred lines of a host, and ten thousand hosts less than five million series, unless more are asked for", () => {
    const cloud = smallCloud(2, 200);
    const perHost = (set: (typeof METRIC_SETS)[number]) => {
      const lines = cloud.hosts.flatMap((host) => metricLines(host, metricPoints(cloud, host, momentAt(0), set), set));
      const series = lines.reduce((sum, line) => sum + (line.split(" ")[1] ?? "").split(",").length, 0);
      return { lines: lines.length / 200, series: series / 200 };
    };
    // A mesh adds at most ten lines of five fields.
    expect(perHost("usual").lines).toBeGreaterThan(50);
    expect(perHost("usual").lines).toBeLessThan(90);
    expect(perHost("usual").series).toBeLessThan(450);
    expect(perHost("all").lines).toBeGreaterThan(180);
  });

  test("never let a counter fall, whatever machines come and go and whatever surges, short of a restart", () => {
    const cloud = smallCloud(2, 20);
    const scenarios = ["network-node-overload", "conntrack-fill", "boot-storm"].map((name) => ({ name, atMs: 60_000 }));
    const day = dayOf(cloud, { rates: { ...BUSY, resizes: 0, agent_restarts: 0 }, scenarios });
    let before = new Map<string, number>();
    let compared = 0;
    for (let atMs = 0; atMs < 10 * 60_000; atMs += INTERVAL_MS) {
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
    const host = causeOf(cloud, cause);
    const fieldsAt = (atMs: number) => fieldsOf(cloud, host, "conntrack", atMs);
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

  test("show what machines have of the connections of their host", () => {
    const cloud = smallCloud(2, 20);
    const host = cloud.hosts.find(({ role }) => role === "compute");
    const points = host === undefined ? [] : metricPoints(cloud, host, momentAt(0), "usual");
    const counts = points
      .filter(({ measurement }) => measurement === "vm_connections")
      .map(({ fields: { count, tcp_established, tcp_other, udp, other } }) => {
        expect(intOf(count)).toBe(intOf(tcp_established) + intOf(tcp_other) + intOf(udp) + intOf(other));
        return intOf(count);
      });
    expect(counts).toHaveLength(host?.vms.size ?? 0);
    const all = intOf(fieldsOf(cloud, host, "conntrack", 0)?.count);
    expect(counts.reduce((a, b) => a + b, 0)).toBeGreaterThan(0.5 * all);
    expect(counts.reduce((a, b) => a + b, 0)).toBeLessThan(1.2 * all);
  });

  test("show slow disks where machines boot in crowds, in the means and in the counters alike", () => {
    const cloud = smallCloud(2, 30);
    const day = dayOf(cloud, { scenarios: [{ name: "boot-storm", atMs: 0 }] });
    day.skipTo(160_000);
    const host = causeOf(cloud, day.begun[0]?.faults[0]?.cause[0]);
    const at = (atMs: number) => fieldsOf(cloud, host, "diskio", atMs);
    const [during, after] = [Number(at(100_000)?.read_latency_s), Number(at(155_000)?.read_latency_s)];
    expect(during).toBeGreaterThan(5 * after);
    const [from, to] = [at(40_000), at(100_000)];
    const mean = (Number(to?.read_time_s) - Number(from?.read_time_s)) / (intOf(to?.reads) - intOf(from?.reads));
    expect(mean / during).toBeGreaterThan(0.8);
    expect(mean / during).toBeLessThan(1.2);
  });

  test("show a session that was lost as down at the route reflector, and how often it was", () => {
    const cloud = smallCloud(2, 30);
    const day = dayOf(cloud, { scenarios: [{ name: "host-power-loss", atMs: 0 }] });
    day.skipTo(60_000);
    const host = causeOf(cloud, day.begun[0]?.faults[0]?.cause[0]);
    const reflector = cloud.hosts.find(({ condition }) => condition.lostSessions.length > 0);
    const sessions = () =>
      reflector === undefined || host === undefined
        ? []
        : metricPoints(cloud, reflector, momentAt(60_000), "usual").filter((it) => it.measurement === "bgp_peer");
    const down = () =>
      sessions().filter(({ fields }) => fields.up !== undefined && JSON.stringify(fields.up) === '{"int":0}');
    expect(sessions()).toHaveLength(29);
    expect(down()).toMatchObject([{ fields: { uptime_s: undefined, connections_dropped: { int: 1 } } }]);
    day.skipTo(300_000);
    expect(down()).toEqual([]);
  });

  test("of a host that booted begin its uptime anew", () => {
    const cloud = smallCloud(2, 30);
    const day = dayOf(cloud, { scenarios: [{ name: "host-power-loss", atMs: 0 }] });
    day.skipTo(300_000);
    const host = causeOf(cloud, day.begun[0]?.faults[0]?.cause[0]);
    expect(fieldsOf(cloud, host, "system", 300_000)?.uptime_s).toBe(60);
  });

  test("are lines without a time that name their host", () => {
    const cloud = smallCloud(2, 20);
    const [host] = cloud.hosts;
    const lines = host === undefined ? [] : metricLines(host, metricPoints(cloud, host, momentAt(0), "usual"), "usual");
    expect(lines.length).toBeGreaterThan(8);
    expect(lines.filter((line) => !/^\w+,\S*host=nn-00001\S* \S+$/.test(line))).toEqual([]);
  });
});
