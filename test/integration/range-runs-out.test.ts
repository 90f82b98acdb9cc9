import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createPromqlEngine } from "../../alerts/promql-engine.ts";
import { DEFAULT_RULES_PATH } from "../../alerts/rules/rule-source.ts";
import { nextSlot, scheduleOf } from "../../alerts/schedule.ts";
import type { Alerts } from "../../alerts/start.ts";
import { type MetricsPath, openMetricsPath } from "../../collector/metrics-path.ts";
import type { EpochMs } from "../../core/clock.ts";
import { Lifetime } from "../../core/lifetime.ts";
import { silentLog } from "../../core/log.ts";
import { evaluateInstant } from "../../promql/evaluate.ts";
import { fabricState } from "../../simulator/openstack/neutron-more.ts";
import { Workshop } from "../alerts/harness.ts";
import { advanceUntil } from "../alerts/simulated-time.ts";
import { type FakeOpenStack, startFakeOpenStack } from "../fakes/openstack/start.ts";
import { eventually } from "../fixtures/eventually.ts";
import { type SyncedClouds, syncClouds } from "./fixtures/synced-clouds.ts";

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
/** Of 240 addresses of the first region; the days that they last are six. */
const FILL = { usedAtFirst: 120, takenPerHour: 20 / 24 };
const EMPTY_AFTER_HOURS = (240 - FILL.usedAtFirst) / FILL.takenPerHour;

/** The group of capacity alone, each hour. */
function rulesOfCapacity(): string {
  const groups = readFileSync(DEFAULT_RULES_PATH, "utf8").split(/^(?= {2}- name: )/m);
  const own = groups.find((group) => group.startsWith("  - name: capacity\n")) ?? "";
  return `groups:\n${own}`.replace("interval: 5m", "interval: 1h");
}

const workshop = new Workshop(rulesOfCapacity(), "capacity");
const { time } = workshop;
const schedule = scheduleOf("capacity", HOUR_MS);
const beganAt = time.now();
const lifetime = new Lifetime();
let [fake, synced, path, alerts]: [FakeOpenStack, SyncedClouds, MetricsPath, Alerts] = [] as never;
/** When the lines were made that are written. */
let writtenAt: EpochMs | undefined;

beforeAll(async () => {
  fake = await startFakeOpenStack({ clock: time, size: { hosts: 3, vmsPerHost: 1 }, fabric: FILL }, lifetime);
  const folder = join(workshop.folder, "metrics");
  // As the collector has it without any configuration.
  const head = { retentionHours: 168, database: { threads: 1, memoryMegabytes: 256 } };
  path = await openMetricsPath({ folder, cluster: "os-1", head }, { clock: time, log: silentLog }, lifetime);
  const bodies: typeof path.bodies = {
    write: async (...body) => {
      const madeAt = time.now();
      const outcome = await path.bodies.write(...body);
      writtenAt = madeAt;
      return outcome;
    },
  };
  const often = { pollEveryMs: 100, gaugesEveryMs: 200, limits: { perSecond: 10_000 } };
  synced = await syncClouds({ fake, clusters: 1, clock: time, bodies, ...often }, lifetime, silentLog);
  ({ alerts } = await workshop.start({ queryEngine: createPromqlEngine(path.forRules) }));
});
afterAll(async () => {
  await lifetime.end();
  await workshop.end();
});

/** The rules compare an hour with the same one of the two days before: nobody needs to wait for the sync in all the others. */
const isCompared = (hour: number): boolean => hour % 24 < 4;
let hours = 0;

/** An hour: the sync asks, its figures come to the head, and then the rules look at them. */
async function anHour(waits: boolean): Promise<void> {
  const slot = nextSlot(schedule, time.now());
  await time.advance(slot - MINUTE_MS - time.now());
  if (waits) await figuresOfNow();
  await time.advance(slot - time.now());
  await eventually(() => alerts.status().groups[0]?.lastEvaluationAt === slot, { what: "the rules to be evaluated" });
}

async function figuresOfNow(): Promise<void> {
  const from = time.now();
  const trueAt = () => synced.health(0, "network")?.trueAt ?? 0;
  await advanceUntil(time, () => trueAt() >= from, "the sync to have asked");
  // Of the very moment there may be lines that were made before the answer.
  await time.advance(1);
  const askedAt = time.now();
  await advanceUntil(time, () => (writtenAt ?? 0) >= askedAt, "what it was told to be written");
  const window = () => `${time.now() - askedAt + 1}ms`;
  const inHead = async () => (await valuesOf(`count_over_time(os_subnet_range_used[${window()}])`)).length > 0;
  await advanceUntil(time, inHead, "the head to have it");
}

async function hoursUntil(holds: () => boolean, { most, waits }: { most: number; waits(hour: number): boolean }) {
  for (const last = hours + most; !holds(); hours++) {
    if (hours === last) throw new Error(`it is not so after ${most} hours: ${JSON.stringify(alerts.status())}`);
    await anHour(waits(hours));
  }
}

const valuesOf = async (query: string): Promise<readonly number[]> => {
  const result = await evaluateInstant(query, time.now(), { source: path.store });
  return result.kind === "vector" ? result.samples.map(({ value }) => value) : [];
};

test("a region's range that will be used up is told days before, alone, and no more when the region has another one", async () => {
  const state = () => fabricState(fake.cluster().estate, time.now());
  const [own, ...others] = state();
  if (own === undefined) throw new Error("the fabric has no ranges");
  await hoursUntil(() => alerts.incidents().length > 0, { most: EMPTY_AFTER_HOURS, waits: isCompared });

  // What is told, and that it is so.
  const [incident] = alerts.incidents();
  const range = `${own.start}-${own.end}`;
  expect(incident).toMatchObject({
    rule: "SubnetRangeRunningOut",
    severity: "warning",
    state: "firing",
    labels: { cluster: "os-1", region: own.region, subnet: "fabric", range },
    summary: expect.stringMatching(
      new RegExp(`^${range} of subnet fabric will be used up in \\d\\.\\d days in ${own.region}$`),
    ),
  });
  const daysLeft = EMPTY_AFTER_HOURS / 24 - (time.now() - beganAt) / HOUR_MS / 24;
  expect(daysLeft).toBeGreaterThan(3);
  expect(Math.abs((incident?.value ?? 0) - daysLeft)).toBeLessThan(0.5);

  // The subnet has plenty, and so have the others, of which nothing is said.
  expect(await valuesOf('os_subnet_ip_used{subnet="fabric"} / os_subnet_ip_total')).toEqual([expect.closeTo(0.26, 1)]);
  expect(others.length).toBeGreaterThanOrEqual(2);
  expect((await valuesOf('os_subnet_range_used{subnet="fabric"}')).toSorted((a, b) => b - a)).toEqual(
    state()
      .map(({ used }) => used)
      .toSorted((a, b) => b - a),
  );
  expect(new Set(alerts.incidents().map(({ labels }) => labels.region))).toEqual(new Set([own.region]));

  // The region is given another range: it has time again.
  fake.switches().widenFabric();
  await hoursUntil(() => alerts.incidents({ state: "firing" }).length === 0, { most: 14, waits: () => true });
  expect(alerts.incidents({ state: "resolved" }).map(({ labels }) => labels.range)).toEqual([range]);
  expect(await valuesOf(`count(os_subnet_range_total{region="${own.region}"})`)).toEqual([2]);
  expect(alerts.incidents()).toHaveLength(1);
  expect(alerts.status().groups[0]?.failingRules).toEqual([]);
  expect(fake.journal.violations).toEqual([]);
});
