import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { interfaceId } from "../core/element-id.ts";
import { openDuckDb } from "../store/embedded/duckdb.ts";
import { appendRows } from "../store/embedded/duckdb-rows.ts";
import { packBlock, unpackBodies, unpackIndex } from "../store/history/block-format.ts";
import { partOf } from "../store/history/part.ts";
import type { Entry } from "../store/history/stored-changes.ts";
import { CHANGES as CHANGE_ROWS } from "../store/history/tables.ts";
import { createTable } from "../store/sql-table.ts";
import { sqlText } from "../store/sql-text.ts";

// How many bytes and how much CPU a change costs as a row, and in blocks of several sizes (docs/adr/0007).
//   node bench/history-layout.ts [--changes 1000000] [--hosts 10000] [--segment 65536] [--seed 1]

const { values: options } = parseArgs({
  options: {
    changes: { type: "string", default: "1000000" },
    hosts: { type: "string", default: "10000" },
    segment: { type: "string", default: "65536" },
    seed: { type: "string", default: "1" },
  },
});
const [CHANGES, HOSTS] = [Number(options.changes), Number(options.hosts)];
const [SEGMENT, SEED] = [Number(options.segment), Number(options.seed)];
const ELEMENTS_PER_HOST = 100;
const BEGIN = 1_767_225_600_000;

console.log(
  `seed ${SEED}, ${CHANGES} updates of ${HOSTS} hosts x ${ELEMENTS_PER_HOST} elements, segments of ${SEGMENT}`,
);
console.log(`body ${entryOf(1).body.length} bytes`);
await measured("DuckDB rows, as they came", () => rows());
for (const blockChanges of [128, 256, 512, 4_096]) {
  await measured(`blocks of ${blockChanges}, zstd`, async () => blocks(blockChanges));
}

async function rows(): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "nephoscope-layout-"));
  const path = join(folder, "rows.duckdb");
  try {
    const instance = await openDuckDb(path, { threads: 2, memoryMegabytes: 512 });
    const connection = await instance.connect();
    const types = { text: "VARCHAR", whole: "BIGINT", small: "INTEGER", blob: "BLOB" };
    for (const statement of createTable(CHANGE_ROWS, { types, hasLookups: false })) {
      await connection.run(sqlText(statement).text);
    }
    await appendRows(connection, CHANGE_ROWS, tableRows());
    await connection.run("CHECKPOINT");
    connection.closeSync();
    instance.closeSync();
    return statSync(path).size;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function* tableRows() {
  for (let n = 0; n < CHANGES; n++) {
    const { part, revision, ordinal, at, knownAt, origin, kind, id, renamedFrom, body } = entryOf(n);
    yield ["bench", part, revision, ordinal, at, knownAt, origin, kind, id, renamedFrom, body];
  }
}

/** Bytes of all blocks; every one is unpacked again. */
function blocks(blockChanges: number): number {
  let bytes = 0;
  for (let first = 0; first < CHANGES; first += SEGMENT) {
    const segment = Array.from({ length: Math.min(SEGMENT, CHANGES - first) }, (_, n) => entryOf(first + n));
    segment.sort((left, right) => (left.part === right.part ? left.at - right.at : left.part < right.part ? -1 : 1));
    for (let start = 0; start < segment.length; start += blockChanges) {
      const { index, bodies } = packBlock(segment.slice(start, start + blockChanges));
      bytes += index.length + bodies.length;
      if (unpackBodies(bodies, [unpackIndex(index).ats.length - 1])[0] === "")
        throw new Error("a block is not what it was");
    }
  }
  return bytes;
}

function entryOf(n: number): Entry {
  const revision = Math.floor(n / 5) + 1;
  const host = `compute-${String(mixed(SEED, revision) % HOSTS).padStart(5, "0")}.dc1.example`;
  const element = mixed(SEED + 1, n) % ELEMENTS_PER_HOST;
  const name = `tap${mixed(element, revision % 97)
    .toString(16)
    .padStart(8, "0")}`;
  const id = interfaceId(host, undefined, name);
  const at = BEGIN + revision * 500;
  const told = (version: number) => ({
    flow_cookie: `0x${mixed(n, version).toString(16).padStart(8, "0")}`,
    qos_kbps: mixed(n, version + 7) % 1_000_000,
  });
  const body = JSON.stringify({ subject: { kind: "tap", name }, before: told(1), after: told(2) });
  const rest = { part: partOf(id), origin: `agent/${host}`, kind: "update", id, renamedFrom: undefined, body } as const;
  return { ...rest, revision, ordinal: n % 5, at, knownAt: at + 300 };
}

async function measured(name: string, work: () => Promise<number>): Promise<void> {
  const cpu = process.cpuUsage();
  const bytes = await work();
  const { user, system } = process.cpuUsage(cpu);
  const seconds = ((user + system) / 1e6).toFixed(1);
  console.log(`${name.padEnd(28)} ${(bytes / CHANGES).toFixed(1).padStart(6)} B a change, CPU ${seconds} s`);
}

/** 32 bits that look random and are the same for the same numbers. */
function mixed(left: number, right: number): number {
  let h = Math.imul(left + 1, 0x9e3779b1) ^ Math.imul(right + 1, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 16), 0x7feb352d);
  h = Math.imul(h ^ (h >>> 15), 0x846ca68b);
  return (h ^ (h >>> 16)) >>> 0;
}
