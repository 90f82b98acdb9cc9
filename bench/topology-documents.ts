// node bench/topology-documents.ts — the peer: a full document for each revision of each element, with the time it was replaced, as
// Skydive keeps its history. In DuckDB, loaded in one go and sorted by host, which is kinder to it than writing as things happen.
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";

const { values } = parseArgs({
  options: { changes: { type: "string", default: "1000000" }, hosts: { type: "string", default: "10000" } },
});
const [CHANGES, HOSTS] = [Number(values.changes), Number(values.hosts)];
const PER_HOST = 100;
const CHANGES_PER_HOUR = 36_000;
const BEGIN = 1_700_000_000_000;
const STEP_MS = 3_600_000 / CHANGES_PER_HOUR;
const folder = mkdtempSync(join(tmpdir(), "nephoscope-bench-"));
const path = join(folder, "documents.duckdb");

const DOCUMENT = `'{"id":"host/compute-' || h || '.dc1.example/if/tap' || md5((h * ${PER_HOST} + e)::VARCHAR)[:11]
  || '","kind":"tap","name":"tap' || md5((h * ${PER_HOST} + e)::VARCHAR)[:11] || '","cluster":"main","host":"compute-' || h
  || '.dc1.example","parent":"host/compute-' || h || '.dc1.example","attributes":{"mtu":1500,"operstate":"up","flow_cookie":"0x'
  || md5(version::VARCHAR)[:12] || '","qos_kbps":' || hash(version) % 1000000 || '}}'`;

try {
  const instance = await DuckDBInstance.create(path, { threads: "2", memory_limit: "4000MB" });
  const connection = await instance.connect();
  const loadMs = await timed(() => load(connection));
  const rows = HOSTS * PER_HOST + CHANGES;
  console.log(
    `documents: ${HOSTS} hosts x ${PER_HOST} elements, ${CHANGES} changes, written at once in ${(loadMs / 1_000).toFixed(0)} s; not measured: writing them one commit after another`,
  );
  console.log(`disk                        ${(statSync(path).size / rows).toFixed(1)} B a document`);
  const end = BEGIN + CHANGES * STEP_MS;
  const moments = Array.from({ length: 21 }, (_, i) => Math.round(BEGIN + ((end - BEGIN) * i) / 20));
  await ask("state of a host, any time", moments, (at, i) =>
    connection.runAndReadAll(`SELECT document FROM documents WHERE host = ${(i * 7919) % HOSTS} AND ${asOf(at)}`),
  );
  await ask("difference of an hour", moments.slice(10, 13), (at) => difference(connection, at - 3_600_000, at));
  connection.closeSync();
  instance.closeSync();
} finally {
  rmSync(folder, { recursive: true });
}

async function load(connection: DuckDBConnection): Promise<void> {
  await connection.run(`CREATE TABLE documents AS
    SELECT h AS host, id, created, lead(created) OVER (PARTITION BY id ORDER BY created) AS archived, ${DOCUMENT} AS document
    FROM (
      SELECT i // ${PER_HOST} AS h, i % ${PER_HOST} AS e, i AS id, ${BEGIN} AS created, i AS version
        FROM range(${HOSTS * PER_HOST}) t(i)
      UNION ALL
      SELECT (hash(i // 10) % ${HOSTS})::BIGINT AS h, (hash(i * 3) % ${PER_HOST})::BIGINT AS e, h * ${PER_HOST} + e AS id,
        (${BEGIN} + i * ${STEP_MS})::BIGINT + 1 AS created, 1000000000 + i AS version FROM range(${CHANGES}) t(i)
    ) ORDER BY h, created`);
  await connection.run("CHECKPOINT");
}

/** Both states whole, compared by id and document: nothing tells which elements changed. */
async function difference(connection: DuckDBConnection, from: number, to: number): Promise<unknown> {
  return connection.runAndReadAll(`SELECT a.document, b.document
    FROM (SELECT id, document FROM documents WHERE ${asOf(from)}) a
    FULL JOIN (SELECT id, document FROM documents WHERE ${asOf(to)}) b USING (id)
    WHERE a.document IS DISTINCT FROM b.document`);
}

function asOf(at: number): string {
  return `created <= ${at} AND (archived IS NULL OR archived > ${at})`;
}

async function ask(
  name: string,
  moments: readonly number[],
  question: (at: number, index: number) => Promise<unknown>,
): Promise<void> {
  const took: number[] = [];
  for (const [index, at] of moments.entries()) took.push(await timed(() => question(at, index)));
  took.sort((a, b) => a - b);
  const [middle = 0, worst = 0] = [took[Math.floor(took.length / 2)], took.at(-1)];
  console.log(`${name.padEnd(28)}p50 ${middle.toFixed(1)} ms, worst ${worst.toFixed(1)} ms`);
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}
