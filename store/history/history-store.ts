import type { Log } from "../../core/log.ts";
import type { EventStore } from "../event-store.ts";
import { createEventLog } from "../events/event-log.ts";
import type { SqlDatabase, SqlReader } from "../sql-database.ts";
import type { TopologyStore } from "../topology-store.ts";
import { readChangePage } from "./change-log.ts";
import { readDensity } from "./density.ts";
import { Directories } from "./directories.ts";
import { importHistory, removeIncomplete } from "./import-history.ts";
import { readNetChanges } from "./net-changes.ts";
import { readPastIdentifiers } from "./past-identifiers.ts";
import { readPlaceCounts } from "./place-counts.ts";
import { retain } from "./retention.ts";
import { beginOf, lastRevisions, lastRevisionWithin, lastTimes, timeOfRevision } from "./revisions.ts";
import { SEALING_SIZES, Sealer, type SealingSizes } from "./sealer.ts";
import { addSnapshot, readSnapshots, removeSnapshot } from "./snapshots.ts";
import { readMoment, streamLatest, streamState } from "./states.ts";
import { type Known, Tails } from "./tails.ts";
import { HistoryWriter } from "./writer.ts";

export interface HistoryDeps {
  readonly log: Log;
  /** For tests. */
  readonly sealing?: SealingSizes | undefined;
  /** Told the last revision of each cluster: once what is stored, then after each commit before it is acknowledged. */
  readonly opened?: ((stored: ReadonlyMap<string, number>) => void) | undefined;
  readonly acknowledged?: ((last: ReadonlyMap<string, number>) => void) | undefined;
}

export interface HistoryStore extends TopologyStore {
  /** What happened on hosts, in the same database. */
  readonly hostEvents: EventStore;
  /** Until nothing is left to seal. */
  sealed(): Promise<void>;
}

/** A `TopologyStore` over a database whose schema is up to date. It closes the database when it is closed. */
export async function openHistory(database: SqlDatabase, deps: HistoryDeps): Promise<HistoryStore> {
  await removeIncomplete(database);
  const stored = await database.read("read", lastRevisions);
  deps.opened?.(stored);
  const sizes = deps.sealing ?? SEALING_SIZES;
  const tails = new Tails(stored.keys(), (cluster) => writer.last.get(cluster), sizes.mostHeldBytes);
  const writer = new HistoryWriter(database, stored, {
    committed: (cluster, entries) => tails.committed(cluster, entries),
    adopted: (cluster) => tails.letGo(cluster),
    acknowledged: deps.acknowledged ?? (() => undefined),
  });
  const directories = new Directories(stored.keys(), sizes.mostHeldPlaces);
  const acknowledged = (cluster: string) => writer.last.get(cluster) ?? 0;
  const sealer = await Sealer.open({ database, log: deps.log, sizes, tails, directories, acknowledged });
  const known = (cluster: string): Known => ({ ...tails.known(cluster), directory: directories.view(cluster) });
  return {
    ...questions(database, writer, known),
    ...commands(database, writer, sealer),
    hostEvents: createEventLog(database),
    sealed: () => sealer.settled(),
  };
}

function questions(database: SqlDatabase, writer: HistoryWriter, known: (cluster: string) => Known) {
  const read = async <T>(work: (reader: SqlReader) => Promise<T>): Promise<T> => {
    await writer.settled();
    return database.read("read", work);
  };
  return {
    lastRevision: async (cluster) => writer.last.get(cluster) ?? 0,
    clusters: async () => [...writer.last.keys()].sort(),
    latest: async function* (cluster) {
      await writer.settled();
      yield* streamLatest(database, cluster, known(cluster));
    },
    stateAt: async function* (cluster, moment, part = {}) {
      await writer.settled();
      yield* streamState(database, { cluster, moment, part, known: known(cluster) });
    },
    momentAt: async (cluster, moment, part = {}) => {
      await writer.settled();
      return readMoment(database, { cluster, moment, part, known: known(cluster) });
    },
    netChanges: async (query) => {
      await writer.settled();
      return readNetChanges(database, query, known(query.cluster));
    },
    changes: async (query) => {
      await writer.settled();
      const now = known(query.cluster);
      return database.read("read", (reader) => readChangePage(reader, query, now));
    },
    density: async (query) => {
      await writer.settled();
      const now = known(query.cluster);
      return database.read("read", (reader) => readDensity(reader, query, now));
    },
    lastAtByOrigin: (cluster) => read((reader) => lastTimes(reader, cluster)),
    lastRevisionBy: (cluster, at) => read((reader) => lastRevisionWithin(reader, cluster, { at })),
    revisionAt: (cluster, revision) => read((reader) => timeOfRevision(reader, cluster, revision)),
    beginsAt: (cluster) => read((reader) => beginOf(reader, cluster)),
    countsAt: (cluster, moment) => read((reader) => readPlaceCounts(reader, cluster, moment)),
    snapshots: (cluster) => read((reader) => readSnapshots(reader, cluster)),
    pastIdentifiers: (query) => read((reader) => readPastIdentifiers(reader, query)),
  } satisfies Partial<TopologyStore>;
}

function commands(database: SqlDatabase, writer: HistoryWriter, sealer: Sealer) {
  let closing: Promise<void> | undefined;
  return {
    append: async (revisions) => {
      await writer.append(revisions);
      for (const { cluster, changes } of revisions) sealer.committed(cluster, changes.length);
    },
    addSnapshot: (snapshot) => database.write("write", (one) => addSnapshot(one, snapshot)),
    removeSnapshot: (cluster, name) => database.write("write", (one) => removeSnapshot(one, cluster, name)),
    retain: (cluster, { before }) =>
      sealer.exclusively(() =>
        retain(database, sealer, { cluster, before, acknowledged: writer.last.get(cluster) ?? 0 }),
      ),
    importHistory: (cluster, history) =>
      sealer.exclusively(async () => {
        const imported = await importHistory(database, cluster, history);
        writer.adopt(cluster, imported.last);
        sealer.committed(cluster, imported.changes);
      }),
    close: () => {
      closing ??= sealer.close().then(() => database.close());
      return closing;
    },
  } satisfies Partial<TopologyStore>;
}
