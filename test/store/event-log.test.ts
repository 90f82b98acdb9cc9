import { expect, test } from "vitest";
import { epochMsOf } from "../../core/clock.ts";
import { hostId } from "../../core/element-id.ts";
import { createEventLog } from "../../store/events/event-log.ts";
import type { SqlDatabase, SqlReader, SqlWriter } from "../../store/sql-database.ts";
import { sqlText } from "../../store/sql-text.ts";

test("events of a host that was away do not have the events of all hosts since then read again", async () => {
  const asked: string[] = [];
  const reader: SqlReader = {
    rows: async () => [],
    async *stream(query) {
      asked.push(JSON.stringify(sqlText(query).values, (_, it) => (typeof it === "bigint" ? Number(it) : it)));
    },
  };
  const writer: SqlWriter = { ...reader, execute: async () => {}, append: async () => {} };
  const database: Pick<SqlDatabase, "read" | "write"> = {
    read: (_, work) => work(reader),
    write: (_, work) => work(writer),
  };
  const event = (host: string, at: number) => ({
    ...{ cluster: "c", id: `e-${at}`, at: epochMsOf(at), knownAt: epochMsOf(at), host, kind: "log-match" },
    ...{ element: hostId(host), severity: "info" as const, text: "", attributes: {} },
  });
  await createEventLog(database).append([
    event("away", 1_000_000),
    event("away", 900_000_000),
    event("b", 900_000_000),
  ]);
  expect(asked).toEqual(['["c","away","b",995000,900005000]']);
});
