import type { Element } from "../../core/element.ts";
import { isRecord } from "../../core/json.ts";
import { type Subject, subjectOf } from "../../topology/model/change.ts";
import { damaged, numberCell, textCell } from "../history/cells.ts";
import { partOf } from "../history/part.ts";
import { HISTORY_VERSION, type Migration, withEvents } from "../history/schema.ts";
import { storedElement } from "../history/stored-changes.ts";
import { CHANGES, HISTORY_TABLES, SNAPSHOTS } from "../history/tables.ts";
import type { SqlCell, SqlDatabase, SqlRow, SqlWriter } from "../sql-database.ts";
import { createTable } from "../sql-table.ts";
import { sql } from "../sql-text.ts";

/** For a file: version 1 kept all changes as rows, with checkpoints of whole clusters beside them. */
export function embeddedMigrations(database: SqlDatabase): readonly Migration[] {
  return [VERSION_1, { version: HISTORY_VERSION, run: (writer) => sealable(writer, database) }, withEvents(database)];
}

/** What version 1 is made with, so that a new file goes the same way as an old one. */
const VERSION_1: Migration = {
  version: 1,
  run: async (writer) => {
    await writer.execute(sql`CREATE TABLE changes (
      cluster VARCHAR NOT NULL, revision BIGINT NOT NULL, ordinal INTEGER NOT NULL,
      at_ms BIGINT NOT NULL, known_at_ms BIGINT NOT NULL, origin VARCHAR NOT NULL,
      kind VARCHAR NOT NULL, element_id VARCHAR NOT NULL, renamed_from VARCHAR, body VARCHAR NOT NULL)`);
    await writer.execute(sql`CREATE TABLE checkpoints (
      cluster VARCHAR NOT NULL, revision BIGINT NOT NULL, max_at_ms BIGINT NOT NULL, elements BIGINT NOT NULL)`);
    await writer.execute(sql`CREATE TABLE checkpoint_elements (
      cluster VARCHAR NOT NULL, revision BIGINT NOT NULL, element_id VARCHAR NOT NULL, element VARCHAR NOT NULL)`);
    await writer.execute(sql`CREATE TABLE snapshots (
      cluster VARCHAR NOT NULL, name VARCHAR NOT NULL, at_ms BIGINT NOT NULL, revision BIGINT NOT NULL,
      created_at_ms BIGINT NOT NULL, created_by VARCHAR NOT NULL, note VARCHAR NOT NULL)`);
  },
};

/** Rows of version 1 that are in memory at a time. */
const ROWS_AT_ONCE = 5_000;

/** To version 2: rows learn their part, and updates whose they are; checkpoints go. */
async function sealable(writer: SqlWriter, database: SqlDatabase): Promise<void> {
  await writer.execute(sql`ALTER TABLE changes RENAME TO changes_1`);
  await writer.execute(sql`DROP TABLE checkpoints`);
  await writer.execute(sql`DROP TABLE checkpoint_elements`);
  for (const table of HISTORY_TABLES.filter(({ name }) => name !== SNAPSHOTS.name)) {
    for (const statement of createTable(table, database.dialect)) await writer.execute(statement);
  }
  for (const [cluster, revision] of await writer.rows(
    sql`SELECT cluster, max(revision) FROM changes_1 GROUP BY cluster`,
  )) {
    await copyCluster(writer, textCell(cluster), numberCell(revision));
  }
  await writer.execute(sql`DROP TABLE changes_1`);
}

async function copyCluster(writer: SqlWriter, cluster: string, last: number): Promise<void> {
  const subjects = new Map<string, Subject>();
  for (let after = 0; after < last; ) {
    const [limit] = await writer.rows(
      sql`SELECT max(revision) FROM (SELECT revision FROM changes_1
        WHERE cluster = ${cluster} AND revision > ${after} ORDER BY revision LIMIT ${ROWS_AT_ONCE}) AS page`,
    );
    const upTo = numberCell(limit?.[0]);
    const rows = await writer.rows(
      sql`SELECT revision, ordinal, at_ms, known_at_ms, origin, kind, element_id, renamed_from, body FROM changes_1
        WHERE cluster = ${cluster} AND revision > ${after} AND revision <= ${upTo} ORDER BY revision, ordinal`,
    );
    await writer.append(
      CHANGES,
      rows.values().map((row) => rowWithSubject(cluster, row, subjects)),
    );
    after = upTo;
  }
}

/** Of one element, revisions rise in the order things happened: what it was called before an update is known by then. */
function rowWithSubject(cluster: string, row: SqlRow, subjects: Map<string, Subject>): readonly SqlCell[] {
  const [revision, ordinal, at, knownAt, origin, kind, idText, renamedFrom, bodyText] = row;
  const [id, body] = [textCell(idText), textCell(bodyText)];
  const rest = [renamedFrom === null ? undefined : textCell(renamedFrom)];
  const told = [numberCell(revision), numberCell(ordinal), numberCell(at), numberCell(knownAt), textCell(origin)];
  const withBody = (text: string) => [cluster, partOf(id), ...told, textCell(kind), id, ...rest, text];
  if (kind !== "update") {
    const element: Element = storedElement(body);
    subjects.set(id, subjectOf(element));
    return withBody(body);
  }
  const json: unknown = JSON.parse(body);
  if (!isRecord(json) || !isRecord(json.after)) throw damaged("change", body);
  const known = subjects.get(id) ?? { kind: "interface" };
  const name = json.after["@name"];
  const subject: Subject = typeof name === "string" ? { ...known, name } : known;
  subjects.set(id, subject);
  return withBody(JSON.stringify({ subject, before: json.before, after: json.after }));
}
