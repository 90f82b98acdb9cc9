import { inspect } from "node:util";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { OperatorError } from "../../core/errors.ts";
import { PostgresDatabase } from "../../store/postgres/postgres-database.ts";
import type { PostgresSettings } from "../../store/postgres/postgres-settings.ts";
import type { SqlCell, SqlRow, SqlTable } from "../../store/sql-database.ts";
import { createTable } from "../../store/sql-table.ts";
import { sql } from "../../store/sql-text.ts";
import { eventually } from "../fixtures/eventually.ts";
import { type PostgresServer, startPostgres } from "./fixtures/postgres.ts";

const THINGS: SqlTable = {
  name: "things",
  columns: [
    { name: "label", type: "text" },
    { name: "size", type: "whole" },
    { name: "grade", type: "small", isNullable: true },
    { name: "content", type: "blob" },
  ],
  lookups: [["label", "size"]],
  key: ["size"],
};

let server: PostgresServer;
let settings: PostgresSettings;
let database: PostgresDatabase;

beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.remove());
beforeEach(async () => {
  settings = await server.createDatabase();
  database = await PostgresDatabase.open(settings);
  await database.write("write", async (writer) => {
    for (const statement of createTable(THINGS, database.dialect)) await writer.execute(statement);
  });
});
afterEach(() => database.close());

const thing = (size: number, label = "a"): readonly SqlCell[] => [label, size, undefined, Buffer.of(size & 0xff)];
const add = (...sizes: readonly number[]) =>
  database.write("write", (writer) =>
    writer.append(
      THINGS,
      sizes.map((size) => thing(size)),
    ),
  );
const sizes = async (from = database): Promise<readonly unknown[]> =>
  (await from.read("read", (reader) => reader.rows(sql`SELECT size FROM things ORDER BY size`))).map(([size]) => size);

test.each<[what: string, row: readonly SqlCell[], stored?: SqlRow]>([
  ["plain ones", ["a", 1, 2, Buffer.of(0, 255, 92, 34)]],
  ["nothing and empty", ["", 0, undefined, Buffer.alloc(0)], ["", 0, null, Buffer.alloc(0)]],
  ["what arrays of PostgreSQL write differently", ['{"a",NULL}\\x41\n\t', -1, -(2 ** 31), Buffer.from('\\"{}')]],
  ["NULL as text", ["NULL", 3, 4, Buffer.of(1)]],
  ["other scripts", ["网络 ü \u{1f600}", Number.MAX_SAFE_INTEGER, 2 ** 31 - 1, Buffer.of(7)]],
  ["NUL, which PostgreSQL has no text for", ["a\0b", 5, 6, Buffer.of(0)], ["a\uFFFDb", 5, 6, Buffer.of(0)]],
])("cells come back as they went in: %s", async (_, row, stored = row) => {
  await database.write("write", (writer) => writer.append(THINGS, [row]));
  const [label, size] = row;
  const found = await database.read("read", (reader) =>
    reader.rows(sql`SELECT * FROM things WHERE label = ${String(label)} AND size = ${Number(size)}`),
  );
  expect(found).toEqual([stored]);
});

test("text is compared by its bytes, whatever language the database sorts by", async () => {
  const labels = ["a", "B", "host/a-1", "host/a1", "host/a/if", "ä", "~", "Ä"];
  await database.write("write", (writer) =>
    writer.append(
      THINGS,
      labels.map((label, size) => thing(size, label)),
    ),
  );
  const rows = await database.read("read", (reader) => reader.rows(sql`SELECT label FROM things ORDER BY label`));
  const bytewise = labels.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  expect(rows.flat()).toEqual(bytewise);
  const above = sql`SELECT label FROM things WHERE label > ${"host/a-1"} ORDER BY label`;
  const rest = await database.read("read", (reader) => reader.rows(above));
  expect(rest.flat()).toEqual(bytewise.slice(bytewise.indexOf("host/a-1") + 1));
});

test("a long answer is streamed in chunks, each row once, and can be left early", async () => {
  const count = 5_000;
  await database.write("write", (writer) =>
    writer.append(
      THINGS,
      Iterator.from(Array(count).keys()).map((size) => ["x".repeat(900), size, 1, Buffer.alloc(300)]),
    ),
  );
  await database.read("read", async (reader) => {
    for await (const [first] of reader.stream(sql`SELECT size FROM things ORDER BY size`)) {
      expect(first).toEqual([0]);
      break;
    }
    const chunks: number[] = [];
    const seen: unknown[] = [];
    for await (const rows of reader.stream(
      sql`SELECT size, label, content FROM things WHERE size >= ${0} ORDER BY size`,
    )) {
      chunks.push(rows.length);
      for (const [size] of rows) seen.push(size);
    }
    expect(seen).toEqual([...Array(count).keys()]);
    expect(Math.max(...chunks)).toBeLessThan(1_000);
  });
});

test("all that one reader reads is as of one commit", async () => {
  await add(1);
  await database.read("read", async (reader) => {
    const count = async () => (await reader.rows(sql`SELECT count(*) FROM things`))[0]?.[0];
    expect(await count()).toBe(1);
    await add(2);
    expect(await count()).toBe(1);
  });
  expect(await sizes()).toEqual([1, 2]);
});

test("a transaction that fails leaves nothing behind, and the next one is not disturbed", async () => {
  const stopped = database.write("write", async (writer) => {
    await writer.append(THINGS, [thing(1)]);
    throw new RangeError("no further");
  });
  await expect(stopped).rejects.toThrow(new RangeError("no further"));
  await expect(add(2, 2)).rejects.toThrow("duplicate key");
  await add(3);
  expect(await sizes()).toEqual([3]);
});

test("a statement that failed fails its transaction, also when nobody cared", async () => {
  const careless = database.write("write", async (writer) => {
    await writer.append(THINGS, [thing(1)]);
    await writer.append(THINGS, [thing(1)]).catch(() => undefined);
  });
  await expect(careless).rejects.toThrow("ended with ROLLBACK");
  expect(await sizes()).toEqual([]);
});

test("more readers than connections wait for each other", async () => {
  await add(1);
  const answers = await Promise.all(Array.from({ length: 40 }, () => sizes()));
  expect(answers.every((answer) => answer[0] === 1)).toBe(true);
});

describe("one writer at a time", () => {
  test("a second one is refused with who the first is; it takes over when that is gone", async () => {
    await expect(PostgresDatabase.open(settings)).rejects.toMatchObject({
      code: "store.locked",
      message: expect.stringContaining("it comes from 127.0.0.1"),
    });
    await database.close();
    const second = await PostgresDatabase.open(settings);
    expect(await sizes(second)).toEqual([]);
    await second.close();
  });

  test("who was cut off and overtaken does not write any more, neither its commits nor its background work", async () => {
    await add(1);
    await endSessions();
    const second = await PostgresDatabase.open(settings);
    const inBackground = () => database.write("background", (writer) => writer.append(THINGS, [thing(2)]));
    await expect(inBackground()).rejects.toMatchObject({ code: "store.locked" });
    await expect(add(2)).rejects.toMatchObject({ code: "store.locked" });
    await second.close();
    const late = { code: "store.locked", message: expect.stringContaining("has written") };
    await expect(inBackground()).rejects.toMatchObject(late);
    await expect(add(2)).rejects.toMatchObject(late);
    expect(await sizes()).toEqual([1]);
  });

  test("background work that began before a new writer came holds that one up until it has ended", async () => {
    const [begun, mayEnd] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const old = database.write("background", async (writer) => {
      begun.resolve();
      await mayEnd.promise;
      await writer.append(THINGS, [thing(1)]);
    });
    await begun.promise;
    await server.query(
      "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND database = " +
        `(SELECT oid FROM pg_database WHERE datname = '${settings.database}')`,
    );
    const opening = PostgresDatabase.open(settings);
    const isHeldUp = async () => (await server.query(WAITING_FOR_A_ROW)).length > 0;
    await eventually(isHeldUp, { withinMs: 4_000, what: "the new writer to wait" }).finally(mayEnd.resolve);
    await old;
    const second = await opening;
    expect(await sizes(second)).toEqual([1]);
    await second.close();
  });
});

const WAITING_FOR_A_ROW = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'transactionid'";

describe("a server that goes away", () => {
  test("what is under way fails with a stated error, and all goes on when it is back", async () => {
    await add(1);
    const cut = database.write("write", async (writer) => {
      await writer.append(THINGS, [thing(2)]);
      await server.kill();
      await writer.append(THINGS, [thing(3)]);
    });
    await expect(cut).rejects.toMatchObject({ code: "store.unavailable", status: 503 });
    await expect(sizes()).rejects.toMatchObject({ code: "store.unavailable" });
    await expect(add(4)).rejects.toMatchObject({ code: "store.unavailable" });
    await server.start();
    await add(4);
    expect(await sizes()).toEqual([1, 4]);
  });

  test("a restart between two questions is not even noticed", async () => {
    await add(1);
    expect(await sizes()).toEqual([1]);
    await server.stopFast();
    await server.start();
    expect(await sizes()).toEqual([1]);
    await add(2);
    expect(await sizes()).toEqual([1, 2]);
  });

  test("a statement that is ended because it takes too long is `store.busy`", async () => {
    const slow = database.read("read", (reader) => reader.rows(sql`SELECT pg_sleep(600)::text`));
    const ended = expect(slow).rejects.toMatchObject({ code: "store.busy" });
    await eventually(cancelSleeper, { withinMs: 20_000, what: "the statement to run" });
    await ended;
    expect(await sizes()).toEqual([]);
  });
});

async function endSessions(): Promise<void> {
  await server.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${settings.database}'`);
}

async function cancelSleeper(): Promise<boolean> {
  const rows = await server.query(
    `SELECT pg_cancel_backend(pid)::text AS done FROM pg_stat_activity
     WHERE datname = '${settings.database}' AND wait_event = 'PgSleep'`,
  );
  return rows.length > 0;
}

describe("settings that do not fit", () => {
  const refused = async (changed: Partial<PostgresSettings>): Promise<OperatorError> => {
    const error: unknown = await PostgresDatabase.open({ ...settings, ...changed }).catch((thrown: unknown) => thrown);
    if (!(error instanceof OperatorError)) throw new Error("it should have been refused", { cause: error });
    return error;
  };

  test.each<[what: string, changed: Partial<PostgresSettings>, code: string, hint: RegExp]>([
    ["another password", { password: "wr0ng-secret" }, "store.unreadable", /password_file/],
    ["no password", { password: undefined }, "store.unreadable", /password_file/],
    ["a database that is not there", { database: "nowhere" }, "store.unreadable", /CREATE DATABASE/],
    ["a port nobody listens on", { port: 1 }, "store.unavailable", /PostgreSQL runs/],
    ["a socket that is not there", { host: "/nonexistent" }, "store.unavailable", /PostgreSQL runs/],
    ["TLS where the server has none", { tls: { kind: "verify" } }, "store.unreadable", /ca_file/],
  ])("%s", async (_, changed, code, hint) => {
    const error = await refused(changed);
    expect(error.code).toBe(code);
    expect(error.hint).toMatch(hint);
  });

  test("a database that belongs to somebody else", async () => {
    await server.query("CREATE DATABASE foreign_one");
    expect(await refused({ database: "foreign_one" })).toMatchObject({ code: "store.unreadable" });
  });

  test("no error tells the password, however deep one looks", async () => {
    const errors = [await refused({ password: "wr0ng-secret" }), await refused({ port: 1, password: "wr0ng-secret" })];
    for (const error of errors) {
      expect(inspect(error, { depth: Number.POSITIVE_INFINITY, showHidden: true })).not.toContain("wr0ng-secret");
    }
  });
});
