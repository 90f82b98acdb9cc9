import { expect, test } from "vitest";
import { headLimits } from "../../collector/metrics-path.ts";
import { headStatus } from "../../collector/metrics-status.ts";
import type { FeedStatus } from "../../collector/spool/feed.ts";
import type { EmbeddedMetricsStats } from "../../store/embedded/metrics/head-stats.ts";
import { NONE_BY_SCOPE, NONE_REFUSED } from "../../store/embedded/metrics/refused.ts";

const FEED: FeedStatus = { state: "ok", backlogBytes: 0, oldestAgeMs: 0, lagMs: 0, lastError: undefined };
const NONE = { files: 0, bytes: 0 };
const SEALED = {
  hours: 2,
  bytes: 2e6,
  tiers: { raw: { files: 3, bytes: 2e6 }, "1m": NONE, "1h": NONE },
  rollupsEndMs: Number.NEGATIVE_INFINITY,
  failure: undefined,
};
const STATS: EmbeddedMetricsStats = {
  ...{ series: 5, maxSeries: 10, pastSeries: 1, hours: 1, recentBytes: 0, droppedBeforeMs: Number.NEGATIVE_INFINITY },
  sealed: SEALED,
  refused: NONE_REFUSED,
  largest: { hosts: [], measurements: [] },
};

test("the head says how much it has of each tier", () => {
  const tiers = { ...SEALED.tiers, "1m": { files: 1, bytes: 3e5 }, "1h": { files: 1, bytes: 4e4 } };
  const { state, detail } = headStatus(FEED, { ...STATS, sealed: { ...SEALED, tiers } }, NONE_BY_SCOPE);
  expect([state, detail]).toEqual([
    "ok",
    "5 series, 1 hour, 2.0 MB sealed, 0.3 MB by the minute, 40.0 kB by the hour, 0.0 kB behind",
  ]);
  expect(headStatus(FEED, STATS, NONE_BY_SCOPE).detail).toBe("5 series, 1 hour, 2.0 MB sealed, 0.0 kB behind");
});

test("while hours cannot be sealed the head is not well, and says why and what to do", () => {
  const failure = { reason: "no space left", hint: "free some" };
  const status = headStatus(FEED, { ...STATS, sealed: { ...SEALED, failure } }, NONE_BY_SCOPE);
  expect(status).toMatchObject({ state: "degraded", hint: "free some" });
  expect(status.detail).toContain("no space left");
});

test("lines of times that nobody keeps are told with what to look at", () => {
  const status = headStatus(FEED, STATS, NONE_BY_SCOPE, { tooOld: 3, tooNew: 1 });
  expect(status).toMatchObject({ state: "degraded", hint: expect.stringContaining("precision") });
  expect(status.detail).toContain("3 lines older than the retention refused; 1 lines from the future refused");
});

test("with a long store no rollups are made, and those there are stay for as long as the settings say", () => {
  const head = { rollups: { minuteDays: 30, hourDays: 400 } };
  expect(headLimits({ head })).toMatchObject({ ...head, makesRollups: true });
  const victoria = { url: "http://victoria:8428" };
  expect(headLimits({ head, victoria })).toMatchObject({ ...head, makesRollups: false });
});
