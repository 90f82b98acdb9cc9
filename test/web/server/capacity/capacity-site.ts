import { onTestFinished } from "vitest";
import { openMetricsPath } from "../../../../collector/metrics-path.ts";
import { type EpochMs, epochMsOf, systemClock } from "../../../../core/clock.ts";
import { HOUR_MS } from "../../../../core/forecast/history.ts";
import { Lifetime } from "../../../../core/lifetime.ts";
import { formatPoint, type Point } from "../../../../core/line-protocol.ts";
import { silentLog } from "../../../../core/log.ts";
import { METRIC_NAME } from "../../../../core/series.ts";
import type { Asking } from "../../../../web/server/capacity/asking.ts";
import { registerCapacityRoutes } from "../../../../web/server/capacity/capacity-routes.ts";
import { ForecastMemory } from "../../../../web/server/capacity/forecast-memory.ts";
import { createHttpServer } from "../../../../web/server/http.ts";
import { temporaryFolder } from "../../../collector/fixtures/temporary-folder.ts";
import { eventually } from "../../../fixtures/eventually.ts";

export interface CapacitySite {
  /** Of the site's clock, which stands still. */
  readonly now: EpochMs;
  /** Through the ingest, and waits until the head has them. */
  write(points: readonly Point[]): Promise<void>;
  get(path: string): Promise<{ readonly status: number; readonly body: unknown }>;
}

/** The real way of metrics, from line protocol to head, and the routes over it. */
export async function startCapacitySite(): Promise<CapacitySite> {
  const now = epochMsOf(Math.floor(systemClock.now() / HOUR_MS) * HOUR_MS);
  const folder = temporaryFolder();
  const lifetime = new Lifetime();
  const app = await createHttpServer({ version: "test", log: silentLog });
  onTestFinished(async () => {
    await app.close();
    await lifetime.end();
  });
  const head = { retentionHours: 24 * 60, database: { threads: 1, memoryMegabytes: 256 } };
  const path = await openMetricsPath({ folder, cluster: "c1", head }, { clock: systemClock, log: silentLog }, lifetime);
  path.registerRoutes(app, () => ({ kind: "loopback" }));
  registerCapacityRoutes(app, {
    source: path.forQueries,
    clock: { now: () => now, monotonicMs: () => 0 },
    projectName: (cluster, id) => (cluster === "c1" && id === "p-1" ? "shop" : undefined),
  });
  let marks = 0;
  return {
    now,
    write: async (points) => {
      const mark: Point = { measurement: "mark", tags: {}, fields: { v: ++marks }, at: epochMsOf(now - marks) };
      const payload = [...points, mark].flatMap((point) => formatPoint(point) ?? []).join("\n");
      const reply = await app.inject({ method: "POST", url: "/write?precision=ms", payload });
      if (reply.statusCode !== 204) throw new Error(`${reply.statusCode} ${reply.body}`);
      const matchers = [{ kind: "=", name: METRIC_NAME, value: "mark_v" } as const];
      const isThere = async () =>
        (await path.store.select({ matchers, from: mark.at, to: mark.at })).some(({ values }) => values[0] === marks);
      await eventually(isThere, { withinMs: 20_000, what: "the lines to be in the head" });
    },
    get: async (url) => {
      const reply = await app.inject(url);
      return { status: reply.statusCode, body: reply.json() };
    },
  };
}

/** A point each so often up to `now`, with what each was so many days ago. */
export function pointsUntil(
  now: EpochMs,
  { days, everyMs = HOUR_MS / 2 }: { readonly days: number; readonly everyMs?: number },
  of: (daysAgo: number) => Omit<Point, "at"> | undefined,
): readonly Point[] {
  const points: Point[] = [];
  for (let agoMs = days * 24 * HOUR_MS; agoMs >= 0; agoMs -= everyMs) {
    const point = of(agoMs / (24 * HOUR_MS));
    if (point !== undefined) points.push({ ...point, at: epochMsOf(now - agoMs) });
  }
  return points;
}

/** Finds nothing, but for what is given. */
export function silentAsking(answers: Partial<Asking>): Asking {
  return {
    ...{ instant: async () => [], range: async () => [], isWhole: () => true },
    forecasts: new ForecastMemory(),
    ...answers,
  };
}

export function capacity(tags: Record<string, string>, used: number, total: number | undefined): Omit<Point, "at"> {
  return { measurement: "os_capacity", tags, fields: { used, total } };
}

export function range(
  tags: { readonly region: string; readonly range: string; readonly subnet_id?: string },
  used: number,
  total: number,
): Omit<Point, "at"> {
  const subnet = { network_id: "net-1", subnet_id: "sub-1", subnet: "public" };
  return { measurement: "os_subnet_range", tags: { ...subnet, ...tags }, fields: { used, total } };
}
