import { messageOf } from "../../core/errors.ts";
import type { Lifetime } from "../../core/lifetime.ts";
import type { Log } from "../../core/log.ts";
import { type HistoryStore, openHistory } from "../history/history-store.ts";
import { migrate } from "../history/schema.ts";
import type { SealingSizes } from "../history/sealer.ts";
import { compareWithMark, openMark } from "./acknowledged-mark.ts";
import { type DuckDbLimits, storeError } from "./duckdb.ts";
import { createDuckDbDatabase } from "./duckdb-database.ts";
import { DuckDbFile } from "./duckdb-file.ts";
import { embeddedMigrations } from "./topology-migrations.ts";

export interface EmbeddedTopologyDeps {
  readonly log: Log;
  /** For tests. */
  readonly sealing?: SealingSizes | undefined;
}

/** Rows of a block or a keyframe have several kilobytes; see `DuckDbLimits`. */
const ROW_GROUP_ROWS = 2_048;

/**
 * The topology store in a DuckDB file of its own: a history as docs/adr/0007 describes it.
 * Beside it lies `<path>.mark`, see acknowledged-mark.ts.
 * Errors: OperatorError `store.locked`, `store.damaged`, `store.unreadable`, `store.full`, `store.newer`.
 */
export async function openEmbeddedTopology(
  path: string,
  limits: DuckDbLimits,
  deps: EmbeddedTopologyDeps,
  lifetime: Lifetime,
): Promise<HistoryStore> {
  const file = await DuckDbFile.open(path, { ...limits, rowGroupRows: ROW_GROUP_ROWS });
  try {
    const store = await openOn(file, deps);
    lifetime.defer(`topology store ${path}`, () => store.close());
    return store;
  } catch (error) {
    await file.close();
    throw storeError(path, error);
  }
}

async function openOn(file: DuckDbFile, { log, sealing }: EmbeddedTopologyDeps): Promise<HistoryStore> {
  const database = createDuckDbDatabase(file, log);
  await migrate(database, embeddedMigrations(database), file.path);
  const mark = openMark(file.path);
  try {
    const store = await openHistory(database, {
      log,
      sealing,
      opened: (stored) => compareWithMark(file.path, mark, stored),
      acknowledged: (last) => {
        try {
          mark.write(last);
        } catch (error) {
          // The commit stands without its mark; what is missed is a warning should the log be damaged later.
          log.warn({ path: mark.path, error: messageOf(error) }, "acknowledged mark not written");
        }
      },
    });
    let closing: Promise<void> | undefined;
    return {
      ...store,
      close: () => {
        closing ??= store.close().then(() => mark.close());
        return closing;
      },
    };
  } catch (error) {
    mark.close();
    throw error;
  }
}
