import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type EpochMs, epochMsOf } from "../../core/clock.ts";
import { METRIC_NAME, promqlName } from "../../core/series.ts";
import { Parts } from "../../store/embedded/metrics/parts.ts";
import { contentOf, labelsText, newPath, openHead, writeLines } from "./fixtures/open-head.ts";

const HOUR_MS = 3_600_000;
/** A quarter past: the hour before is over long enough to be sealed. */
const NOW = epochMsOf(Date.UTC(2026, 8, 21, 12, 15));
const HOUR = Math.floor(NOW / HOUR_MS) - 1;
const START = HOUR * HOUR_MS;

const openAt = (path: string, clock: { nowMs: EpochMs } = { nowMs: NOW }, retentionHours = 48) =>
  openHead(path, clock, { retentionHours });
const sealedOf = (path: string) => readdirSync(path.replace(/\.duckdb$/, "-sealed")).sort();

interface TestLine {
  readonly measurement: string;
  readonly host: string;
  readonly fields: readonly (readonly [string, number])[];
  readonly at: number;
}

type Step =
  | { readonly kind: "write"; readonly lines: readonly TestLine[] }
  | { readonly kind: "seal" | "seal present" | "reopen" };

// Whole numbers, hundredths, numbers no decimal comes back from, and the zero that has a sign.
const number = fc.oneof(
  fc.integer({ min: -1e9, max: 1e9 }),
  fc.integer({ min: -1e6, max: 1e6 }).map((hundredths) => hundredths / 100),
  fc.integer({ min: 0, max: 1e6 }).map((thousandths) => thousandths / 1_000),
  fc.constantFrom(0.1 + 0.2, 1e300, -1e-9, 1e15 + 0.5, -0.25, 0),
);
const line: fc.Arbitrary<TestLine> = fc.record({
  measurement: fc.constantFrom("mem", "pressure", "mine"),
  host: fc.constantFrom("a", "b", "c"),
  fields: fc
    .uniqueArray(fc.constantFrom("total_bytes", "avg10", "total_s", "own", "value"), { minLength: 1 })
    .chain((names) => fc.tuple(...names.map((name) => fc.tuple(fc.constant(name), number)))),
  // Few times, so that many come twice; in two hours, of which one is over.
  at: fc
    .tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 1 }))
    .map(([ms, hour]) => START + ms + hour * HOUR_MS),
});
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.array(line, { maxLength: 12 }).map((lines) => ({ kind: "write", lines }) as const) },
  { weight: 2, arbitrary: fc.constant({ kind: "seal" } as const) },
  { weight: 2, arbitrary: fc.constant({ kind: "seal present" } as const) },
  { weight: 1, arbitrary: fc.constant({ kind: "reopen" } as const) },
);

describe("sealed hours", () => {
  test("read like the rows they were made of, whatever comes late, twice or after another start", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 7, size: "max" }), async (steps) => {
        const path = newPath();
        let { head, close } = await openAt(path);
        const expected = new Map<string, number>();
        for (const one of steps) {
          if (one.kind === "seal") await head.seal();
          if (one.kind === "seal present") await head.sealPresent();
          if (one.kind === "reopen") {
            await close();
            ({ head, close } = await openAt(path));
          }
          if (one.kind === "write") {
            await writeLines(
              head,
              one.lines.map(({ measurement, host, fields, at }) => {
                return `${measurement},host=${host} ${fields.map(([name, value]) => `${name}=${value}`).join()} ${at}`;
              }),
            );
            for (const { measurement, host, fields, at } of one.lines) {
              for (const [field, value] of fields) {
                const labels = { [METRIC_NAME]: promqlName(measurement, field), cluster: "c", host };
                expected.set(`${labelsText(labels)} ${at}`, value);
              }
            }
          }
          expect(sortedEntries(await contentOf(head))).toEqual(sortedEntries(expected));
        }
        await close();
      }),
      { numRuns: 25 },
    );
  });

  test("an hour that is over is files, and no rows; the present one is rows", async () => {
    const path = newPath();
    const { head, close } = await openAt(path);
    await writeLines(head, [
      `mem,host=a total_bytes=1 ${START}`,
      `mem,host=a total_bytes=2 ${NOW}`,
      `own,host=a x=3 ${START}`,
    ]);
    await head.seal();
    expect(sealedOf(path)).toEqual([`rows_mem_${HOUR}_g0_0.parquet`, `samples_${HOUR}_g0_0.parquet`]);
    expect(head.stats().sealed).toMatchObject({ hours: 1, failure: undefined });
    await close();
    expect(await tablesOf(path)).toEqual([`rows_mem_${HOUR + 1}`]);
  });

  test("rows that come for a sealed hour are sealed with it, into files of another name", async () => {
    const path = newPath();
    const { head } = await openAt(path);
    await writeLines(head, [`mem,host=a total_bytes=1 ${START}`]);
    await head.seal();
    await writeLines(head, [`mem,host=a total_bytes=2 ${START}`, `mem,host=a total_bytes=3 ${START + 1}`]);
    await head.seal();
    expect(sealedOf(path)).toEqual([`rows_mem_${HOUR}_g1_0.parquet`]);
    expect([...(await contentOf(head)).values()]).toEqual([2, 3]);
  });

  test("numbers come back bit by bit, hundredths of them as decimals", async () => {
    const path = newPath();
    const { head } = await openAt(path);
    const lines = (field: string, values: readonly string[]) => {
      return values.map((value, i) => `pressure,host=${field} ${field}=${value} ${START + i}`);
    };
    await writeLines(head, [...lines("avg10", ["0.1", "12.34", "99.99", "1"]), ...lines("avg60", ["-0", "0.5"])]);
    const before = await contentOf(head);
    await head.seal();
    const after = await contentOf(head);
    expect(sortedEntries(after)).toEqual(sortedEntries(before));
    expect([...after.values()].some((value) => Object.is(value, -0))).toBe(true);
    expect(await columnTypes(path, `rows_pressure_${HOUR}_g0_0.parquet`)).toMatchObject({
      avg10: "DECIMAL(18,2)",
      avg60: "DOUBLE",
    });
  });

  test("a NaN of a scraped metric keeps its bits: one of them says that the series ended", async () => {
    const path = newPath();
    const { head } = await openAt(path);
    const stale = new Float64Array(new BigUint64Array([0x7ff8_0000_0000_0002n]).buffer)[0] ?? 0;
    const at = epochMsOf(START);
    // The same again at the same time, so that the last one counts; and hundredths beside it.
    await head.write({ samples: [{ labels: { [METRIC_NAME]: "other" }, at, value: 0.25 }] });
    for (const value of [1, stale]) await head.write({ samples: [{ labels: { [METRIC_NAME]: "up" }, at, value }] });
    await head.seal();
    const matchers = [{ kind: "=", name: METRIC_NAME, value: "up" } as const];
    const [series] = await head.select({ matchers, from: at, to: NOW });
    expect(new BigUint64Array(series?.values.slice().buffer ?? new ArrayBuffer(8))[0]).toBe(0x7ff8_0000_0000_0002n);
  });

  test("a file that a crash left behind is no file, and is gone after the next start", async () => {
    const path = newPath();
    const first = await openAt(path);
    await writeLines(first.head, [`mem,host=a total_bytes=1 ${START}`]);
    await first.close();
    const folder = path.replace(/\.duckdb$/, "-sealed");
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `rows_mem_${HOUR}_g0_0.parquet`), "half a file");
    writeFileSync(join(folder, `rows_mem_${HOUR}_g0_1.parquet.tmp`), "less");
    const { head } = await openAt(path);
    expect(sealedOf(path)).toEqual([]);
    expect([...(await contentOf(head)).values()]).toEqual([1]);
  });

  test("when a file cannot be written the rows stay, and the next try seals them", async () => {
    const path = newPath();
    const { head } = await openAt(path);
    await writeLines(head, [`mem,host=a total_bytes=1 ${START}`]);
    const folder = path.replace(/\.duckdb$/, "-sealed");
    rmSync(folder, { recursive: true });
    await expect(head.seal()).rejects.toMatchObject({ code: expect.stringMatching(/^store\./) });
    expect([...(await contentOf(head)).values()]).toEqual([1]);
    await writeLines(head, [`mem,host=a total_bytes=2 ${START + 1}`]);
    mkdirSync(folder);
    await head.seal();
    expect([...(await contentOf(head)).values()]).toEqual([1, 2]);
    expect(sealedOf(path)).toHaveLength(1);
  });

  test("files go with the hours they hold", async () => {
    const path = newPath();
    const clock = { nowMs: NOW };
    const { head } = await openAt(path, clock, 2);
    await writeLines(head, [`mem,host=a total_bytes=1 ${START}`]);
    await head.seal();
    clock.nowMs = epochMsOf(NOW + 2 * HOUR_MS);
    await writeLines(head, [`mem,host=a total_bytes=2 ${clock.nowMs}`]);
    expect(sealedOf(path)).toEqual([]);
    expect([...(await contentOf(head)).values()]).toEqual([2]);
  });

  test("who reads and who writes while hours are sealed finds everything, once", async () => {
    const path = newPath();
    const { head } = await openAt(path);
    const expected = new Map<string, number>();
    const write = async (count: number) => {
      const lines = Array.from({ length: count }, () => {
        const value = expected.size;
        const [host, at] = [`h${value % 50}`, START - (value % 8) * HOUR_MS + value];
        expected.set(`${labelsText({ [METRIC_NAME]: "mem_total_bytes", cluster: "c", host })} ${at}`, value);
        return `mem,host=${host} total_bytes=${value} ${at}`;
      });
      await writeLines(head, lines);
    };
    await write(8_000);
    let isSealed = false;
    const sealing = head.seal().finally(() => {
      isSealed = true;
    });
    const reading = async () => {
      for (let least = 8_000; !isSealed; ) {
        const { size } = await contentOf(head, "mem_total_bytes");
        expect(size).toBeGreaterThanOrEqual(least);
        least = size;
      }
    };
    const writing = async () => {
      while (!isSealed) await write(40);
    };
    await Promise.all([sealing, reading(), reading(), writing()]);
    await head.seal();
    expect(sortedEntries(await contentOf(head, "mem_total_bytes"))).toEqual(sortedEntries(expected));
  });

  test("a part that is being read is waited for", async () => {
    const part = { kind: "rows", table: "rows_mem", hour: HOUR, generation: 0 } as const;
    const parts = new Parts([part]);
    const { promise: asked, resolve: answer } = Promise.withResolvers<void>();
    const order: string[] = [];
    const reading = parts.reading([part], () => asked).then(() => order.push("read"));
    parts.remove(part);
    const gone = parts.unread(part).then(() => order.push("unread"));
    answer();
    await Promise.all([reading, gone]);
    expect(order.sort()).toEqual(["read", "unread"]);
    await expect(parts.unread(part)).resolves.toBeUndefined();
  });
});

function sortedEntries(content: ReadonlyMap<string, number>): readonly (readonly [string, number])[] {
  return [...content].sort(([left], [right]) => (left < right ? -1 : 1));
}

async function tablesOf(path: string): Promise<readonly string[]> {
  const rows = await asked(path, "SELECT table_name FROM duckdb_tables() WHERE table_name LIKE '%\\_4%' ESCAPE '\\'");
  return rows.map(([name]) => String(name));
}

async function columnTypes(path: string, file: string): Promise<{ readonly [column: string]: string }> {
  const sealed = join(path.replace(/\.duckdb$/, "-sealed"), file);
  const rows = await asked(":memory:", `DESCRIBE SELECT * FROM read_parquet('${sealed}')`);
  return Object.fromEntries(rows.map(([column, type]) => [String(column), String(type)]));
}

async function asked(path: string, sql: string): Promise<readonly (readonly unknown[])[]> {
  const instance = await DuckDBInstance.create(path);
  const connection = await instance.connect();
  try {
    return (await connection.runAndReadAll(sql)).getRows();
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
