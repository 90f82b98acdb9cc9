import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { createServer as createHttpServerOfNode } from "node:http";
import { createServer } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { createGunzip } from "node:zlib";
import { describe, expect, onTestFinished, test } from "vitest";
import { type MetricsPath, type MetricsPathConfig, openMetricsPath } from "../../collector/metrics-path.ts";
import { epochMsOf, systemClock } from "../../core/clock.ts";
import { Lifetime } from "../../core/lifetime.ts";
import { silentLog } from "../../core/log.ts";
import { METRIC_NAME } from "../../core/series.ts";
import { createHttpServer } from "../../web/server/http.ts";
import { temporaryFolder } from "./fixtures/temporary-folder.ts";

const LIMIT = { timeout: 20_000, interval: 10 };

interface Opened {
  readonly path: MetricsPath;
  write(body: string, headers?: Record<string, string>): Promise<number>;
  valuesOf(name: string): Promise<readonly number[]>;
  close(): Promise<void>;
}

async function open(folder: string, config: Partial<MetricsPathConfig> = {}): Promise<Opened> {
  const lifetime = new Lifetime();
  const app = await createHttpServer({ version: "0.0.0-test", log: silentLog });
  const close = async (): Promise<void> => {
    await app.close();
    await lifetime.end();
  };
  onTestFinished(close);
  const retry = { firstMs: 10, longestMs: 50, holdMs: 50 };
  const head = { database: { threads: 1, memoryMegabytes: 256 } };
  const path = await openMetricsPath(
    { folder, cluster: "c1", retry, head, ...config },
    { clock: systemClock, log: silentLog },
    lifetime,
  );
  path.registerRoutes(app, () => ({ kind: "loopback" }));
  return {
    path,
    close,
    write: async (payload, headers = {}) =>
      (await app.inject({ method: "POST", url: "/write?precision=ms", payload, headers })).statusCode,
    valuesOf: async (name) => {
      const matchers = [{ kind: "=", name: METRIC_NAME, value: name } as const];
      const [series] = await path.store.select({ matchers, from: epochMsOf(0), to: epochMsOf(4e12) });
      return [...(series?.values ?? [])];
    },
  };
}

const partOf = (path: MetricsPath, name: string) => path.status().find((part) => part.name === name);

test("what is written is in the head a moment later, with the cluster", async () => {
  const { path, write } = await open(temporaryFolder());
  const now = systemClock.now();
  expect(await write(`cpu,host=a user=1.5,idle=2i ${now}`)).toBe(204);
  const all = { matchers: [], from: now, to: now };
  await expect
    .poll(() => path.store.series(all), LIMIT)
    .toEqual([
      { [METRIC_NAME]: "cpu_user", host: "a", cluster: "c1" },
      { [METRIC_NAME]: "cpu_idle", host: "a", cluster: "c1" },
    ]);
  expect(path.status().map(({ name, state }) => [name, state])).toEqual([
    ["spool", "ok"],
    ["metrics head", "ok"],
    ["influxdb", "off"],
    ["victoria-metrics", "off"],
  ]);
});

test("a body larger than a commit of the head is there whole, once", async () => {
  const { write, valuesOf } = await open(temporaryFolder());
  const now = systemClock.now();
  const lines = Array.from({ length: 120_000 }, (_, i) => `m v=${i} ${now - i}`);
  expect(await write(lines.join("\n"))).toBe(204);
  await expect.poll(async () => (await valuesOf("m_v")).length, LIMIT).toBe(120_000);
});

describe("a damaged head", () => {
  test.each(["garbage", "cut short", "deleted"])("is set aside and built again from the spool: %s", async (how) => {
    const folder = temporaryFolder();
    const first = await open(folder);
    const now = systemClock.now();
    for (let i = 0; i < 20; i++) {
      const lines = Array.from({ length: 2_000 }, (_, k) => `m,k=${k} v=${Math.random()} ${now + i}`);
      await first.write([`mark v=${i} ${now + i}`, ...lines].join("\n"));
    }
    await expect.poll(() => first.valuesOf("mark_v"), LIMIT).toHaveLength(20);
    await first.close();
    const file = join(folder, "metrics.duckdb");
    if (how === "garbage") writeFileSync(file, Buffer.alloc(50_000, "x"));
    if (how === "cut short") truncateSync(file, Math.floor(statSync(file).size / 2));
    if (how === "deleted") rmSync(file);
    const again = await open(folder);
    await expect.poll(() => again.valuesOf("mark_v"), LIMIT).toEqual(Array.from({ length: 20 }, (_, i) => i));
    const aside = readdirSync(folder).filter((name) => name.includes(".damaged-"));
    expect(aside.length > 0).toBe(how !== "deleted");
    if (how !== "deleted") {
      expect(partOf(again.path, "metrics head")).toMatchObject({
        state: "degraded",
        detail: expect.stringContaining(`set aside: ${aside.sort().join(", ")}`),
        hint: expect.stringContaining("delete them"),
      });
      for (const name of aside) rmSync(join(folder, name), { recursive: true });
    }
    expect(partOf(again.path, "metrics head")).toMatchObject({ state: "ok" });
    await again.write(`mark v=20 ${now + 20}`);
    await expect.poll(() => again.valuesOf("mark_v"), LIMIT).toHaveLength(21);
  });
});

test("a numbered body that was durable before a restart is not taken again after it", async () => {
  const folder = temporaryFolder();
  const number = { "nephoscope-agent": "a", "nephoscope-sequence": "41" };
  const body = `m v=1 ${systemClock.now()}`;
  const first = await open(folder);
  expect(await first.write(body, number)).toBe(204);
  await first.close();
  const { path, write } = await open(folder);
  expect(await write(body, number)).toBe(204);
  expect(path.counts().ingest).toMatchObject({ bodies: 0, repeats: 1 });
  expect(await write(body, { ...number, "nephoscope-sequence": "42" })).toBe(204);
  expect(path.counts().ingest).toMatchObject({ bodies: 1, repeats: 1 });
});

test("a numbered body of which a part was durable before a restart hears of its bad lines again, and is not taken again", async () => {
  const folder = temporaryFolder();
  const number = { "nephoscope-agent": "a", "nephoscope-sequence": "41" };
  const body = `m v=1 ${systemClock.now()}\nbad\n`;
  const first = await open(folder);
  expect(await first.write(body, number)).toBe(400);
  await first.close();
  const { path, write } = await open(folder);
  expect(await write(body, number)).toBe(400);
  expect(path.counts().ingest).toMatchObject({ bodies: 0, repeats: 1 });
});

test("a second process on the same folder is refused before it touches anything", async () => {
  const folder = temporaryFolder();
  const first = await open(folder);
  await first.write(`m v=1 ${systemClock.now()}`);
  await expect(open(folder)).rejects.toMatchObject({ code: "store.locked" });
  expect(await first.write(`m v=2 ${systemClock.now()}`)).toBe(204);
});

test("an InfluxDB that takes connections and never answers slows neither head nor acknowledgement", async () => {
  const hole = createServer(() => {});
  await new Promise<void>((resolve) => hole.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void hole.close());
  const address = hole.address();
  if (address === null || typeof address === "string") throw new Error("a TCP server has a port");
  const influx = { url: `http://127.0.0.1:${address.port}`, version: "1", database: "d" } as const;
  const { path, write, valuesOf } = await open(temporaryFolder(), { influx });
  const now = systemClock.now();
  for (let i = 0; i < 100; i++) expect(await write(`m v=${i} ${now + i}`)).toBe(204);
  await expect.poll(() => valuesOf("m_v"), LIMIT).toHaveLength(100);
  await expect.poll(() => path.counts().backlogBytes.head, LIMIT).toBe(0);
  expect(path.counts().backlogBytes.influxdb).toBeGreaterThan(0);
});

test("an InfluxDB that is away fills the spool to its bound: senders are told when to come back, the head goes on, and so does all when it is back", async () => {
  const stored: string[] = [];
  let isAway = true;
  const influxd = createHttpServerOfNode((request, reply) => {
    if (isAway) return void request.socket.destroy();
    const inflated = request.headers["content-encoding"] === "gzip" ? request.pipe(createGunzip()) : request;
    void text(inflated).then((lines) => {
      stored.push(...lines.split("\n"));
      reply.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve) => influxd.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void influxd.close());
  const address = influxd.address();
  if (address === null || typeof address === "string") throw new Error("a TCP server has a port");
  const influx = { url: `http://127.0.0.1:${address.port}`, version: "1", database: "d" } as const;
  const spool = { maxBytes: 400_000 };
  const { path, write, valuesOf } = await open(temporaryFolder(), { influx, spool });
  const now = systemClock.now();
  const acknowledged: number[] = [];
  const post = async (n: number): Promise<number> => {
    const status = await write(`m v=${n} ${now + n}\n# ${"filler ".repeat(700)}`);
    if (status === 204) acknowledged.push(n);
    return status;
  };
  let status = 204;
  for (let n = 0; status === 204 && n < 1_000; n++) status = await post(n);
  expect([status, acknowledged.length > 50]).toEqual([503, true]);
  expect(path.counts().spool.bytes).toBeLessThanOrEqual(spool.maxBytes);
  expect(path.counts().spool.refusedFull).toBe(1);
  expect(partOf(path, "spool")).toMatchObject({ state: "degraded", hint: expect.stringContaining("come back later") });
  await expect.poll(() => valuesOf("m_v"), LIMIT).toEqual(acknowledged);
  expect(await post(1_000)).toBe(503);
  isAway = false;
  await expect.poll(() => post(2_000), LIMIT).toBe(204);
  await expect.poll(() => path.counts().backlogBytes.influxdb, LIMIT).toBe(0);
  const once = new Set(stored.map((line) => Number(/ v=(\d+)/.exec(line)?.[1])));
  expect([...once].sort((a, b) => a - b)).toEqual(acknowledged);
  await expect.poll(() => valuesOf("m_v"), LIMIT).toEqual(acknowledged);
  expect(path.status().map(({ state }) => state)).toEqual(["ok", "ok", "ok", "off"]);
});

const isRoot = process.getuid?.() === 0;

test.skipIf(!isRoot)(
  "on a disk that fills up writers are told so, and with room again all acknowledged is in the head",
  async () => {
    const folder = temporaryFolder();
    expect(spawnSync("mount", ["-t", "tmpfs", "-o", "size=12m", "tmpfs", folder], { encoding: "utf8" }).stderr).toBe(
      "",
    );
    onTestFinished(() => {
      spawnSync("umount", [folder]);
    });
    const data = join(folder, "data");
    const opened = await open(data);
    const now = systemClock.now();
    const acknowledged: number[] = [];
    const statuses = new Set<number>();
    for (let i = 0; !statuses.has(503) && i < 1_000; i++) {
      const filler = Array.from({ length: 500 }, (_, k) => `f,k=${k} v=${Math.random()} ${now + i}`);
      const status = await opened.write([`m v=${i} ${now + i}`, ...filler].join("\n"));
      statuses.add(status);
      if (status === 204) acknowledged.push(i);
    }
    expect([...statuses]).toEqual([204, 503]);
    expect(partOf(opened.path, "spool")).toMatchObject({
      state: "down",
      hint: expect.stringContaining("free some space"),
    });
    spawnSync("mount", ["-o", "remount,size=300m", folder]);
    await expect.poll(() => opened.valuesOf("m_v"), { timeout: 20_000, interval: 50 }).toEqual(acknowledged);
    expect(await opened.write(`m v=-1 ${now + 5_000}`)).toBe(204);
    await expect.poll(() => opened.valuesOf("m_v"), LIMIT).toEqual([...acknowledged, -1]);
    expect(opened.path.status().map(({ state }) => state)).toEqual(["ok", "ok", "off", "off"]);
    expect(existsSync(join(data, "metrics.duckdb"))).toBe(true);
  },
);
