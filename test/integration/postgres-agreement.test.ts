import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { epochMsOf } from "../../core/clock.ts";
import { Lifetime } from "../../core/lifetime.ts";
import { silentLog } from "../../core/log.ts";
import { openEmbeddedTopology } from "../../store/embedded/topology.ts";
import { openPostgresTopology } from "../../store/postgres/topology.ts";
import type { TopologyStore } from "../../store/topology-store.ts";
import { type ExportSpan, exportHistory } from "../../store/transfer/export-history.ts";
import { exportLineText } from "../../store/transfer/export-line.ts";
import { importHistory } from "../../store/transfer/import-history.ts";
import type { Revision, Snapshot } from "../../topology/model/revision.ts";
import { answersOf } from "../store/topology-answers.ts";
import { historyArbitrary } from "../store/topology-history.ts";
import { type PostgresServer, startPostgres } from "./fixtures/postgres.ts";

const LIMITS = { threads: 1, memoryMegabytes: 256 };
const EXPORTED_AT = epochMsOf(5_000_000);
const lifetime = new Lifetime();
const folder = mkdtempSync(join(tmpdir(), "nephoscope-agreement-"));
let server: PostgresServer;
let stores: readonly [embedded: TopologyStore, postgres: TopologyStore];

const sealing = (tailChanges: number, blockChanges: number) => ({
  log: silentLog,
  sealing: { tailChanges, blockChanges },
});

beforeAll(async () => {
  server = await startPostgres();
  stores = [
    // They seal at different times: what is sealed must make no difference.
    await openEmbeddedTopology(join(folder, "topology.duckdb"), LIMITS, sealing(30, 3), lifetime),
    await openPostgresTopology(await server.createDatabase(), sealing(12, 4), lifetime),
  ];
});
afterAll(async () => {
  await lifetime.end();
  await server.remove();
  rmSync(folder, { recursive: true });
});

test("DuckDB and PostgreSQL give the same answer to every question about the same history", async () => {
  let clusters = 0;
  const commits = fc.integer({ min: 1, max: 5 });
  await fc.assert(
    fc.asyncProperty(historyArbitrary, commits, async (history, commitSize) => {
      const cluster = `agreement-${++clusters}`;
      const revisions = history.map((revision) => ({ ...revision, cluster }));
      const [embedded, postgres] = await Promise.all(stores.map((store) => tell(store, revisions, commitSize)));
      expect(postgres).toEqual(embedded);
    }),
    { numRuns: 5, endOnFailure: true },
  );
});

/**
 * All answers: about the whole history, about a copy of its middle that was exported and imported, and about both when a part
 * of them is forgotten.
 */
async function tell(store: TopologyStore, revisions: readonly Revision[], commitSize: number) {
  const [first] = revisions;
  if (first === undefined) return undefined;
  const { cluster } = first;
  const copy = `${cluster}-copy`;
  const times = revisions.map(({ at }) => at).toSorted((a, b) => a - b);
  const timeAt = (share: number) => times[Math.floor(share * times.length)] ?? first.at;
  const answers = (name: string) => answersOf(store, name, revisions);

  await keep(store, revisions, commitSize);
  const whole = await answers(cluster);
  const text = await exportedText(store, { cluster, from: timeAt(0.2), to: timeAt(0.9) });
  await importHistory(store, copy, () => linesOf(text));
  const imported = await answers(copy);
  await store.retain(cluster, { before: timeAt(0.3) });
  await store.retain(copy, { before: timeAt(0.6) });
  const retained = [await answers(cluster), await answers(copy)];
  // The elements of a state come in no order.
  return { whole, exported: text.split("\n").sort(), imported, retained };
}

async function exportedText(store: TopologyStore, span: ExportSpan): Promise<string> {
  let text = "";
  for await (const line of exportHistory(store, span, EXPORTED_AT)) text += exportLineText(line);
  return text;
}

async function* linesOf(text: string): AsyncIterable<string> {
  yield* text.split("\n");
}

async function keep(store: TopologyStore, revisions: readonly Revision[], commitSize: number): Promise<void> {
  for (let first = 0; first < revisions.length; first += commitSize) {
    await store.append(revisions.slice(first, first + commitSize));
  }
  const [middle] = revisions.slice(Math.floor(revisions.length / 2));
  if (middle !== undefined) await store.addSnapshot(snapshotOf(middle));
}

function snapshotOf({ cluster, at, revision }: Revision): Snapshot {
  return { name: "before", cluster, at, revision, createdAt: epochMsOf(5_000), createdBy: "somebody", note: "ü\n网络" };
}
