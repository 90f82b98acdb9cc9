import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { InfluxDB, Point, type WritePrecisionType } from "@influxdata/influxdb-client";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually } from "../fixtures/eventually.ts";
import { run } from "./fixtures/command.ts";
import { type Nephoscope, startNephoscope, temporaryFolder } from "./fixtures/nephoscope.ts";

const WITHIN_MS = 15_000;
const folder = temporaryFolder();
let nephoscope: Nephoscope;

beforeAll(async () => {
  nephoscope = await startNephoscope({ data: folder.path, settings: ["agent.enabled=false"] });
});
afterAll(async () => {
  await nephoscope.stop();
  folder.remove();
});

interface Found {
  readonly metric: { readonly [label: string]: string };
  readonly values: readonly (readonly [seconds: number, value: string])[];
}

/** The series of a selector, once there are so many samples. */
async function samplesOf(selector: string, count: number): Promise<readonly Found[]> {
  const query = new URLSearchParams({ query: `${selector}[1h]` });
  return eventually(
    async () => {
      const answer = (await nephoscope.get(`/api/v1/query?${query}`)) as { data: { result: readonly Found[] } };
      const found = answer.data.result.reduce((sum, { values }) => sum + values.length, 0);
      return found < count ? undefined : answer.data.result;
    },
    { withinMs: WITHIN_MS, what: `${count} samples of ${selector}` },
  );
}

describe("@influxdata/influxdb-client, as it is", () => {
  const secondsAgo = (seconds: number) => Math.floor(Date.now() / 1_000) - seconds;

  test.each<[WritePrecisionType, number]>([
    ["ns", 1e9],
    ["us", 1e6],
    ["ms", 1e3],
    ["s", 1],
  ])("writes points in %s, plain and in gzip", async (precision, aSecond) => {
    for (const [name, gzipThreshold] of [
      ["plain", 1e9],
      ["gzip", 0],
    ] as const) {
      const writeApi = new InfluxDB({ url: `${nephoscope.url}/`, token: "any" }).getWriteApi("o", "b", precision, {
        gzipThreshold,
        maxRetries: 0,
        defaultTags: { client: `${name} ${precision}` },
      });
      const at = secondsAgo(60);
      const time = String(BigInt(at) * BigInt(aSecond));
      writeApi.writePoint(
        new Point("js client")
          .tag("host", 'a b,c=d"e\\f')
          .floatField("float", 1.5)
          .intField("int", -2)
          .uintField("uint", 3)
          .booleanField("bool", true)
          .stringField("text", 'a "quoted"\nline\\')
          .timestamp(time),
      );
      await writeApi.close();
      const found = await samplesOf(`{client="${name} ${precision}"}`, 4);
      expect(found.map(({ metric, values }) => [metric.__name__, metric.host, values]).sort()).toEqual([
        ["js client_bool", 'a b,c=d"e\\f', [[at, "1"]]],
        ["js client_float", 'a b,c=d"e\\f', [[at, "1.5"]]],
        ["js client_int", 'a b,c=d"e\\f', [[at, "-2"]]],
        ["js client_uint", 'a b,c=d"e\\f', [[at, "3"]]],
      ]);
    }
  });

  test("writes batch after batch", async () => {
    const options = { batchSize: 100, flushInterval: 0, maxRetries: 0 };
    const writeApi = new InfluxDB({ url: nephoscope.url, token: "any" }).getWriteApi("o", "b", "ms", options);
    const now = Date.now();
    for (let n = 0; n < 1_000; n++)
      writeApi.writePoint(new Point("batched").intField("n", n).timestamp(now - 1_000 + n));
    await writeApi.close();
    const [series] = await samplesOf("batched_n", 1_000);
    expect(series?.values.map(([, value]) => Number(value))).toEqual(Array.from({ length: 1_000 }, (_, n) => n));
  });

  test("hears why a line is refused, and does not try again", async () => {
    const failures: { readonly message: string; readonly attempt: number }[] = [];
    const writeApi = new InfluxDB({ url: nephoscope.url, token: "any" }).getWriteApi("o", "b", "ms", {
      writeFailed: async (error, _lines, attempt) => void failures.push({ message: error.message, attempt }),
    });
    writeApi.writeRecord("no fields at all");
    await writeApi.close().catch(() => {});
    expect(failures).toEqual([{ message: expect.stringContaining("unable to parse 'no fields at all'"), attempt: 1 }]);
  });
});

/** Debian's package `influxdb-client` has it. */
describe("the shell `influx` of InfluxDB 1", () => {
  const influx = (...args: readonly string[]) => {
    const { hostname, port } = new URL(nephoscope.url);
    return run("influx", "-host", hostname, "-port", port, ...args);
  };

  test("makes a database, finds it, and inserts into it", async () => {
    await influx("-execute", "CREATE DATABASE shell");
    expect(await influx("-execute", "SHOW DATABASES")).toMatch(/^shell$/m);
    const seconds = Math.floor(Date.now() / 1_000) - 5;
    for (const precision of ["s", "ms", "u", "ns"] as const) {
      const time = { s: seconds, ms: `${seconds}000`, u: `${seconds}000000`, ns: `${seconds}000000000` }[precision];
      const insert = `INSERT shell,in=${precision} v=7i ${time}`;
      expect(await influx("-database", "shell", "-precision", precision, "-execute", insert)).toBe("");
    }
    const found = await samplesOf("shell_v", 4);
    expect(found.map(({ values }) => values)).toEqual(Array.from({ length: 4 }, () => [[seconds, "7"]]));
  });

  test("is told why a line is refused", async () => {
    const told = await influx("-database", "shell", "-execute", "INSERT shell v=x").catch(
      (error: Error) => error.message,
    );
    expect(told).toContain("unable to parse 'shell v=x'");
  });

  test.each([false, true])("imports a file, compressed %s", async (isCompressed) => {
    const now = Date.now();
    const measurement = isCompressed ? "imported_gz" : "imported";
    const lines = Array.from({ length: 20 }, (_, n) => `${measurement},host=h v=${n} ${now - 20 + n}`);
    const text = ["# DDL", "CREATE DATABASE imported", "# DML", "# CONTEXT-DATABASE: imported", ...lines, ""].join(
      "\n",
    );
    const file = join(folder.path, measurement);
    writeFileSync(file, isCompressed ? gzipSync(text) : text);
    await influx("-import", `-path=${file}`, "-precision=ms", ...(isCompressed ? ["-compressed"] : []));
    const [series] = await samplesOf(`${measurement}_v`, 20);
    expect(series?.values.map(([, value]) => Number(value))).toEqual(Array.from({ length: 20 }, (_, n) => n));
  });
});
