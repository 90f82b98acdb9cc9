import { expect, onTestFinished, test } from "vitest";
import { type MetricsPathConfig, openMetricsPath } from "../../../collector/metrics-path.ts";
import { epochMsOf, systemClock } from "../../../core/clock.ts";
import { Lifetime } from "../../../core/lifetime.ts";
import { type Log, silentLog } from "../../../core/log.ts";
import { METRIC_NAME } from "../../../core/series.ts";
import { createHttpServer } from "../../../web/server/http.ts";
import { temporaryFolder } from "../fixtures/temporary-folder.ts";
import { telegrafV1, telegrafV2 } from "./telegraf.ts";

const LIMIT = { timeout: 20_000, interval: 20 };
const NOW = systemClock.now();
/** Of the wildest host. */
const MOST = 50;

async function open(folder: string, config: Partial<MetricsPathConfig> = {}) {
  const lifetime = new Lifetime();
  const warnings: object[] = [];
  const log: Log = { ...silentLog, warn: (fields, event) => warnings.push({ event, ...fields }), child: () => log };
  const app = await createHttpServer({ version: "0.0.0-test", log: silentLog });
  const close = async (): Promise<void> => {
    await app.close();
    await lifetime.end();
  };
  onTestFinished(close);
  const path = await openMetricsPath(
    {
      ...{ folder, cluster: "c1", retry: { firstMs: 10, longestMs: 50, holdMs: 50 } },
      head: { database: { threads: 1, memoryMegabytes: 128 }, seriesPer: { host: MOST } },
      ...config,
    },
    { clock: systemClock, log },
    lifetime,
  );
  path.registerRoutes(app, () => ({ kind: "loopback" }));
  return {
    ...{ path, close, warnings },
    url: await app.listen({ port: 0, host: "127.0.0.1" }),
    write: async (payload: string, url = "/api/v2/write?precision=ms") => {
      const { statusCode, headers, body } = await app.inject({ method: "POST", url, payload });
      return { status: statusCode, error: headers["x-influxdb-error"], told: body === "" ? {} : JSON.parse(body) };
    },
    samplesOf: async (name: string) => {
      const matchers = [{ kind: "=", name: METRIC_NAME, value: name } as const];
      const found = await path.store.select({ matchers, from: epochMsOf(0), to: epochMsOf(4e12) });
      return found.reduce((sum, { values }) => sum + values.length, 0);
    },
  };
}

/** As many series as one host may have, each request one of its own. */
const wild = (count: number, at = NOW) =>
  Array.from({ length: count }, (_, i) => `api,host=a,request=${i} ms=1 ${at}`).join("\n");

async function filled(config: Partial<MetricsPathConfig> = {}, folder = temporaryFolder()) {
  const opened = await open(folder, config);
  expect(await opened.write(wild(MOST))).toMatchObject({ status: 204 });
  await expect
    .poll(() => [opened.path.counts().head.series, opened.path.counts().backlogBytes.head], LIMIT)
    .toEqual([MOST, 0]);
  return { ...opened, folder };
}

const KNOWN = `api,host=a,request=7 ms=2 ${NOW + 1}`;
const UNKNOWN = `api,host=a,request=x ms=2 ${NOW + 1}`;
const OTHERS = `api,host=b,request=y ms=2 ${NOW + 1}`;
const WHY = `host "a" of cluster "c1" has ${MOST} series of at most ${MOST} (metrics.max_series_per_host)`;
const HINT = "(leave out the tag or field that has too many values, or raise that limit)";

test.each([false, true])(
  "of a host that has too many series only new ones are refused, and its sender is told why and what to do; thread: %s",
  async (headThread) => {
    const { path, write, samplesOf, warnings } = await filled({ headThread });
    const { status, told } = await write([KNOWN, UNKNOWN, OTHERS].join("\n"));
    expect([status, told]).toEqual([
      400,
      {
        code: "invalid",
        message: `partial write: max-series limit exceeded: '${UNKNOWN}': ${WHY} at line 2, column 1 ${HINT} dropped=1`,
      },
    ]);
    await expect.poll(() => samplesOf("api_ms"), LIMIT).toBe(MOST + 2);
    const v1 = await write(`${KNOWN}\n${UNKNOWN}`, "/write?db=x&precision=ms");
    expect(v1).toEqual({
      status: 400,
      error: `partial write: max-series limit exceeded: '${UNKNOWN}': ${WHY} at line 2, column 1 ${HINT} dropped=1`,
      told: { error: v1.error },
    });
    const all = await write(UNKNOWN, "/write?db=x&precision=ms");
    expect(all.told.error).toBe(`max-series limit exceeded: '${UNKNOWN}': ${WHY} at line 1, column 1 ${HINT}`);
    expect(path.counts().ingest).toMatchObject({ refusedLines: 3, tooManySeriesLines: { host: 3, store: 0 } });
    expect(path.counts().head).toMatchObject({ series: MOST + 1, refused: { tooManySeries: { host: 0 } } });
    expect(warnings).toEqual([
      {
        ...{ event: "lines of new series refused", scope: "host", cluster: "c1", host: "a" },
        ...{ series: MOST, limit: MOST },
      },
    ]);
    expect(path.status().find(({ name }) => name === "metrics head")).toMatchObject({
      state: "degraded",
      detail: expect.stringContaining(
        `3 lines and 0 samples of new series refused; most series: host "a" of cluster "c1" ${MOST}, host "b" of cluster "c1" 1`,
      ),
      hint: "find the tag with too many values, or raise metrics.max_series_per_host",
    });
  },
);

test("after a restart what the host had is taken, and what is new is refused", async () => {
  const first = await filled();
  await first.close();
  const { write, samplesOf } = await open(first.folder);
  expect(await write(wild(MOST, epochMsOf(NOW + 1)))).toMatchObject({ status: 204 });
  const { status, told } = await write(`${KNOWN}\n${UNKNOWN}`);
  expect([status, told.message]).toEqual([400, expect.stringContaining(WHY)]);
  await expect.poll(() => samplesOf("api_ms"), LIMIT).toBe(2 * MOST);
});

test("what was acknowledged before anybody knew is refused by the head, and counted and logged there", async () => {
  const { path, write, samplesOf, warnings } = await open(temporaryFolder());
  expect(await write(wild(MOST + 30))).toMatchObject({ status: 204 });
  await expect.poll(() => path.counts().head.refused.tooManySeries, LIMIT).toMatchObject({ host: 30, store: 0 });
  expect(await samplesOf("api_ms")).toBe(MOST);
  expect(warnings).toEqual([
    {
      ...{ event: "samples of new series refused by the head", scope: "host", cluster: "c1", host: "a" },
      ...{ series: MOST, limit: MOST, refused_samples: 30 },
    },
  ]);
});

test("the names of fields may be what goes wild, and another cluster's host of that name has its own count", async () => {
  const { write } = await filled();
  expect(await write(`api,host=a,request=7 x=1 ${NOW}`)).toMatchObject({ status: 400 });
  expect(await write(`api,cluster=c2,host=a,request=7 x=1 ${NOW}`)).toMatchObject({ status: 204 });
});

test.each(["store", "cluster", "measurement"] as const)("the limit of a %s is told as its own", async (kind) => {
  const bounds = kind === "store" ? { series: MOST } : { seriesPer: { [kind]: MOST } };
  const { write, path } = await filled({ head: { database: { threads: 1, memoryMegabytes: 128 }, ...bounds } });
  const { told } = await write(UNKNOWN);
  const setting = kind === "store" ? "metrics.max_series" : `metrics.max_series_per_${kind}`;
  const whose = { store: "the store", cluster: 'cluster "c1"', measurement: 'measurement "api" of cluster "c1"' }[kind];
  expect(told.message).toContain(`: ${whose} has ${MOST} series of at most ${MOST} (${setting}) at line 1`);
  expect(path.counts().tooManySeriesLines).toMatchObject({ [kind]: 1 });
});

test("Telegraf throws the lines away that were refused, and goes on with its next batch", async () => {
  const { url, samplesOf } = await filled();
  const ns = (text: string) => `${text}000000`;
  const because = expect.stringContaining(WHY);
  const v1 = telegrafV1({ url, gzip: true });
  expect(await v1.write([KNOWN, UNKNOWN].map(ns).join("\n"))).toEqual({ kind: "dropped", because });
  expect(await v1.write(ns(OTHERS))).toEqual({ kind: "delivered" });
  const v2 = telegrafV2({ url });
  const later = KNOWN.replace(String(NOW + 1), String(NOW + 2));
  expect(await v2.write([later, UNKNOWN].map(ns))).toEqual([{ kind: "dropped", because }]);
  expect(await v2.write([ns(OTHERS.replace("=y", "=z"))])).toEqual([{ kind: "delivered" }]);
  await expect.poll(() => samplesOf("api_ms"), LIMIT).toBe(MOST + 4);
});
