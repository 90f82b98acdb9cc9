import type { Lifetime } from "../../core/lifetime.ts";
import type { Log } from "../../core/log.ts";
import { type HistoryStore, openHistory } from "../history/history-store.ts";
import { migrate, newHistory, withEvents } from "../history/schema.ts";
import type { SealingSizes } from "../history/sealer.ts";
import { PostgresDatabase } from "./postgres-database.ts";
import type { PostgresSettings } from "./postgres-settings.ts";
import { tuneStorage } from "./table-storage.ts";

export interface PostgresTopologyDeps {
  readonly log: Log;
  /** For tests. */
  readonly sealing?: SealingSizes | undefined;
}

/**
 * The topology store in a PostgreSQL database, in the schema `nephoscope`, which is made and brought up to date.
 * Errors: OperatorError `store.locked`, `store.unavailable`, `store.unreadable`, `store.busy`, `store.full`,
 * `store.damaged`, `store.newer`.
 */
export async function openPostgresTopology(
  settings: PostgresSettings,
  { log, sealing }: PostgresTopologyDeps,
  lifetime: Lifetime,
): Promise<HistoryStore> {
  const database = await PostgresDatabase.open(settings);
  try {
    // Nobody else does so at the same time: we are the writer.
    await migrate(database, [newHistory(database), withEvents(database)], database.place);
    await tuneStorage(database);
    const store = await openHistory(database, { log, sealing });
    lifetime.defer(database.place, () => store.close());
    return store;
  } catch (error) {
    await database.close();
    throw error;
  }
}
