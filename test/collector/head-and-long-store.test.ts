import { expect, onTestFinished, test } from "vitest";
import { type MetricsPath, type MetricsPathConfig, openMetricsPath } from "../../collector/metrics-path.ts";
import { epochMsOf } from "../../core/clock.ts";
import { Lifetime } from "../../core/lifetime.ts";
import { type Log, silentLog } from "../../core/log.ts";
import { METRIC_NAME } from "../../core/series.ts";
import type { MetricReader } from "../../store/metric-store.ts";
import { recordedLog } from "../agent/recorded-log.ts";
import { fakeHttpStore } from "../fakes/http-store.ts";
import { openHead, writeLines } from "../store/fixtures/open-head.ts";
import { temporaryFolder } from "./fixtures/temporary-folder.ts";

const HOUR_MS = 3_600_000;
const NOON = Date.UTC(2026, 8, 21, 12);
const MEM = [{ kind: "=", name: METRIC_NAME, value: "mem_total_bytes" } as const];

interface Opened {
  readonly path: MetricsPath;
  /** Writes one sample at the time of the clock, and waits until the head has it. */
  write(value: number): Promise<void>;
  close(): Promise<void>;
}

async function openAt(
  folder: string,
  clock: { readonly nowMs: number },
  config: Partial<MetricsPathConfig> = {},
  log: Log = silentLog,
): Promise<Opened> {
  const lifetime = new Lifetime();
  onTestFinished(() => lifetime.end());
  const now = () => epochMsOf(clock.nowMs);
  const head = { ...config.head, database: { threads: 1, memoryMegabytes: 256 } };
  const path = await openMetricsPath(
    { folder, cluster: "c1", ...config, head },
    { clock: { now, monotonicMs: () => performance.now() }, log },
    lifetime,
  );
  const found = async (at: number) =>
    path.store.select({ matchers: MEM, from: epochMsOf(at), to: epochMsOf(at) }).then((all) => all.length);
  return {
    path,
    write: async (value) => {
      const at = clock.nowMs;
      const bytes = Buffer.from(`mem,host=a total_bytes=${value} ${at}`);
      const sent = { bytes, encoding: "identity", precision: "ms", identity: { kind: "loopback" } } as const;
      expect(await path.bodies.write({ ...sent, numbered: undefined })).toMatchObject({ kind: "durable" });
      await expect.poll(() => found(at), { timeout: 20_000 }).toBe(1);
    },
    close: () => lifetime.end(),
  };
}

/** A VictoriaMetrics that takes everything and has what it is told to have. */
async function fakeVictoria(has: ReadonlyMap<number, number> = new Map()) {
  const labels = { [METRIC_NAME]: "mem_total_bytes", cluster: "c1", host: "a" };
  const store = await fakeHttpStore(({ url, form }, reply) => {
    if (url?.startsWith("/write") === true) return void reply.writeHead(204).end();
    if (url !== "/api/v1/export") return void reply.end(JSON.stringify({ data: { result: [] } }));
    const within = [...has].filter(([at]) => at >= msOf(form.start) && at <= msOf(form.end));
    const [timestamps, values] = [within.map(([at]) => at), within.map(([, value]) => value)];
    reply.end(within.length === 0 ? "" : JSON.stringify({ metric: labels, timestamps, values }));
  });
  return {
    config: { victoria: { url: store.url } },
    /** Until when it was asked for samples, each time. */
    askedTo: () => store.received.flatMap(({ url, form }) => (url === "/api/v1/export" ? msOf(form.end) : [])),
  };
}

const msOf = (seconds: string | undefined): number => Math.round(Number(seconds) * 1_000);

const readFrom = async (reader: MetricReader, from: number, to: number): Promise<readonly (readonly number[])[]> => {
  const [series] = await reader.select({ matchers: MEM, from: epochMsOf(from), to: epochMsOf(to) });
  return [...(series?.timesMs ?? [])].map((at, place) => [at, series?.values[place] ?? 0]);
};

test("when more hours are to be kept than were, those that are gone are asked of the long store", async () => {
  const folder = temporaryFolder();
  const clock = { nowMs: NOON };
  const { config, askedTo } = await fakeVictoria(new Map([[NOON, 1]]));
  const first = await openAt(folder, clock, { ...config, head: { retentionHours: 1 } });
  await first.write(1);
  clock.nowMs = NOON + 5 * HOUR_MS;
  await first.write(2);
  await first.close();
  clock.nowMs = NOON + 6 * HOUR_MS;
  const { path } = await openAt(folder, clock, { ...config, head: { retentionHours: 48 } });
  for (const reader of [path.forQueries, path.forRules]) {
    expect(await readFrom(reader, NOON, clock.nowMs)).toEqual([
      [NOON, 1],
      [NOON + 5 * HOUR_MS, 2],
    ]);
  }
  // What came late for an hour in between was refused, too.
  await readFrom(path.forQueries, NOON + 3 * HOUR_MS, clock.nowMs);
  expect(askedTo()).toEqual(Array(3).fill(NOON + 4 * HOUR_MS - 1));
  await readFrom(path.forQueries, NOON + 4 * HOUR_MS, clock.nowMs);
  expect(askedTo()).toHaveLength(3);
});

test("a head that begins anew is not all that rules have: they ask the long store for what was before", async () => {
  const clock = { nowMs: NOON };
  const { config, askedTo } = await fakeVictoria(new Map([[NOON - 60_000, 1]]));
  const { path, write } = await openAt(temporaryFolder(), clock, config);
  clock.nowMs = NOON + 60_000;
  await write(2);
  const found = [
    [NOON - 60_000, 1],
    [NOON + 60_000, 2],
  ];
  expect(await readFrom(path.forRules, NOON - 240_000, clock.nowMs)).toEqual(found);
  expect(await readFrom(path.forRules, NOON, clock.nowMs)).toEqual(found.slice(1));
  expect(askedTo()).toEqual([NOON - 1]);
});

test("a long store that is added takes no rollups away: they age out, and answer for what was before it", async () => {
  const folder = temporaryFolder();
  const clock = { nowMs: epochMsOf(NOON + HOUR_MS + 900_000) };
  const rollups = { minuteDays: 30, hourDays: 400 };
  const before = await openHead(`${folder}/metrics.duckdb`, clock, { retentionHours: 2, rollups });
  await writeLines(
    before.head,
    [1, 3].map((value) => `mem,host=a,cluster=c1 total_bytes=${value} ${NOON + value}`),
  );
  await before.head.seal();
  await before.close();
  clock.nowMs = epochMsOf(NOON + 100 * HOUR_MS);
  const begin = clock.nowMs - HOUR_MS;
  const { config } = await fakeVictoria(new Map([[begin, 7]]));
  const { log, entries } = recordedLog();
  const { path } = await openAt(folder, clock, { ...config, head: { retentionHours: 2, rollups } }, log);
  const found = [
    [NOON + 3, 2],
    [begin, 7],
  ];
  for (const reader of [path.forQueries, path.forRules]) {
    expect(await readFrom(reader, NOON, clock.nowMs)).toEqual(found);
    expect(await readFrom(reader, NOON + 4, clock.nowMs)).toEqual(found.slice(1));
  }
  expect(entries).toContainEqual({
    level: "info",
    event: expect.stringContaining("no more rollups are made"),
    fields: { minute_days: 30, hour_days: 400 },
  });
});
