import type { DuckDBConnection } from "@duckdb/node-api";
import type { EpochMs } from "../../core/clock.ts";
import type { Element } from "../../core/element.ts";
import type { Sql } from "../sql-text.ts";
import type { TopologyStore } from "../topology-store.ts";
import { rowsOf } from "./duckdb-rows.ts";
import { readChangePage, readDensity } from "./topology-log.ts";
import { numberCell, parseSnapshot, textCell, timeCell } from "./topology-rows.ts";
import * as questions from "./topology-sql.ts";
import { inOneSnapshot, readNetChanges, readState } from "./topology-states.ts";

export type TopologyReader = Pick<
  TopologyStore,
  | "latest"
  | "stateAt"
  | "momentAt"
  | "countsAt"
  | "netChanges"
  | "changes"
  | "density"
  | "lastAtByOrigin"
  | "lastRevisionBy"
  | "revisionAt"
  | "beginsAt"
  | "snapshots"
>;

/** The questions of a `TopologyStore`. `read` runs work on a connection and turns the database's errors into ours. */
export function createTopologyReader(
  read: <T>(work: (connection: DuckDBConnection) => Promise<T>) => Promise<T>,
): TopologyReader {
  /** For questions of several statements: a commit in between is in none of their answers. */
  const readAtOnce = <T>(work: (connection: DuckDBConnection) => Promise<T>) =>
    read((connection) => inOneSnapshot(connection, work));
  const rows = (question: Sql) => read((connection) => rowsOf(connection, question));
  /** The one cell of a one-row answer; undefined for NULL. */
  const cell = async (question: Sql): Promise<unknown> => (await rows(question))[0]?.[0] ?? undefined;
  const time = async (question: Sql): Promise<EpochMs | undefined> => {
    const found = await cell(question);
    return found === undefined ? undefined : timeCell(found);
  };
  async function* whole(cluster: string, at: EpochMs | undefined, condition: Sql) {
    yield [...(await readAtOnce((connection) => readState(connection, cluster, at, condition))).values()];
  }
  return {
    latest: (cluster) => whole(cluster, undefined, questions.NOTHING),
    stateAt: (cluster, { at }, part = {}) => whole(cluster, at, questions.withinPart(part)),
    momentAt: (cluster, { at }, part = {}) =>
      readAtOnce(async (connection) => {
        const state = await readState(connection, cluster, at, questions.withinPart(part));
        const [last] = await rowsOf(connection, questions.lastRevisionBy(cluster, at));
        const [first] = await rowsOf(connection, questions.beginsAt(cluster));
        const begin = first?.[0] ?? undefined;
        return {
          elements: chunkOf(state.values()),
          revision: numberCell(last?.[0] ?? 0),
          beginsAt: begin === undefined ? undefined : timeCell(begin),
        };
      }),
    countsAt: () => Promise.resolve(new Map()),
    netChanges: (query) => readAtOnce((connection) => readNetChanges(connection, query)),
    changes: (query) => read((connection) => readChangePage(connection, query)),
    density: (query) => read((connection) => readDensity(connection, query)),
    lastAtByOrigin: async (cluster) =>
      new Map((await rows(questions.lastAtByOrigin(cluster))).map(([origin, at]) => [textCell(origin), timeCell(at)])),
    lastRevisionBy: async (cluster, at) => numberCell((await cell(questions.lastRevisionBy(cluster, at))) ?? 0),
    revisionAt: (cluster, revision) => time(questions.revisionAt(cluster, revision)),
    beginsAt: (cluster) => time(questions.beginsAt(cluster)),
    snapshots: async (cluster) =>
      (await rows(questions.snapshotRows(cluster))).map((row) => parseSnapshot(cluster, row)),
  };
}

async function* chunkOf(elements: Iterable<Element>): AsyncIterable<readonly Element[]> {
  yield [...elements];
}
