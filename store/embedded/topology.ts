import type { Lifetime } from "../../core/lifetime.ts";
import type { Log } from "../../core/log.ts";
import type { TopologyStore } from "../topology-store.ts";
import { compareWithMark, openMark } from "./acknowledged-mark.ts";
import { type DuckDbLimits, storeError } from "./duckdb.ts";
import { DuckDbFile } from "./duckdb-file.ts";
import { rowsOf } from "./duckdb-rows.ts";
import { createTopologyReader } from "./topology-reader.ts";
import { numberCell, textCell } from "./topology-rows.ts";
import { migrate } from "./topology-schema.ts";
import { addSnapshot, removeSnapshot } from "./topology-snapshots.ts";
import { lastRevisions } from "./topology-sql.ts";
import { TopologyWriter } from "./topology-writer.ts";

export interface EmbeddedTopologyDeps {
  readonly log: Log;
  /** See checkpoint-schedule.ts; for tests. */
  readonly checkpointEveryChanges?: number | undefined;
}

/**
 * The topology store in a DuckDB file of its own: an append-only log of changes with checkpoints and snapshots.
 * Beside it lies `<path>.mark`, see acknowledged-mark.ts.
 * Errors: OperatorError `store.locked`, `store.damaged`, `store.unreadable`, `store.full`, `store.newer`.
 */
export async function openEmbeddedTopology(
  path: string,
  limits: DuckDbLimits,
  deps: EmbeddedTopologyDeps,
  lifetime: Lifetime,
): Promise<TopologyStore> {
  const file = await DuckDbFile.open(path, limits);
  try {
    await file.use("write", (connection) => migrate(connection, path));
    const rows = await file.use("read", (connection) => rowsOf(connection, lastRevisions));
    const stored = new Map(rows.map(([cluster, revision]) => [textCell(cluster), numberCell(revision)]));
    const mark = openMark(path);
    compareWithMark(path, mark, stored);
    const store = createStore(new TopologyWriter({ file, mark, stored, deps }), file);
    lifetime.defer(`topology store ${path}`, () => store.close());
    return store;
  } catch (error) {
    await file.close();
    throw storeError(path, error);
  }
}

function createStore(writer: TopologyWriter, file: DuckDbFile): TopologyStore {
  const reader = createTopologyReader(async (work) => {
    await writer.settled();
    return file.use("read", work);
  });
  let closing: Promise<void> | undefined;
  return {
    ...reader,
    append: (revisions) => writer.append(revisions),
    lastRevision: async (cluster) => writer.last.get(cluster) ?? 0,
    clusters: async () => [...writer.last.keys()].sort(),
    addSnapshot: (snapshot) => file.use("write", (connection) => addSnapshot(connection, snapshot)),
    removeSnapshot: (cluster, name) => file.use("write", (connection) => removeSnapshot(connection, cluster, name)),
    close: () => {
      closing ??= writer.close();
      return closing;
    },
  };
}
