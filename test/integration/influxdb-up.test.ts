import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "../fixtures/eventually.ts";
import { type Influxd, startInfluxd } from "./fixtures/influxd.ts";
import { type Nephoscope, startNephoscope, temporaryFolder } from "./fixtures/nephoscope.ts";

const WITHIN_MS = 30_000;
const folder = temporaryFolder();
let influxd: Influxd;
let nephoscope: Nephoscope;

beforeAll(async () => {
  influxd = await startInfluxd();
  nephoscope = await startNephoscope({
    data: folder.path,
    settings: ["agent.interval_seconds=1", `influxdb.url=${influxd.url}`, "influxdb.database=nephoscope"],
    env: { NEPHOSCOPE_INFLUXDB_VERSION: "1" },
  });
});
afterAll(async () => {
  await nephoscope.stop();
  await influxd.stop();
  folder.remove();
});

interface Part {
  readonly name: string;
  readonly state: string;
  readonly hint?: string;
}

async function influxPart(): Promise<Part | undefined> {
  const { parts } = (await nephoscope.get("/api/v1/status")) as { parts: readonly Part[] };
  return parts.find(({ name }) => name === "influxdb");
}

test("a database that is missing is said to be, with how to make it", async () => {
  const part = await eventually(
    async () => {
      const found = await influxPart();
      return found?.state === "ok" ? undefined : found;
    },
    { withinMs: WITHIN_MS, what: "InfluxDB to be in trouble" },
  );
  expect(part.hint).toContain('CREATE DATABASE "nephoscope"');
});

test("once it is made, all that was collected arrives, also what came before", async () => {
  await influxd.query('CREATE DATABASE "nephoscope"');
  await eventually(async () => (await influxPart())?.state === "ok", { withinMs: 90_000, what: "InfluxDB to be well" });
  const counted = async (measurement: string) => {
    const answer = await influxd.query(`SELECT count(*) FROM "${measurement}" WHERE "cluster" = 'test'`, "nephoscope");
    return JSON.stringify(answer).includes('"count_');
  };
  for (const measurement of ["cpu", "mem", "net_if", "system"]) {
    await eventually(() => counted(measurement), { withinMs: WITHIN_MS, what: `${measurement} in InfluxDB` });
  }
});
