import { afterAll, beforeAll, describe, onTestFinished } from "vitest";
import { influxLines } from "../../collector/delivery/influx-line.ts";
import { createLineConsumer } from "../../collector/delivery/line-consumer.ts";
import { victoriaLines } from "../../collector/delivery/victoria-line.ts";
import { SeriesKeys } from "../../collector/line-protocol/series-keys.ts";
import { systemClock } from "../../core/clock.ts";
import { Lifetime } from "../../core/lifetime.ts";
import { silentLog } from "../../core/log.ts";
import type { InfluxConfig } from "../../store/influxdb/config.ts";
import { createInfluxReader } from "../../store/influxdb/reader.ts";
import { createInfluxWriter } from "../../store/influxdb/writer.ts";
import { createVictoriaReader } from "../../store/victoria-metrics/reader.ts";
import { createVictoriaWriter } from "../../store/victoria-metrics/writer.ts";
import { temporaryFolder } from "../collector/fixtures/temporary-folder.ts";
import { deliveredStore } from "../store/delivered-store.ts";
import { metricStoreContract } from "../store/metric-store.contract.ts";
import { type Influxd, startInfluxd } from "./fixtures/influxd.ts";
import { startVictoriaMetrics } from "./fixtures/victoria-metrics.ts";

function deliveryParts() {
  const quarantineFolder = temporaryFolder();
  const lifetime = new Lifetime();
  onTestFinished(() => lifetime.end());
  return { options: { quarantineFolder }, lifetime };
}

describe("InfluxDB 1.x, fed from the spool and read in InfluxQL, is a MetricStore", () => {
  let influxd: Influxd;
  let databases = 0;
  beforeAll(async () => {
    influxd = await startInfluxd();
  });
  afterAll(() => influxd.stop());

  metricStoreContract(async () => {
    const database = `contract ${++databases}`;
    await influxd.query(`CREATE DATABASE ${JSON.stringify(database)}`);
    const config: InfluxConfig = { url: influxd.url, version: "1", database };
    const { options, lifetime } = deliveryParts();
    const delivery = influxLines(createInfluxWriter(config, options, silentLog, lifetime));
    const store = deliveredStore(createLineConsumer(delivery, new SeriesKeys()), createInfluxReader(config));
    return { store, now: systemClock.now() };
  });
});

describe("VictoriaMetrics, fed from the spool and read sample by sample, is a MetricStore", () => {
  metricStoreContract(
    async () => {
      const server = await startVictoriaMetrics();
      onTestFinished(() => server.stop());
      const config = { url: server.url };
      const { options, lifetime } = deliveryParts();
      const delivery = victoriaLines(createVictoriaWriter(config, options, silentLog, lifetime));
      const consumer = createLineConsumer(delivery, new SeriesKeys());
      const store = deliveredStore(consumer, createVictoriaReader(config), server.flush);
      return { store: { ...store, close: server.stop }, now: systemClock.now() };
    },
    { keepsGreatest: true, keepsDecimals: true, runs: 10 },
  );
});
