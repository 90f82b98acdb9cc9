import { expect, test } from "vitest";
import { epochMsOf } from "../../../core/clock.ts";
import { elementIdOf } from "../../../core/element-id.ts";
import { type Log, silentLog } from "../../../core/log.ts";
import { openHistory } from "../../../store/history/history-store.ts";
import { sql } from "../../../store/sql-text.ts";
import type { Revision } from "../../../topology/model/revision.ts";
import { emptyHistory } from "../fixtures/empty-history.ts";

function revisionOf(revision: number): Revision {
  const at = epochMsOf(1_000 + revision);
  const id = elementIdOf("switch", `s${revision}`);
  const element = { id, kind: "switch", name: `s${revision}`, cluster: "c", attributes: {} } as const;
  return { revision, at, knownAt: at, cluster: "c", origin: "declared/c", changes: [{ kind: "add", element }] };
}

test("a sealing that would take other rows away than it packed takes none, says so, and goes by the table", async () => {
  const database = await emptyHistory();
  const warnings: object[] = [];
  const log: Log = { ...silentLog, warn: (fields) => void warnings.push(fields) };
  const store = await openHistory(database, { log, sealing: { tailChanges: 8, blockChanges: 3 } });
  for (let revision = 1; revision <= 7; revision++) await store.append([revisionOf(revision)]);
  await store.sealed();
  // Somebody else, or a fault of the disk: what is held in memory is not what lies in the table.
  await database.write("write", (writer) => writer.execute(sql`DELETE FROM changes WHERE revision = 2`));
  for (let revision = 8; revision <= 14; revision++) await store.append([revisionOf(revision)]);
  await store.sealed();
  expect(JSON.stringify(warnings)).toContain("tail of");
  // It is tried again with what the table has.
  const { changes } = await store.changes({ cluster: "c", from: epochMsOf(0), to: epochMsOf(9_999), limit: 100 });
  expect(changes.map(({ revision }) => revision)).toEqual([1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]);
});
