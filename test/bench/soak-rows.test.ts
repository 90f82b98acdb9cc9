import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { afterEach, expect, test } from "vitest";
import { LINES_BY_MEASUREMENT, LINES_PER_BODY } from "../../bench/metric-load.ts";
import { countSoakRows } from "../../bench/soak-rows.ts";
import { temporaryFolder } from "../integration/fixtures/nephoscope.ts";

const folder = temporaryFolder();
afterEach(() => folder.remove());

test("rows that are missing, and rows that are there twice, are told apart from those acknowledged", async () => {
  const run = await headWithBodies(3);
  await run("INSERT INTO sealed VALUES ('rows_cpu', 9, 'raw'), ('rows_cpu', 5, 'hour_1m')");
  const all = await countSoakRows(folder.path, 4);
  expect(all.wrong).toHaveLength(LINES_BY_MEASUREMENT.size - 1);
  const three = await countSoakRows(folder.path, 3);
  expect(three).toMatchObject({ wrong: [`cpu: 36 rows of 27 lines`], doubled: 0, notCompared: 9 });

  await run("DELETE FROM sealed");
  expect(await countSoakRows(folder.path, 3)).toMatchObject({ found: 3 * LINES_PER_BODY, wrong: [], doubled: 0 });
  await run("UPDATE rows_mem_100 SET ms = 0 WHERE ms = 1");
  expect(await countSoakRows(folder.path, 3)).toMatchObject({ wrong: [], doubled: 1 });
});

/** What a head lies like: rows of three bodies in two parts of an hour. Returns what runs a statement on its file. */
async function headWithBodies(bodies: number): Promise<(sql: string) => Promise<void>> {
  mkdirSync(join(folder.path, "metrics"));
  const run = async (sql: string) => {
    const instance = await DuckDBInstance.create(join(folder.path, "metrics/metrics.duckdb"));
    await (await instance.connect()).run(sql);
    instance.closeSync();
  };
  const tables = [...LINES_BY_MEASUREMENT].flatMap(([measurement, lines]) => {
    const rows = `SELECT line AS series, body AS ms FROM range(${lines}) lines(line), range(${bodies}) bodies(body)`;
    return [
      `CREATE TABLE rows_${measurement}_100 AS ${rows} WHERE body < 2`,
      `CREATE TABLE rows_${measurement}_100_g1 AS ${rows} WHERE body >= 2`,
    ];
  });
  await run(`CREATE TABLE sealed (table_name VARCHAR, rows BIGINT, layer VARCHAR); ${tables.join("; ")}`);
  return run;
}
