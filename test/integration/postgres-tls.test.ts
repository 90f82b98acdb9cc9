import { afterAll, beforeAll, expect, test } from "vitest";
import { PostgresDatabase } from "../../store/postgres/postgres-database.ts";
import type { PostgresSettings } from "../../store/postgres/postgres-settings.ts";
import { sql } from "../../store/sql-text.ts";
import { type PostgresServer, startPostgres } from "./fixtures/postgres.ts";

let server: PostgresServer;
let settings: PostgresSettings;

beforeAll(async () => {
  server = await startPostgres({ hasTls: true });
  settings = await server.createDatabase();
});
afterAll(() => server.remove());

test("with the authority of its certificate, everything goes through TLS", async () => {
  const tls = { kind: "verify", caFile: server.certificateFile } as const;
  const database = await PostgresDatabase.open({ ...settings, tls });
  const used = sql`SELECT count(*) FROM pg_stat_ssl WHERE ssl AND pid = pg_backend_pid()`;
  expect(await database.read("read", (reader) => reader.rows(used))).toEqual([[1]]);
  expect(await database.write("write", (writer) => writer.rows(used))).toEqual([[1]]);
  await database.close();
});

test.each<[what: string, changed: Partial<PostgresSettings>]>([
  ["a certificate nobody we know has signed", { tls: { kind: "verify" } }],
  ["an authority that cannot be read", { tls: { kind: "verify", caFile: "/nonexistent.pem" } }],
])("refused: %s", async (_, changed) => {
  await expect(PostgresDatabase.open({ ...settings, ...changed })).rejects.toMatchObject({
    code: "store.unreadable",
    hint: expect.stringContaining("ca_file"),
  });
});

test("refused: a certificate for another name than the one it was asked by", async () => {
  const tls = { kind: "verify", caFile: server.certificateFile } as const;
  await expect(PostgresDatabase.open({ ...settings, host: "localhost", tls })).rejects.toMatchObject({
    code: "store.unreadable",
    message: expect.stringContaining("cannot be trusted"),
  });
});
