import { copyFileSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { epochMsOf } from "../../core/clock.ts";
import { Lifetime } from "../../core/lifetime.ts";
import { openEmbeddedMetrics } from "../../store/embedded/metrics/head.ts";
import { EMBEDDED_METRICS_LIMITS } from "../../store/embedded/metrics/limits.ts";
import { metricsSetAside } from "../../store/embedded/metrics/sealed-files.ts";
import { recordedLog } from "../agent/recorded-log.ts";
import { contentOf, newPath, writeLines } from "./fixtures/open-head.ts";

const HOUR_MS = 3_600_000;
const START = Date.UTC(2026, 8, 21, 10);
const HOUR = START / HOUR_MS;
const NOW = epochMsOf(START + 2 * HOUR_MS + 900_000);
const FILES = [0, 1].map((hour) => `rows_mem_${HOUR + hour}_g0_0.parquet`);

const folderOf = (path: string) => path.replace(/\.duckdb$/, "-sealed");
const markOf = (path: string) => `${folderOf(path)}.mark`;
const filesOf = (path: string) => readdirSync(folderOf(path)).filter((name) => name.includes(".parquet"));

async function open(path: string) {
  const lifetime = new Lifetime();
  onTestFinished(() => lifetime.end());
  const limits = { ...EMBEDDED_METRICS_LIMITS, database: { threads: 1, memoryMegabytes: 256 } };
  const { log, entries } = recordedLog();
  const parts = { clock: { now: () => NOW, monotonicMs: () => 0 }, log };
  const head = await openEmbeddedMetrics(path, limits, parts, lifetime);
  return {
    head,
    close: () => lifetime.end(),
    valuesOf: async () => [...(await contentOf(head)).values()],
    complaints: () => entries.filter(({ level }) => level === "error" || level === "warn"),
  };
}

/** Two hours, sealed one after the other; gives the database as it was between, and as it is. */
async function twoHours(measurement = "mem", field = "total_bytes") {
  const path = newPath();
  const [between, after] = [`${path}-between`, `${path}-after`];
  for (const [hour, copy] of [between, after].entries()) {
    const { head, close } = await open(path);
    await writeLines(head, [`${measurement},host=a ${field}=${hour} ${START + hour * HOUR_MS}`]);
    await head.seal();
    await close();
    copyFileSync(path, copy);
  }
  expect(filesOf(path)).toEqual(FILES.map((name) => name.replace("mem", measurement)));
  return { path, between, after };
}

/** Where they lie now. */
function asideOf(path: string): string {
  const [only = "", ...others] = metricsSetAside(path);
  expect(others).toEqual([]);
  return join(path, "..", only);
}

test.each(["with", "without"])(
  "sealed hours whose database is gone are set aside, and are there again with it: %s its mark",
  async (how) => {
    const { path, after } = await twoHours();
    rmSync(path);
    if (how === "without") rmSync(markOf(path));
    const anew = await open(path);
    expect(filesOf(path)).toEqual([]);
    const aside = asideOf(path);
    expect(aside).toBe(join(folderOf(path), "set-aside", "2026-09-21T121500.000Z"));
    expect(readdirSync(aside).sort()).toEqual(FILES);
    expect(anew.complaints()).toEqual([
      {
        level: "error",
        event: expect.stringContaining("set aside"),
        fields: { files: 2, aside, hint: expect.stringContaining("put back") },
      },
    ]);
    await anew.close();
    renameSync(after, path);
    for (const name of readdirSync(aside)) renameSync(join(aside, name), join(folderOf(path), name));
    expect(await (await open(path)).valuesOf()).toEqual([0, 1]);
  },
);

test("what an older database does not know is set aside, and what it knows is read", async () => {
  const { path, between } = await twoHours();
  renameSync(between, path);
  const { valuesOf, complaints, close } = await open(path);
  expect(await valuesOf()).toEqual([0]);
  expect(filesOf(path)).toEqual(FILES.slice(0, 1));
  expect(readdirSync(asideOf(path))).toEqual(FILES.slice(1));
  expect(complaints()).toHaveLength(1);
  await close();
  const again = await open(path);
  expect(await again.valuesOf()).toEqual([0]);
  expect(again.complaints()).toEqual([]);
});

test("what another database does not know is set aside, however often that has sealed", async () => {
  const { path } = await twoHours();
  const other = await twoHours("pressure", "avg10");
  renameSync(other.after, path);
  await open(path);
  expect(readdirSync(asideOf(path)).sort()).toEqual(FILES);
});

test("what a crash left behind is removed, also when it came between a commit and its mark", async () => {
  const path = newPath();
  const first = await open(path);
  const before = readFileSync(markOf(path));
  await writeLines(first.head, [`mem,host=a total_bytes=1 ${START}`]);
  await first.head.seal();
  await first.close();
  expect(readFileSync(markOf(path))).not.toEqual(before);
  writeFileSync(markOf(path), before);
  writeFileSync(join(folderOf(path), `rows_mem_${HOUR}_g1_0.parquet`), "half a file");
  const { valuesOf, complaints } = await open(path);
  expect([filesOf(path), await valuesOf(), complaints()]).toEqual([FILES.slice(0, 1), [1], []]);
  expect(metricsSetAside(path)).toEqual([]);
});

test("a file under its temporary name is removed whatever the database is", async () => {
  const { path } = await twoHours();
  rmSync(path);
  writeFileSync(join(folderOf(path), `${FILES[0]}.tmp`), "half a file");
  await open(path);
  expect(readdirSync(asideOf(path)).sort()).toEqual(FILES);
  expect(readdirSync(folderOf(path))).toEqual([basename(join(asideOf(path), ".."))]);
});

test("a mark that cannot be read is none, and one that cannot be written is told", async () => {
  const { path } = await twoHours();
  writeFileSync(markOf(path), "{");
  writeFileSync(join(folderOf(path), "unknown.parquet"), "");
  const { close } = await open(path);
  expect(readdirSync(asideOf(path))).toEqual(["unknown.parquet"]);
  await close();
  rmSync(markOf(path));
  mkdirSync(markOf(path));
  const { complaints, valuesOf } = await open(path);
  expect(complaints()).toMatchObject([{ level: "warn", fields: { path: markOf(path) } }]);
  expect(await valuesOf()).toEqual([0, 1]);
});
