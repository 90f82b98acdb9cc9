import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { LINES_BY_MEASUREMENT } from "./metric-load.ts";

/** Where so many rows are looked through for two of the same series and millisecond; more would take longer than the bench. */
const MOST_COMPARED_ROWS = 20_000_000;

export interface SoakRows {
  readonly acknowledged: number;
  readonly found: number;
  /** Measurements that have another number of rows than lines were acknowledged. */
  readonly wrong: readonly string[];
  readonly doubled: number;
  /** Rows that were not looked through for doubles. */
  readonly notCompared: number;
}

/** Rows as they lie in the files of a head that nobody has open, beside the lines of `bodies` acknowledged bodies. */
export async function countSoakRows(dataFolder: string, bodies: number): Promise<SoakRows> {
  const path = join(dataFolder, "metrics/metrics.duckdb");
  const instance = await DuckDBInstance.create(path, { memory_limit: "2GB", temp_directory: `${path}.count` });
  try {
    const connection = await instance.connect();
    const rowsOf = async (sql: string) => (await connection.runAndReadAll(sql)).getRows();
    const tables = (await rowsOf("SELECT table_name FROM duckdb_tables()")).map(([name]) => String(name));
    let [found, doubled, notCompared] = [0, 0, 0];
    const wrong: string[] = [];
    for (const [measurement, lines] of LINES_BY_MEASUREMENT) {
      const ofRows = new RegExp(`^rows_${measurement}_\\d+(_g\\d+)?$`);
      const sealed = await rowsOf(
        `SELECT sum(rows) FROM sealed WHERE layer = 'raw' AND table_name = 'rows_${measurement}'`,
      );
      let rows = Number(sealed[0]?.[0] ?? 0);
      notCompared += rows;
      for (const table of tables.filter((name) => ofRows.test(name))) {
        const [count] = await rowsOf(`SELECT count(*) FROM ${table}`);
        const all = Number(count?.[0]);
        rows += all;
        if (all > MOST_COMPARED_ROWS) notCompared += all;
        else
          doubled +=
            all - Number((await rowsOf(`SELECT count(*) FROM (SELECT DISTINCT series, ms FROM ${table})`))[0]?.[0]);
      }
      found += rows;
      if (rows !== lines * bodies) wrong.push(`${measurement}: ${rows} rows of ${lines * bodies} lines`);
    }
    const perBody = [...LINES_BY_MEASUREMENT.values()].reduce((sum, lines) => sum + lines, 0);
    return { acknowledged: bodies * perBody, found, wrong, doubled, notCompared };
  } finally {
    instance.closeSync();
  }
}
