import { DuckDBInstance } from "@duckdb/node-api";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type EpochMs, epochMsOf } from "../../core/clock.ts";
import { METRIC_CATALOGUE } from "../../core/metric-catalogue.ts";
import { METRIC_NAME, promqlName } from "../../core/series.ts";
import { contentOf, labelsText, newPath, openHead, writeLines } from "./fixtures/open-head.ts";

const NOON = epochMsOf(Date.UTC(2026, 8, 21, 12, 30));
const HOUR = Math.floor(NOON / 3_600_000);

const openAtNoon = (path = newPath(), threads = 1) => openHead(path, { nowMs: NOON }, { threads });

interface TestLine {
  readonly measurement: string;
  readonly host: string;
  readonly fields: readonly (readonly [string, number])[];
  readonly at: EpochMs;
}

// Fields of the catalogue and others, measurements that have a table of their own and others, all mixed.
const lineArbitrary: fc.Arbitrary<TestLine> = fc.record({
  measurement: fc.constantFrom("mem", "net_if", "mine", "net"),
  host: fc.constantFrom("a", "b"),
  fields: fc
    .uniqueArray(fc.constantFrom("total_bytes", "free_bytes", "rx_bytes", "if_rx_bytes", "own", "value"), {
      minLength: 1,
    })
    .chain((names) => fc.tuple(...names.map((name) => fc.tuple(fc.constant(name), fc.integer())))),
  at: fc
    .oneof(fc.integer({ min: -5, max: 0 }), fc.integer({ min: -7_200_000, max: 0 }))
    .map((before) => epochMsOf(NOON + before)),
});

test("lines in any order and any batches read like a map from metric, labels and millisecond to the last value", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(lineArbitrary, { maxLength: 15 }), { maxLength: 4 }), async (batches) => {
      const { head, close } = await openAtNoon();
      const expected = new Map<string, number>();
      for (const batch of batches) {
        const text = batch.map(({ measurement, host, fields, at }) => {
          return `${measurement},host=${host} ${fields.map(([name, value]) => `${name}=${value}`).join()} ${at}`;
        });
        await writeLines(head, text);
        for (const { measurement, host, fields, at } of batch) {
          for (const [field, value] of fields) {
            const labels = { [METRIC_NAME]: promqlName(measurement, field), cluster: "c", host };
            expected.set(`${labelsText(labels)} ${at}`, value);
          }
        }
      }
      const found = await contentOf(head);
      // `net_if rx_bytes` and `net if_rx_bytes` are one metric in two tables: which of two values with one time came last is
      // not known there.
      const isTwin = (key: string) => key.includes("net_if_rx_bytes");
      expect([...found.keys()].sort()).toEqual([...expected.keys()].sort());
      for (const [key, value] of found) if (!isTwin(key)) expect([key, value]).toEqual([key, expected.get(key)]);
      await close();
    }),
    { numRuns: 30 },
  );
});

test("one metric of two measurements is one series", async () => {
  const { head } = await openAtNoon();
  await writeLines(head, [`net_if,host=a rx_bytes=1 ${NOON - 1}`, `net,host=a if_rx_bytes=2 ${NOON}`]);
  const matchers = [{ kind: "=", name: METRIC_NAME, value: "net_if_rx_bytes" } as const];
  const found = await head.select({ matchers, from: epochMsOf(NOON - 10), to: NOON });
  expect(found.map(({ timesMs, values }) => [[...timesMs], [...values]])).toEqual([
    [
      [NOON - 1, NOON],
      [1, 2],
    ],
  ]);
  expect(await head.series({ matchers, from: epochMsOf(NOON - 10), to: NOON })).toHaveLength(1);
});

test("series and rows of all shapes are there after opening again, under the ids they had", async () => {
  const path = newPath();
  const first = await openAtNoon(path);
  await writeLines(first.head, [`mem,host=a total_bytes=1,own=2 ${NOON - 2}`, `mine,host=a x=3 ${NOON - 2}`]);
  await first.close();
  const { head } = await openAtNoon(path);
  await writeLines(head, [`mem,host=a total_bytes=4,own=5 ${NOON}`, `mine,host=a x=6 ${NOON}`]);
  const found = await contentOf(head);
  expect([...found.values()].sort()).toEqual([1, 2, 3, 4, 5, 6]);
  expect(head.stats().series).toBe(Object.keys(METRIC_CATALOGUE.mem.fields).length + 2);
});

test("what an earlier version wrote, all metrics narrow and without shapes, is read and goes on", async () => {
  const path = newPath();
  const instance = await DuckDBInstance.create(path);
  const connection = await instance.connect();
  await connection.run(`
    CREATE TABLE series (id INTEGER NOT NULL, labels VARCHAR NOT NULL);
    INSERT INTO series VALUES (7, '[["__name__","mem_total_bytes"],["cluster","c"],["host","a"]]');
    CREATE TABLE spool_position (segment BIGINT NOT NULL, "offset" BIGINT NOT NULL);
    INSERT INTO spool_position VALUES (3, 4);
    CREATE TABLE samples_${HOUR} (series INTEGER NOT NULL, ms INTEGER NOT NULL, value DOUBLE NOT NULL);
    INSERT INTO samples_${HOUR} VALUES (7, 1, 42.5);`);
  connection.closeSync();
  instance.closeSync();
  const { head } = await openAtNoon(path);
  expect(head.spoolPosition()).toEqual({ segment: 3, offset: 4 });
  await writeLines(head, [`mem,host=a total_bytes=1 ${NOON}`]);
  expect([...(await contentOf(head)).values()]).toEqual([42.5, 1]);
});

test("a table of a version whose catalogue had other fields gets the columns of this one", async () => {
  const path = newPath();
  const first = await openAtNoon(path);
  await writeLines(first.head, [`mem,host=a total_bytes=1,free_bytes=2 ${NOON - 1}`]);
  await first.close();
  const instance = await DuckDBInstance.create(path);
  const connection = await instance.connect();
  await connection.run(`ALTER TABLE rows_mem_${HOUR} DROP COLUMN total_bytes;
    ALTER TABLE rows_mem_${HOUR} ADD COLUMN gone DOUBLE DEFAULT 9`);
  connection.closeSync();
  instance.closeSync();
  const { head } = await openAtNoon(path);
  await writeLines(head, [`mem,host=a total_bytes=3,free_bytes=4 ${NOON}`]);
  const found = await contentOf(head);
  expect([...found].map(([key, value]) => [/mem_[a-z_]+/.exec(key)?.[0], value]).sort()).toEqual([
    ["mem_free_bytes", 2],
    ["mem_free_bytes", 4],
    ["mem_total_bytes", 3],
  ]);
});

test("of two samples with one time the later counts, however many threads read them", async () => {
  const { head } = await openAtNoon(undefined, 2);
  const hosts = 300;
  for (const round of [1, 2]) {
    const rows = head.gather();
    for (let tick = 0; tick < 700; tick++) {
      const at = epochMsOf(NOON - 700 + tick);
      for (let host = 0; host < hosts; host++) {
        rows.addSample({ labels: { [METRIC_NAME]: "m", host: `h${host}` }, at, value: round * 1_000_000 + tick });
      }
    }
    await head.writeGathered(rows, undefined);
  }
  // Every second series: more than are named one by one to the engine.
  const matchers = [{ kind: "=~", name: "host", pattern: /^(?:h[0-9]*[02468])$/ } as const];
  const found = await head.select({ matchers, from: epochMsOf(0), to: NOON });
  expect(found).toHaveLength(hosts / 2);
  const expected = Array.from({ length: 700 }, (_, tick) => 2_000_000 + tick);
  for (const { values } of found) expect([...values]).toEqual(expected);
});
