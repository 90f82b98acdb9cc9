import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { type MetricsPath, openMetricsPath } from "../../collector/metrics-path.ts";
import { systemClock } from "../../core/clock.ts";
import { Lifetime } from "../../core/lifetime.ts";
import type { Log } from "../../core/log.ts";
import { silentLog } from "../../core/log.ts";
import type { InfluxConfig } from "../../store/influxdb/config.ts";
import { createHttpServer } from "../../web/server/http.ts";
import { temporaryFolder } from "../collector/fixtures/temporary-folder.ts";
import { type Influxd, startInfluxd } from "./fixtures/influxd.ts";

const RETRY = { firstMs: 50, longestMs: 200, holdMs: 200 };
const LIMIT = { timeout: 20_000, interval: 50 };

interface Running {
  readonly folder: string;
  readonly path: MetricsPath;
  readonly logged: string[];
  write(body: string): Promise<number>;
  influxPart(): { state: string; detail: string; hint?: string };
}

async function run(influx: InfluxConfig): Promise<Running> {
  const lifetime = new Lifetime();
  const folder = temporaryFolder();
  const logged: string[] = [];
  const note = (fields: object, event: string): void => {
    logged.push(`${event} ${JSON.stringify(fields)}`);
  };
  const log: Log = { debug: note, info: note, warn: note, error: note, child: () => log };
  const path = await openMetricsPath(
    { folder, cluster: "c 1", influx, retry: RETRY },
    { clock: systemClock, log },
    lifetime,
  );
  const app = await createHttpServer({ version: "0.0.0-test", log: silentLog });
  path.registerRoutes(app, () => ({ kind: "loopback" }));
  onTestFinished(async () => {
    await app.close();
    await lifetime.end();
  });
  const influxPart = () => path.status().find(({ name }) => name === "influxdb") ?? { state: "missing", detail: "" };
  const write = async (payload: string) =>
    (await app.inject({ method: "POST", url: "/api/v2/write?precision=ms", payload })).statusCode;
  return { folder, path, logged, write, influxPart };
}

/** Waits until InfluxDB has everything the spool holds. */
async function caughtUp({ path }: Running): Promise<void> {
  await expect.poll(() => path.counts().backlogBytes.influxdb, LIMIT).toBe(0);
}

describe("with a real InfluxDB 1.x", () => {
  let influxd: Influxd;
  beforeAll(async () => {
    influxd = await startInfluxd();
  });
  afterAll(() => influxd.stop());

  const database = async (name: string): Promise<InfluxConfig> => {
    await influxd.query(`CREATE DATABASE "${name}"`);
    return { url: influxd.url, version: "1", database: name };
  };

  test("every type of value, every escape and every time arrives as it was sent, with the cluster", async () => {
    const running = await run(await database("types"));
    const now = Date.now();
    const body = [
      `m\\,\\ 1,host=a\\ b,t\\=g=x\\,y f=1.5,i=-7i,u=18u,b=true,s="say \\"hi\\" \\\\ é, ok",k\\ 1=2 ${now}`,
      `m\\,\\ 1,host=a\\ b,t\\=g=x\\,y f=-0.25,i=9007199254740993i,u=9223372036854775807u,b=F,s="two\nlines" ${now + 1}\r`,
      `m\\,\\ 1,cluster=mine,host=a\\ b f=3 ${now + 2}`,
    ].join("\n");
    expect(await running.write(body)).toBe(204);
    await caughtUp(running);
    const read = async (column: string) => {
      const [series] = await influxd.query(`SELECT ${column} FROM "m, 1"`, "types");
      return series?.values;
    };
    expect(await read('f, host, "t=g", cluster, "k 1"')).toEqual([
      [now, 1.5, "a b", "x,y", "c 1", 2],
      [now + 1, -0.25, "a b", "x,y", "c 1", null],
      [now + 2, 3, "a b", null, "mine", null],
    ]);
    expect(await read("i, b, s")).toEqual([
      [now, -7, true, 'say "hi" \\ é, ok'],
      // JSON.parse rounds it; InfluxDB has all its digits.
      [now + 1, Number("9007199254740993"), false, "two\nlines"],
    ]);
    expect(await read("u")).toEqual([
      [now, 18],
      [now + 1, Number("9223372036854775807")],
    ]);
    expect(running.influxPart().state).toBe("ok");
  });

  test("count and sum of many bodies are what was sent", async () => {
    const running = await run(await database("many"));
    const now = Date.now();
    for (let i = 0; i < 50; i++) {
      const lines = Array.from({ length: 400 }, (_, k) => `m,host=h${k % 40},n=${i} v=${i * 400 + k}i ${now - k}`);
      expect(await running.write(lines.join("\n"))).toBe(204);
    }
    await caughtUp(running);
    const [series] = await influxd.query("SELECT count(v), sum(v) FROM m", "many");
    expect(series?.values[0]?.slice(1)).toEqual([20_000, (19_999 * 20_000) / 2]);
  });

  test("lines InfluxDB refuses go to the quarantine file with its reason, all others are written", async () => {
    const running = await run(await database("conflict"));
    const now = Date.now();
    expect(await running.write(`m,host=a v=1.5 ${now}`)).toBe(204);
    await caughtUp(running);
    const lines = Array.from(
      { length: 1_000 },
      (_, i) => `m,host=b v=${i === 77 || i === 500 ? `${i}i` : `${i}.5`} ${now + i}`,
    );
    expect(await running.write(lines.join("\n"))).toBe(204);
    await caughtUp(running);
    const [series] = await influxd.query("SELECT count(v) FROM m WHERE host = 'b'", "conflict");
    expect(series?.values[0]?.[1]).toBe(998);
    const quarantine = readFileSync(join(running.folder, "quarantine", "influxdb-rejected.lp"), "utf8").split("\n");
    expect(quarantine.filter((line) => line.startsWith("m,"))).toEqual([
      `m,cluster=c\\ 1,host=b v=77i ${now + 77}`,
      `m,cluster=c\\ 1,host=b v=500i ${now + 500}`,
    ]);
    expect(quarantine[0]).toContain("field type conflict");
    expect(running.influxPart()).toMatchObject({
      state: "degraded",
      detail: expect.stringContaining("2 lines refused"),
    });
  });

  test("a missing database is told with how to create it; created, it gets everything", async () => {
    const running = await run({ url: influxd.url, version: "1", database: "later" });
    const now = Date.now();
    expect(await running.write(`m,host=a v=1 ${now}`)).toBe(204);
    await expect
      .poll(() => running.influxPart(), LIMIT)
      .toMatchObject({
        state: "down",
        detail: expect.stringContaining("database not found"),
        hint: `create it: curl -XPOST '${influxd.url}/query' --data-urlencode 'q=CREATE DATABASE "later"'`,
      });
    await influxd.query('CREATE DATABASE "later"');
    await caughtUp(running);
    expect(await influxd.query("SELECT v FROM m", "later")).toMatchObject([{ values: [[now, 1]] }]);
  });

  test("the address of InfluxDB 2 on an InfluxDB 1.6 is told with what to set", async () => {
    const running = await run({ url: influxd.url, version: "2", org: "o", bucket: "b", token: "secret-token" });
    await running.write("m v=1");
    await expect
      .poll(() => running.influxPart(), LIMIT)
      .toMatchObject({
        state: "down",
        hint: expect.stringContaining('set influxdb.version to "1"'),
      });
  });
});

describe("with an InfluxDB that asks for a password", () => {
  const admin = { username: "keeper", password: "right-password" };
  let influxd: Influxd;
  beforeAll(async () => {
    influxd = await startInfluxd({ admin });
    await influxd.query("CREATE DATABASE d");
  });
  afterAll(() => influxd.stop());

  test("the right one writes", async () => {
    const running = await run({ url: influxd.url, version: "1", database: "d", ...admin });
    await running.write("m v=1 1");
    await caughtUp(running);
    expect(await influxd.query("SELECT v FROM m", "d")).toMatchObject([{ values: [[1, 1]] }]);
  });

  test("a wrong one is told as such, and stands neither in the status nor in the log", async () => {
    const running = await run({
      url: influxd.url,
      version: "1",
      database: "d",
      username: "keeper",
      password: "wrong-password",
    });
    await running.write("m v=1 1");
    await expect
      .poll(() => running.influxPart(), LIMIT)
      .toMatchObject({
        state: "down",
        detail: expect.stringContaining("401"),
        hint: expect.stringContaining("InfluxDB does not know these credentials"),
      });
    const encoded = Buffer.from("keeper:wrong-password").toString("base64");
    const said = JSON.stringify([running.path.status(), running.logged]);
    expect(running.logged.length).toBeGreaterThan(0);
    expect(said).not.toContain("wrong-password");
    expect(said).not.toContain(encoded);
  });
});
