import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { influxLines } from "../../collector/delivery/influx-line.ts";
import { createLineConsumer, type LineStore } from "../../collector/delivery/line-consumer.ts";
import { victoriaLines } from "../../collector/delivery/victoria-line.ts";
import { SeriesKeys } from "../../collector/line-protocol/series-keys.ts";
import { epochMsOf, systemClock } from "../../core/clock.ts";
import { Lifetime } from "../../core/lifetime.ts";
import { silentLog } from "../../core/log.ts";
import { type LabelMatcher, METRIC_NAME, matchesAll } from "../../core/series.ts";
import { anchoredPattern } from "../../promql/matcher.ts";
import { createInfluxReader } from "../../store/influxdb/reader.ts";
import { createInfluxWriter } from "../../store/influxdb/writer.ts";
import type { MetricReader } from "../../store/metric-store.ts";
import { createVictoriaReader } from "../../store/victoria-metrics/reader.ts";
import { createVictoriaWriter } from "../../store/victoria-metrics/writer.ts";
import { temporaryFolder } from "../collector/fixtures/temporary-folder.ts";
import { deliveredStore, frameOf } from "../store/delivered-store.ts";
import { type Influxd, startInfluxd } from "./fixtures/influxd.ts";
import { startVictoriaMetrics, type VictoriaMetrics } from "./fixtures/victoria-metrics.ts";

interface Store {
  readonly delivery: LineStore;
  readonly reader: MetricReader;
  readonly settle: () => Promise<void>;
}

let influxd: Influxd;
let victoria: VictoriaMetrics;
beforeAll(async () => {
  influxd = await startInfluxd();
  victoria = await startVictoriaMetrics();
});
afterAll(async () => {
  await influxd.stop();
  await victoria.stop();
});

const parts = () => {
  const lifetime = new Lifetime();
  onTestFinished(() => lifetime.end());
  return { options: { quarantineFolder: temporaryFolder() }, lifetime };
};
const stores: Readonly<Record<"InfluxDB" | "VictoriaMetrics", (database: string) => Promise<Store>>> = {
  InfluxDB: async (database) => {
    await influxd.query(`CREATE DATABASE "${database}"`);
    const config = { url: influxd.url, version: "1", database } as const;
    const { options, lifetime } = parts();
    const delivery = influxLines(createInfluxWriter(config, options, silentLog, lifetime));
    return { delivery, reader: createInfluxReader(config), settle: async () => {} };
  },
  VictoriaMetrics: async () => {
    const config = { url: victoria.url };
    const { options, lifetime } = parts();
    const delivery = victoriaLines(createVictoriaWriter(config, options, silentLog, lifetime));
    return { delivery, reader: createVictoriaReader(config), settle: victoria.flush };
  },
};

const text = (units: readonly string[]) => fc.string({ unit: fc.constantFrom(...units), minLength: 1, maxLength: 6 });
const LETTERS = ["a", "b", "é", "😀", ".", "*", "(", "-", "/", "'", '"', "=", ",", " ", ";", "$", "\\"];

/** InfluxDB 1.6 takes `\"` in a name for a quote, and VictoriaMetrics loses a field with a quote in its name. */
const nameOf = (value: string): string => `odd ${value.replaceAll('"', "")}.`;

describe.each(["InfluxDB", "VictoriaMetrics"] as const)("%s", (name) => {
  test("whatever names and values are made of, matchers find those that match and no others", async () => {
    const { delivery, reader, settle } = await stores[name]("labels");
    const store = deliveredStore(createLineConsumer(delivery, new SeriesKeys()), reader, settle);
    const at = systemClock.now();
    // A backslash at the end is nothing line protocol can say.
    const value = text(LETTERS).filter((each) => !each.endsWith("\\"));
    const written = fc.sample(fc.tuple(value, fc.option(value, { nil: undefined })), { seed: 4, numRuns: 60 });
    const all = written.map(([one, two], i) => ({
      [METRIC_NAME]: nameOf(one),
      'k"=\\x': one,
      n: String(i),
      ...(two === undefined ? {} : { tag: two }),
    }));
    await store.write({ samples: all.map((labels) => ({ labels, at, value: 1 })) });
    const odd: LabelMatcher = { kind: "=~", name: METRIC_NAME, pattern: anchoredPattern("odd .*") };
    const found = async (matchers: readonly LabelMatcher[]) =>
      (await store.select({ matchers: [odd, ...matchers], from: at, to: at })).map(({ labels }) => labels);
    const byNumber = (labels: readonly { readonly [label: string]: string }[]) =>
      [...labels].sort((a, b) => Number(a.n) - Number(b.n));
    expect(byNumber(await found([]))).toEqual(all);
    const escaped = (each: string) => each.replace(/[.*+?^${}()|[\]\\/-]/g, "\\$&");
    for (const [one, two = ""] of written) {
      const pattern = anchoredPattern(`${escaped(one)}|b.*`);
      const asked: readonly (readonly LabelMatcher[])[] = [
        [{ kind: "=", name: METRIC_NAME, value: nameOf(one) }],
        [{ kind: "=", name: 'k"=\\x', value: one }],
        [{ kind: "=", name: "tag", value: two }],
        [{ kind: "!=", name: "tag", value: two }],
        [{ kind: "=~", name: "tag", pattern }],
        [{ kind: "!~", name: "tag", pattern }],
      ];
      for (const matchers of asked) {
        const expected = all.filter((labels) => matchesAll(labels, matchers));
        expect([matchers, byNumber(await found(matchers))]).toEqual([matchers, expected]);
      }
    }
  });

  test("fields of every kind are the metrics the head makes of them", async () => {
    const { delivery, reader, settle } = await stores[name]("kinds");
    const consumer = createLineConsumer(delivery, new SeriesKeys());
    const at = systemClock.now();
    const lines = [
      `kinds,host=a f=1.5,i=-7i,u=18u,yes=T,no=false,s="text",value=3 ${at}`,
      // Two fields that are one metric, and a field and a tag of one name.
      `kinds_a,host=a b=1 ${at}`,
      `kinds,host=a a_b=2 ${at + 1}`,
      `kinds_tag,host=a host=4 ${at}`,
      `kinds_only s="text" ${at}`,
    ];
    expect(await consumer.consume([frameOf(lines.join("\n"))], { segment: 0, offset: 0 })).toEqual({ kind: "ok" });
    await settle();
    const matchers: readonly LabelMatcher[] = [
      { kind: "=~", name: METRIC_NAME, pattern: anchoredPattern("kinds.*") },
      { kind: "=", name: "cluster", value: "contract" },
    ];
    const found = await reader.select({ matchers, from: at, to: epochMsOf(at + 1) });
    const values = found.map(({ labels, timesMs, values }) => [
      labels[METRIC_NAME],
      [...values],
      [...timesMs].map((each) => each - at),
    ]);
    expect(values.sort(([a], [b]) => (String(a) < String(b) ? -1 : 1))).toEqual([
      ["kinds", [3], [0]],
      ["kinds_a_b", [1, 2], [0, 1]],
      ["kinds_f", [1.5], [0]],
      ["kinds_i", [-7], [0]],
      ["kinds_no", [0], [0]],
      ["kinds_tag_host", [4], [0]],
      ["kinds_u", [18], [0]],
      ["kinds_yes", [1], [0]],
    ]);
    const exact = [{ kind: "=", name: METRIC_NAME, value: "kinds_a_b" } as const];
    expect(await reader.select({ matchers: exact, from: at, to: epochMsOf(at + 1) })).toHaveLength(1);
  });
});
