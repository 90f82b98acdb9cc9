import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import { epochMsOf } from "../../core/clock.ts";
import { Lifetime } from "../../core/lifetime.ts";
import { silentLog } from "../../core/log.ts";
import { DuckDbFile } from "../../store/embedded/duckdb-file.ts";
import { openEmbeddedTopology } from "../../store/embedded/topology.ts";
import { changedId } from "../../topology/model/change.ts";
import type { Revision } from "../../topology/model/revision.ts";
import { collected } from "../../topology/model/topology.ts";
import { temporaryFolder } from "../collector/fixtures/temporary-folder.ts";
import { historyArbitrary, naiveLog, naiveStateAt } from "./topology-history.ts";

const LIMITS = { threads: 1, memoryMegabytes: 256 };
const ms = epochMsOf;

let folder: string;
let path: string;
let lifetime: Lifetime;

beforeEach(() => {
  folder = temporaryFolder();
  path = join(folder, "topology.duckdb");
  lifetime = new Lifetime();
});
afterEach(() => lifetime.end());

/** As version 1 made it; updates did not say whose they are. */
const VERSION_1 = [
  "CREATE TABLE schema_version (version INTEGER NOT NULL)",
  "INSERT INTO schema_version VALUES (1)",
  `CREATE TABLE changes (
    cluster VARCHAR NOT NULL, revision BIGINT NOT NULL, ordinal INTEGER NOT NULL,
    at_ms BIGINT NOT NULL, known_at_ms BIGINT NOT NULL, origin VARCHAR NOT NULL,
    kind VARCHAR NOT NULL, element_id VARCHAR NOT NULL, renamed_from VARCHAR, body VARCHAR NOT NULL)`,
  `CREATE TABLE checkpoints (
    cluster VARCHAR NOT NULL, revision BIGINT NOT NULL, max_at_ms BIGINT NOT NULL, elements BIGINT NOT NULL)`,
  `CREATE TABLE checkpoint_elements (
    cluster VARCHAR NOT NULL, revision BIGINT NOT NULL, element_id VARCHAR NOT NULL, element VARCHAR NOT NULL)`,
  `CREATE TABLE snapshots (
    cluster VARCHAR NOT NULL, name VARCHAR NOT NULL, at_ms BIGINT NOT NULL, revision BIGINT NOT NULL,
    created_at_ms BIGINT NOT NULL, created_by VARCHAR NOT NULL, note VARCHAR NOT NULL)`,
  "INSERT INTO snapshots VALUES ('c', 'nightly', 1200, 3, 1300, 'ann', 'kept')",
  "INSERT INTO checkpoints VALUES ('c', 1, 1200, 1)",
];

async function writeVersion1(revisions: readonly Revision[]): Promise<void> {
  const file = await DuckDbFile.open(path, LIMITS);
  await file.use("write", async (connection) => {
    for (const statement of VERSION_1) await connection.run(statement);
    for (const { revision, at, knownAt, cluster, origin, changes } of revisions) {
      for (const [ordinal, change] of changes.entries()) {
        const renamed = change.kind === "add" ? (change.renamedFrom ?? null) : null;
        const body = change.kind === "update" ? { before: change.before, after: change.after } : change.element;
        await connection.run("INSERT INTO changes VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)", [
          ...[cluster, revision, ordinal, at, knownAt, origin, change.kind, changedId(change), renamed],
          JSON.stringify(body),
        ]);
      }
    }
  });
  await file.close();
}

test.each([
  ["sealed at once", { tailChanges: 8, blockChanges: 3 }],
  ["kept as rows", undefined],
])("a file of version 1 answers as it did, %s", async (_name, sealing) => {
  const [revisions = []] = fc.sample(
    historyArbitrary.filter(({ length }) => length > 25),
    { numRuns: 1, seed: 11 },
  );
  await writeVersion1(revisions);
  const store = await openEmbeddedTopology(path, LIMITS, { log: silentLog, sealing }, lifetime);
  await store.sealed();
  for (const { at } of revisions) {
    expect(await collected(store.stateAt("c", { at }))).toEqual(naiveStateAt(revisions, at));
  }
  const { changes } = await store.changes({ cluster: "c", from: ms(0), to: ms(9_999), limit: 10_000 });
  expect(changes).toEqual(naiveLog(revisions));
  expect((await store.snapshots("c")).map(({ name, at }) => [name, at])).toEqual([["nightly", 1200]]);
  expect(await store.lastRevision("c")).toBe(revisions.length);
});

test("a migrated file is migrated once", async () => {
  await writeVersion1([]);
  await (await openEmbeddedTopology(path, LIMITS, { log: silentLog }, lifetime)).close();
  const store = await openEmbeddedTopology(path, LIMITS, { log: silentLog }, lifetime);
  expect(await store.clusters()).toEqual([]);
});
