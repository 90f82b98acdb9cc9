import type { Element } from "../../core/element.ts";
import { OperatorError } from "../../core/errors.ts";
import type { Revision } from "../../topology/model/revision.ts";
import type { SqlDatabase } from "../sql-database.ts";
import { sql } from "../sql-text.ts";
import type { ImportedHistory } from "../topology-store.ts";
import { textCell } from "./cells.ts";
import { HORIZONS } from "./tables.ts";
import { writeRevisions } from "./writer.ts";

/** Everything that has a cluster, in the order it is removed: what says that an import is incomplete goes last. */
const TABLES = [sql`changes`, sql`count_deltas`, sql`past_identifiers`, sql`horizons`];

/**
 * Takes in a history from elsewhere and returns its last revision and size. The state it begins with becomes revision 0, which adds every
 * element at the moment of the base: no question about changes reaches that moment. Until all is there the cluster is
 * marked as incomplete: it is not seen, and removed when the database is opened next.
 */
export async function importHistory(
  database: SqlDatabase,
  cluster: string,
  { base, revisions }: ImportedHistory,
): Promise<{ readonly last: number; readonly changes: number }> {
  await database.write("background", async (writer) => {
    const known = await writer.rows(
      sql`SELECT cluster FROM changes WHERE cluster = ${cluster}
        UNION SELECT cluster FROM segments WHERE cluster = ${cluster}
        UNION SELECT cluster FROM horizons WHERE cluster = ${cluster}`,
    );
    if (known.length > 0) throw exists(cluster);
    await writer.append(HORIZONS, [[cluster, base.at, base.revision, 0, base.knownAt, 0]]);
  });
  try {
    let changes = 0;
    const write = (some: readonly Revision[]) => {
      changes += some.reduce((sum, revision) => sum + revision.changes.length, 0);
      return database.write("background", (writer) => writeRevisions(writer, some));
    };
    for await (const elements of base.elements) await write([baseRevision(cluster, base, elements)]);
    await write([{ ...baseRevision(cluster, base, []), counts: base.counts }]);
    let last = base.revision;
    for await (const some of revisions) {
      await write(some.map((revision) => ({ ...revision, cluster })));
      last = some.reduce((most, { revision }) => Math.max(most, revision), last);
    }
    await database.write("background", (writer) =>
      writer.execute(sql`UPDATE horizons SET is_complete = 1 WHERE cluster = ${cluster}`),
    );
    return { last, changes };
  } catch (error) {
    await removeCluster(database, cluster);
    throw error;
  }
}

/** For the start: removes what an import that was cut off has left. */
export async function removeIncomplete(database: SqlDatabase): Promise<void> {
  const rows = await database.read("background", (reader) =>
    reader.rows(sql`SELECT cluster FROM horizons WHERE is_complete = 0`),
  );
  for (const [cluster] of rows) await removeCluster(database, textCell(cluster));
}

async function removeCluster(database: SqlDatabase, cluster: string): Promise<void> {
  await database.write("background", async (writer) => {
    for (const table of TABLES) await writer.execute(sql`DELETE FROM ${table} WHERE cluster = ${cluster}`);
  });
}

function baseRevision(cluster: string, base: ImportedHistory["base"], elements: readonly Element[]): Revision {
  const changes = elements.map((element) => ({ kind: "add", element }) as const);
  return { revision: 0, at: base.at, knownAt: base.knownAt, cluster, origin: "", changes };
}

function exists(cluster: string): OperatorError {
  return new OperatorError({
    code: "topology.cluster_exists",
    message: `there is a history of cluster ${cluster} already`,
    hint: "import under another name of a cluster",
    status: 409,
  });
}
