import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createPromqlEngine } from "../../alerts/promql-engine.ts";
import { DEFAULT_RULES_PATH } from "../../alerts/rules/rule-source.ts";
import type { Alerts } from "../../alerts/start.ts";
import { type Labels, METRIC_NAME, matchesAll, type Series } from "../../core/series.ts";
import type { SeriesSelection, SeriesSource } from "../../promql/source.ts";
import type { Incident } from "../../web/api/alerts.ts";
import { Workshop } from "./harness.ts";

const HOUR_MS = 3_600_000;
const SYNC_MS = 20 * 60_000;
const DAYS = 24;
const MOST_DAYS = 8;

let workshop: Workshop;
let alerts: Alerts;
let source: ToldSource;
beforeEach(async () => {
  // All are in force, so that no other one speaks of these figures either. Those of capacity look more often than the sync tells.
  const rules = readFileSync(DEFAULT_RULES_PATH, "utf8")
    .replace("interval: 5m", "interval: 15m")
    .replace("interval: 30s", "interval: 1h");
  workshop = new Workshop(rules, "capacity");
  source = new ToldSource();
  ({ alerts } = await workshop.start({ queryEngine: createPromqlEngine(source), intervalMs: HOUR_MS }));
});
afterEach(() => workshop.end());

/** A thing of which `used` is a function of the hours since the beginning. */
interface Told {
  readonly measurement: string;
  readonly labels: Labels;
  readonly total: number;
  /** The hours when it is told; all of them when left out. */
  readonly hours?: readonly [from: number, to: number];
  used(hour: number): number;
}

/** What the sync will have told, all of it at once: a rule sees what is not past its moment. */
class ToldSource implements SeriesSource {
  #series: readonly Series[] = [];

  tell(told: readonly Told[], from: number): void {
    this.#series = told.flatMap((one) => seriesOf(one, from));
  }

  async select({ matchers, from, to }: SeriesSelection): Promise<readonly Series[]> {
    return this.#series.flatMap(({ labels, timesMs, values }) => {
      if (!matchesAll(labels, matchers)) return [];
      const begin = timesMs.findIndex((at) => at >= from);
      const last = timesMs.findLastIndex((at) => at <= to);
      if (begin < 0 || last < begin) return [];
      return [{ labels, timesMs: timesMs.slice(begin, last + 1), values: values.slice(begin, last + 1) }];
    });
  }
}

function seriesOf({ measurement, labels, total, hours = [0, MOST_DAYS * DAYS], used }: Told, from: number): Series[] {
  const all = Float64Array.from({ length: (MOST_DAYS * DAYS * HOUR_MS) / SYNC_MS }, (_, i) => from + i * SYNC_MS);
  const timesMs = all.filter((at) => at >= from + hours[0] * HOUR_MS && at < from + hours[1] * HOUR_MS);
  const named = (field: string): Labels => ({ [METRIC_NAME]: `${measurement}_${field}`, cluster: "bj", ...labels });
  const whole = (at: number): number => Math.max(0, Math.min(total, Math.round(used((at - from) / HOUR_MS))));
  return [
    { labels: named("used"), timesMs, values: timesMs.map(whole) },
    { labels: named("total"), timesMs, values: timesMs.map(() => total) },
  ];
}

/** Lets the rules see each hour of what the sync tells; answers what fired, with its hour, the first one first. */
async function live(hours: number, told: readonly Told[]): Promise<readonly Fired[]> {
  source.tell(told, workshop.time.now());
  const fired = new Map<string, Fired>();
  for (let hour = 1; hour <= hours; hour++) {
    await workshop.time.advance(HOUR_MS);
    for (const incident of alerts.incidents()) if (!fired.has(incident.id)) fired.set(incident.id, { hour, incident });
  }
  return [...fired.values()];
}

interface Fired {
  readonly hour: number;
  readonly incident: Incident;
}

const range = (region: string, text: string, used: Told["used"], more: Partial<Told> = {}): Told => ({
  measurement: "os_subnet_range",
  labels: { region, range: text, subnet: "public", subnet_id: "sub-1" },
  total: 250,
  used,
  ...more,
});
const zone = (name: string, used: Told["used"]): Told => ({
  measurement: "os_capacity",
  labels: { scope: "zone", zone: name, resource: "vcpus" },
  total: 10_000,
  used,
});
/** How many come in the middle of the day more than at night. */
const daily = (hour: number): number => 2 * Math.sin((2 * Math.PI * hour) / 24);

describe("one region's range fills up while others are free", () => {
  test("the right alert comes before it is empty, names subnet, region and range, and nothing is said of the others", async () => {
    const fill = (hour: number): number => 178 + (12 * hour) / 24 + daily(hour);
    const emptyAt = 6 * DAYS;
    const fired = await live(emptyAt, [
      range("north", "10.0.0.2-10.0.0.251", fill),
      range("south", "10.0.1.0-10.0.1.249", (hour) => 60 + daily(hour)),
      range("east", "10.0.2.0-10.0.2.249", (hour) => 140 - hour / 8 + daily(hour)),
    ]);
    expect(new Set(fired.map(({ incident }) => incident.labels.region))).toEqual(new Set(["north"]));
    const first = fired[0];
    expect(first?.incident).toMatchObject({
      rule: "SubnetRangeRunningOut",
      severity: "warning",
      labels: { cluster: "bj", region: "north", subnet: "public", subnet_id: "sub-1", range: "10.0.0.2-10.0.0.251" },
    });
    expect(first?.incident.summary).toMatch(
      /^10\.0\.0\.2-10\.0\.0\.251 of subnet public will be used up in \d\.\d days in north$/,
    );
    // Days before, and no more than it says.
    const daysLeft = (emptyAt - (first?.hour ?? 0)) / DAYS;
    expect(daysLeft).toBeGreaterThan(3);
    expect(first?.incident.value).toBeGreaterThan(daysLeft - 2);
    expect(first?.incident.value).toBeLessThan(daysLeft + 2);
    expect(fired.map(({ incident }) => `${incident.rule} ${incident.severity}`)).toEqual([
      "SubnetRangeRunningOut warning",
      "SubnetRangeNearlyFull warning",
      "SubnetRangeRunningOut critical",
      "SubnetRangeNearlyFull critical",
    ]);
    expect(alerts.incidents({ state: "resolved" })).toEqual([]);
  });

  test("one that fills within a day and a half is told hours before", async () => {
    const fired = await live(3 * DAYS, [
      range("north", "a", (hour) => (hour < 36 ? 100 : 100 + ((hour - 36) * 150) / 36)),
      range("south", "b", () => 100),
    ]);
    const [first] = fired;
    expect(first?.incident).toMatchObject({
      rule: "SubnetRangeRunningOut",
      severity: "critical",
      labels: { region: "north" },
    });
    expect(3 * DAYS - (first?.hour ?? 0)).toBeGreaterThan(6);
  });
});

describe("what a region has of a subnet is judged together", () => {
  test("a range that is full is nobody's alert while another one of the same region has plenty", async () => {
    const told = [range("north", "a", (hour) => 200 + hour), range("north", "b", () => 20)];
    expect(await live(3 * DAYS, told)).toEqual([]);
  });

  test("two ranges that fill up, one behind the other, are one alert", async () => {
    const told = [range("north", "a", (hour) => 150 + 2 * hour), range("north", "b", (hour) => 2 * hour - 100)];
    const fired = await live(4 * DAYS, told);
    expect(fired.map(({ incident }) => `${incident.severity}: ${incident.summary}`)).toEqual([
      expect.stringMatching(/^warning: All ranges of subnet public will be used up in \d\.\d days in north$/),
    ]);
  });

  test("one that was made longer has the history of what it was, and is told before it is used up as well", async () => {
    const fill = (hour: number): number => 178 + (12 * hour) / 24;
    const fired = await live(6 * DAYS, [
      range("north", "10.0.0.2-10.0.0.251", fill, { hours: [0, 54] }),
      range("north", "10.0.0.2-10.0.1.19", fill, { hours: [54, 8 * DAYS], total: 274 }),
    ]);
    expect(fired.map(({ incident }) => `${incident.rule} ${incident.severity} ${incident.labels.range}`)).toEqual([
      "SubnetRangeRunningOut warning 10.0.0.2-10.0.0.251",
      "SubnetRangeRunningOut warning 10.0.0.2-10.0.1.19",
      "SubnetRangeNearlyFull warning 10.0.0.2-10.0.1.19",
    ]);
    // Within hours, and not when there is a history of it for two days.
    expect(fired[1]?.hour).toBeLessThanOrEqual(54 + 3);
    expect(alerts.incidents({ state: "resolved" }).map(({ labels }) => labels.range)).toEqual(["10.0.0.2-10.0.0.251"]);
  });
});

test("what came or went at once, the course of a day, falling and slow growth are nobody's alert", async () => {
  const calm: Readonly<Record<string, Told["used"]>> = {
    "much that came at once": (hour) => (hour < 60 ? 100 : 190),
    "a sweep that deleted much": (hour) => (hour < 60 ? 200 : 90),
    "the course of a day": (hour) => 180 + 20 * daily(hour),
    falling: (hour) => 220 - hour / 4,
    "slow growth": (hour) => 100 + hour / 24,
    "growth that takes two weeks": (hour) => 100 + (10 * hour) / 24,
  };
  const told = Object.entries(calm).flatMap(([name, used]) => [
    range(name, "a", used),
    zone(name, (hour) => used(hour) * 40),
  ]);
  expect(await live(4 * DAYS, told)).toEqual([]);
});

test("a zone that runs out of processors is told, in both languages, and one that has them is not", async () => {
  const fired = await live(5 * DAYS, [
    zone("az1", (hour) => 5_000 + (900 * hour) / 24),
    zone("az2", () => 8_000),
    { ...zone("az3", () => 9_500), labels: { scope: "host", host: "c-1", resource: "vcpus" } },
  ]);
  expect(fired.map(({ incident }) => `${incident.rule} ${incident.severity}: ${incident.summary}`)).toEqual([
    expect.stringMatching(/^CapacityRunningOut warning: vcpus of zone az1 will be used up in \d\.\d days$/),
    expect.stringMatching(/^CapacityNearlyUsedUp warning: 9\d(\.\d+)?% of vcpus of zone az1 is used$/),
  ]);
});
