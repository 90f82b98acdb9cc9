import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { Lifetime } from "../../core/lifetime.ts";
import { silentLog } from "../../core/log.ts";
import type { InfluxConfig } from "../../store/influxdb/config.ts";
import { createInfluxWriter } from "../../store/influxdb/writer.ts";
import { temporaryFolder } from "../collector/fixtures/temporary-folder.ts";
import { type Influxd, startInfluxd } from "./fixtures/influxd.ts";

let influxd: Influxd;
beforeAll(async () => {
  influxd = await startInfluxd();
});
afterAll(() => influxd.stop());

function writerOf(config: Partial<InfluxConfig>) {
  const lifetime = new Lifetime();
  onTestFinished(() => lifetime.end());
  const all: InfluxConfig = { url: influxd.url, version: "1", ...config };
  return createInfluxWriter(all, { quarantineFolder: temporaryFolder() }, silentLog, lifetime);
}

async function policies(database: string): Promise<readonly (readonly unknown[])[]> {
  const [series] = await influxd.query(`SHOW RETENTION POLICIES ON "${database}"`);
  return series?.values.map(([name, duration, , , isDefault]) => [name, duration, isDefault]) ?? [];
}

/** Each database is named, those without any as well, then without values. */
async function continuousQueries(database: string): Promise<readonly (readonly unknown[])[]> {
  const found = await influxd.query("SHOW CONTINUOUS QUERIES");
  return found.flatMap((one) => (one.name === database && "values" in one ? one.values : []));
}
const namesOf = async (database: string) => (await continuousQueries(database)).map(([name]) => name);

const AUTOGEN = ["autogen", "0s", true];

test("without retention nothing is made or altered", async () => {
  await influxd.query("CREATE DATABASE plain");
  expect(await writerOf({ database: "plain" }).write(["m v=1 1"])).toEqual({ kind: "ok", rejected: 0 });
  expect([await policies("plain"), await namesOf("plain")]).toEqual([[AUTOGEN], []]);
});

test("policies and continuous queries are made before the first lines, altered when told otherwise, and made once", async () => {
  await influxd.query('CREATE DATABASE "kept days"');
  const config = { database: "kept days", retention_policy: "raw" };
  const now = Date.now();
  const write = (retention: InfluxConfig["retention"]) =>
    writerOf({ ...config, retention }).write([`m,host=a v=1,s="x" ${now}`]);
  const ok = { kind: "ok", rejected: 0 };
  expect(await write({ raw_days: 7, minute_days: 30, hour_days: 365 })).toEqual(ok);
  expect(await policies("kept days")).toEqual([
    AUTOGEN,
    ["raw", "168h0m0s", false],
    ["raw_1m", "720h0m0s", false],
    ["raw_1h", "8760h0m0s", false],
  ]);
  expect(await namesOf("kept days")).toEqual(["raw_1m", "raw_1h"]);
  expect(await write({ raw_days: 14, minute_days: 30 })).toEqual(ok);
  expect((await policies("kept days"))[1]).toEqual(["raw", "336h0m0s", false]);
  expect(await namesOf("kept days")).toEqual(["raw_1m", "raw_1h"]);
  expect(await influxd.query('SELECT v FROM "raw".m', "kept days")).toMatchObject([{ values: [[now, 1]] }]);
  expect(await influxd.query("SELECT v FROM m", "kept days")).toEqual([]);
});

test("what a continuous query says can be run: means and last values of each series", async () => {
  await influxd.query("CREATE DATABASE coarse");
  const minute = Math.floor(Date.now() / 60_000) * 60_000 - 120_000;
  const writer = writerOf({ database: "coarse", retention_policy: "raw", retention: { raw_days: 7, minute_days: 30 } });
  await writer.write([`m,host=a v=1 ${minute}`, `m,host=a v=4 ${minute + 1}`, `m,host=b v=5 ${minute}`]);
  const [[, text] = []] = await continuousQueries("coarse");
  const select = /BEGIN (.*) GROUP BY/.exec(String(text))?.[1];
  await influxd.query(`${select} WHERE time >= ${minute}ms GROUP BY time(1m), *`, "coarse");
  const found = await influxd.query('SELECT mean_v, last_v, host FROM "raw_1m".m', "coarse");
  expect(found[0]?.values.map(([, ...values]) => values).filter(([mean]) => mean !== null)).toEqual([
    [2.5, 4, "a"],
    [5, 5, "b"],
  ]);
});

test("a missing database is told, and nothing is written", async () => {
  const outcome = await writerOf({ database: "none", retention_policy: "raw", retention: { raw_days: 1 } }).write([
    "m v=1 1",
  ]);
  expect(outcome).toMatchObject({ kind: "hold", hint: expect.stringContaining('CREATE DATABASE "none"') });
});
