import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { temporaryFolder } from "../../collector/fixtures/temporary-folder.ts";
import { type Influxd, startInfluxd } from "../fixtures/influxd.ts";
import { startLoad } from "../fixtures/metrics-load.ts";

const COLLECTOR = new URL("../fixtures/metrics-path-process.ts", import.meta.url).pathname;
const LIMIT = { timeout: 60_000, interval: 100 };

let influxd: Influxd;
beforeAll(async () => {
  influxd = await startInfluxd();
  await influxd.query('CREATE DATABASE "nephoscope"');
});
afterAll(() => influxd.stop());

interface Collector {
  readonly url: string;
  readonly process: ChildProcess;
}

async function startCollector(folder: string): Promise<Collector> {
  const child = spawn(process.execPath, [COLLECTOR, folder, influxd.url], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  const [line] = await once(child.stdout, "data");
  return { url: String(line).trim(), process: child };
}

interface Parts {
  readonly status: readonly { readonly name: string; readonly state: string; readonly detail: string }[];
  readonly samples: { readonly [host: string]: readonly number[] };
}

const partsOf = async ({ url }: Collector): Promise<Parts> => JSON.parse(await (await fetch(`${url}/parts`)).text());
/** What head and InfluxDB have together. */
const joinedOf = async ({
  url,
}: Collector): Promise<Pick<Parts, "samples"> & { readonly warnings: readonly string[] }> =>
  JSON.parse(await (await fetch(`${url}/joined`)).text());
const stateOf = async (collector: Collector, part: string) =>
  (await partsOf(collector)).status.find(({ name }) => name === part)?.state;

async function stored(host: string): Promise<readonly number[]> {
  const [series] = await influxd.query(`SELECT v FROM load WHERE host = '${host}'`, "nephoscope");
  return series?.values.map(([, value]) => Number(value)) ?? [];
}

/** Everything acknowledged, each value once, in InfluxDB and in the head. */
async function expectAllOnce(collector: Collector, host: string, acknowledged: readonly number[]): Promise<void> {
  await expect.poll(async () => (await stored(host)).length, LIMIT).toBeGreaterThanOrEqual(acknowledged.length);
  expect(await stored(host)).toEqual(acknowledged);
  await expect.poll(async () => (await partsOf(collector)).samples[host]?.length, LIMIT).toBe(acknowledged.length);
  expect((await partsOf(collector)).samples[host]).toEqual(acknowledged);
}

test("an outage of InfluxDB under load loses nothing acknowledged, doubles nothing and holds up neither sender nor head", async () => {
  const collector = await startCollector(temporaryFolder());
  const load = startLoad("outage", Date.now() - 3_000_000, () => collector.url);
  onTestFinished(() => load.stop());
  await expect.poll(async () => (await stored("outage")).length, LIMIT).toBeGreaterThan(100);
  await influxd.kill();
  const before = load.acknowledged.length;
  await expect.poll(() => stateOf(collector, "influxdb"), LIMIT).toBe("degraded");
  await delay(3_000);
  const during = load.acknowledged.length - before;
  expect(during).toBeGreaterThan(1_000);
  await expect.poll(async () => (await partsOf(collector)).samples.outage?.length, LIMIT).toBeGreaterThan(before + 500);
  expect(await stateOf(collector, "metrics head")).toBe("ok");
  const meanwhile = await joinedOf(collector);
  expect(meanwhile.samples.outage?.length).toBeGreaterThan(before);
  expect(meanwhile.warnings).toEqual([expect.stringContaining("only the recent hours are answered")]);
  await influxd.start();
  await load.stop();
  await expectAllOnce(collector, "outage", load.acknowledged);
  await expect.poll(() => joinedOf(collector), LIMIT).toEqual({ samples: { outage: load.acknowledged }, warnings: [] });
  expect(await stateOf(collector, "influxdb")).toBe("ok");
});

test("a collector killed again and again under load loses nothing acknowledged and doubles nothing", async () => {
  const folder = temporaryFolder();
  let collector = await startCollector(folder);
  const load = startLoad("killed", Date.now() - 3_000_000, () => collector.url);
  onTestFinished(() => load.stop());
  for (let round = 1; round <= 5; round++) {
    const reached = load.acknowledged.length + 200 * round;
    await expect.poll(() => load.acknowledged.length, LIMIT).toBeGreaterThan(reached);
    const gone = once(collector.process, "exit");
    collector.process.kill("SIGKILL");
    await gone;
    collector = await startCollector(folder);
  }
  await load.stop();
  await expectAllOnce(collector, "killed", load.acknowledged);
});

test("a collector that is told to stop leaves nothing behind that the next one has not", async () => {
  const folder = temporaryFolder();
  let collector = await startCollector(folder);
  const load = startLoad("stopped", Date.now() - 3_000_000, () => collector.url);
  onTestFinished(() => load.stop());
  await expect.poll(() => load.acknowledged.length, LIMIT).toBeGreaterThan(300);
  const gone = once(collector.process, "exit");
  collector.process.kill("SIGTERM");
  expect(await gone).toEqual([0, null]);
  collector = await startCollector(folder);
  await load.stop();
  await expectAllOnce(collector, "stopped", load.acknowledged);
});
