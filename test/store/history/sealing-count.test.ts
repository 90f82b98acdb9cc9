import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { epochMsOf } from "../../../core/clock.ts";
import { elementIdOf } from "../../../core/element-id.ts";
import { type Log, silentLog } from "../../../core/log.ts";
import { createDuckDbDatabase } from "../../../store/embedded/duckdb-database.ts";
import { DuckDbFile } from "../../../store/embedded/duckdb-file.ts";
import { openHistory } from "../../../store/history/history-store.ts";
import { migrate, newHistory } from "../../../store/history/schema.ts";
import { sql } from "../../../store/sql-text.ts";
import type { Revision } from "../../../topology/model/revision.ts";

function revisionOf(revision: number): Revision {
  const at = epochMsOf(1_000 + revision);
  const id = elementIdOf("switch", `s${revision}`);
  const element = { id, kind: "switch", name: `s${revision}`, cluster: "c", attributes: {} } as const;
  return { revision, at, knownAt: at, cluster: "c", origin: "declared/c", changes: [{ kind: "add", element }] };
}

test("a sealing that would take other rows away than it packed takes none, and says so", async () => {
  const folder = mkdtempSync(join(tmpdir(), "nephoscope-sealing-"));
  const file = await DuckDbFile.open(join(folder, "topology.duckdb"), { threads: 1, memoryMegabytes: 256 });
  const database = createDuckDbDatabase(file, silentLog);
  const warnings: object[] = [];
  const log: Log = { ...silentLog, warn: (fields) => void warnings.push(fields) };
  const counts = () =>
    database.read("read", async (reader) => {
      const [row] = await reader.rows(
        sql`SELECT (SELECT count(*) FROM changes), (SELECT count(*) FROM segments), (SELECT count(*) FROM blocks)`,
      );
      return row?.map(Number);
    });
  try {
    await migrate(database, [newHistory(database)], "here");
    const store = await openHistory(database, { log, sealing: { tailChanges: 8, blockChanges: 3 } });
    for (let revision = 1; revision <= 7; revision++) await store.append([revisionOf(revision)]);
    await store.sealed();
    // Somebody else, or a fault of the disk: what is held in memory is not what lies in the table.
    await database.write("write", (writer) => writer.execute(sql`DELETE FROM changes WHERE revision = 2`));
    for (let revision = 8; revision <= 14; revision++) await store.append([revisionOf(revision)]);
    await store.sealed();
    expect(await counts()).toEqual([13, 0, 0]);
    expect(JSON.stringify(warnings)).toContain("tail of");
  } finally {
    await database.close();
    rmSync(folder, { recursive: true });
  }
});
