import { expect, onTestFinished, test } from "vitest";
import { type MetricsPathConfig, openMetricsPath } from "../../../collector/metrics-path.ts";
import { epochMsOf, systemClock } from "../../../core/clock.ts";
import { Lifetime } from "../../../core/lifetime.ts";
import { silentLog } from "../../../core/log.ts";
import { createHttpServer } from "../../../web/server/http.ts";
import { temporaryFolder } from "../fixtures/temporary-folder.ts";

const LIMIT = { timeout: 20_000, interval: 20 };
const HOUR_MS = 3_600_000;

async function open(config: Partial<MetricsPathConfig> = {}) {
  // Made first, so that it goes last.
  const folder = temporaryFolder();
  const lifetime = new Lifetime();
  const app = await createHttpServer({ version: "0.0.0-test", log: silentLog });
  onTestFinished(async () => {
    await app.close();
    await lifetime.end();
  });
  const head = { database: { threads: 1, memoryMegabytes: 128 }, retentionHours: 5 };
  const path = await openMetricsPath(
    { folder, cluster: "c1", retry: { firstMs: 10, longestMs: 50, holdMs: 50 }, head, ...config },
    { clock: systemClock, log: silentLog },
    lifetime,
  );
  path.registerRoutes(app, () => ({ kind: "loopback" }));
  const write = async (payload: string, url = "/write?precision=ms") => {
    const { statusCode, headers } = await app.inject({ method: "POST", url, payload });
    return [statusCode, headers["x-influxdb-error"]];
  };
  const stateOfHead = () => path.status().find(({ name }) => name === "metrics head");
  const values = async () => {
    const found = await path.store.select({ matchers: [], from: epochMsOf(0), to: epochMsOf(4e12) });
    return found.flatMap((series) => [...series.values]).sort((left, right) => left - right);
  };
  return { path, write, stateOfHead, values };
}

test("a sender that writes seconds where nanoseconds are meant is told so, and so is the operator", async () => {
  const { path, write, stateOfHead } = await open();
  const [status, error] = await write(`m v=1 ${Math.floor(systemClock.now() / 1_000)}`, "/write");
  expect(status).toBe(400);
  expect(error).toMatch(
    /^points beyond retention policy: 'm v=1 \d+': its time 1970-01-01T00:00:01\.\d+Z is older than 5 hours \(metrics\.retention_hours\) at line 1, column 1 \(look at the sender's clock and at the parameter `precision`/,
  );
  expect(path.counts().ingest).toMatchObject({ lines: 0, refusedLines: 1, outsideTimeLines: { tooOld: 1, tooNew: 0 } });
  expect(stateOfHead()).toMatchObject({ state: "degraded", hint: expect.stringContaining("precision") });
});

test("of one body the lines whose time is kept are taken, and no others", async () => {
  const { write, values } = await open();
  const now = systemClock.now();
  const hour = Math.floor(now / HOUR_MS) * HOUR_MS;
  const lines = [now - 6 * HOUR_MS - 1, hour - 5 * HOUR_MS, now, now + HOUR_MS / 2, now + 2 * HOUR_MS];
  const [status, error] = await write(lines.map((at, place) => `m v=${place} ${at}`).join("\n"));
  expect([status, error]).toEqual([400, expect.stringMatching(/^partial write: .*ahead of the clock.* dropped=2$/)]);
  await expect.poll(values, LIMIT).toEqual([1, 2, 3]);
});

test("a line without a time has that of its arrival", async () => {
  const { write, values } = await open();
  expect(await write("m v=7")).toEqual([204, undefined]);
  await expect.poll(values, LIMIT).toEqual([7]);
});

test("with a long store, which may keep them for longer, old lines are taken", async () => {
  const { write, stateOfHead } = await open({ victoria: { url: "http://127.0.0.1:1" } });
  expect(await write(`m v=1 ${systemClock.now() - 100 * HOUR_MS}`)).toEqual([204, undefined]);
  expect(stateOfHead()?.state).toBe("ok");
});
