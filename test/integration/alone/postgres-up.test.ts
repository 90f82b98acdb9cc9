import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Value } from "typebox/value";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { PostgresSettings } from "../../../store/postgres/postgres-settings.ts";
import { TopologyResponse } from "../../../web/api/topology.ts";
import { eventually } from "../../fixtures/eventually.ts";
import { run } from "../fixtures/command.ts";
import { type Nephoscope, runNephoscope, startNephoscope, temporaryFolder } from "../fixtures/nephoscope.ts";
import { type PostgresServer, startPostgres } from "../fixtures/postgres.ts";
import { topologyAt } from "../fixtures/topology-view.ts";

const WITHIN_MS = 60_000;
const BRIDGE = "pgup0";
const folder = temporaryFolder();
const other = temporaryFolder();
const passwordFile = join(folder.path, "password");
let server: PostgresServer;
let database: PostgresSettings;
let nephoscope: Nephoscope;

beforeAll(async () => {
  server = await startPostgres();
  database = await server.createDatabase();
  writeFileSync(passwordFile, `${database.password}\n`);
  nephoscope = await startNephoscope(options());
});
afterAll(async () => {
  await nephoscope.stop();
  await run("ip", "link", "delete", BRIDGE).catch(() => undefined);
  await server.remove();
  folder.remove();
  other.remove();
});

function options(data = join(folder.path, "data")) {
  const { host, port, database: name, user } = database;
  const settings = ["agent.interval_seconds=1", "log.level=debug", "topology.store=postgres"];
  const reached = { host, port, database: name, user, password_file: passwordFile };
  return {
    data,
    settings: [...settings, ...Object.entries(reached).map(([key, value]) => `topology.postgres.${key}=${value}`)],
  };
}

const revision = async () => {
  const answer = await nephoscope.get("/api/v1/topology?at=now");
  return Value.Parse(TopologyResponse, answer).revision;
};
const seesBridge = async (at: string | number = "now") =>
  (await topologyAt(nephoscope, at)).elements.some(({ id }) => id.endsWith(`/if/${BRIDGE}`));
const isSeen = (wanted: boolean) =>
  eventually(async () => (await seesBridge()) === wanted, {
    withinMs: WITHIN_MS,
    what: `${BRIDGE} to be seen: ${wanted}`,
  });

test("what happens is recorded in PostgreSQL, and stays true of the past after kill -9 and a new start", async () => {
  await run("ip", "link", "add", BRIDGE, "type", "bridge");
  await isSeen(true);
  const [was, { at }] = [await revision(), await topologyAt(nephoscope)];
  const pastLog = await nephoscope.get(`/api/v1/topology/changes?from=0&to=${at}&limit=1000`);
  const [stored] = await server.query("SELECT max(revision) AS last FROM nephoscope.changes", database.database);
  expect(Number(stored?.last)).toBeGreaterThanOrEqual(was);

  await nephoscope.kill();
  nephoscope = await startNephoscope(options());
  expect(await revision()).toBeGreaterThanOrEqual(was);
  expect(await seesBridge(at)).toBe(true);
  expect(await nephoscope.get(`/api/v1/topology/changes?from=0&to=${at}&limit=1000`)).toEqual(pastLog);

  await run("ip", "link", "delete", BRIDGE);
  await isSeen(false);
  expect(await revision()).toBeGreaterThan(was);
  expect(await seesBridge(at)).toBe(true);
});

test("while PostgreSQL is away that is said, and what happens meanwhile is recorded when it is back", async () => {
  await server.kill();
  await run("ip", "link", "add", BRIDGE, "type", "bridge");
  const ready = () => fetch(`${nephoscope.url}/readyz`).then(async (reply) => `${reply.status} ${await reply.text()}`);
  const away = async () => (await ready()).startsWith("503");
  await eventually(away, { withinMs: WITHIN_MS, what: "trouble to be told" });
  expect(await ready()).toContain("PostgreSQL");
  await server.start();
  await isSeen(true);
  await eventually(async () => (await ready()).startsWith("200"), { withinMs: WITHIN_MS, what: "all to be well" });
});

test("a second Nephoscope on the same database is refused, and leaves the first alone", async () => {
  const { code, output } = await runNephoscope(options(other.path));
  expect(code).not.toBe(0);
  expect(output).toContain("in use by another Nephoscope");
  expect(await revision()).toBeGreaterThan(0);
});

test("no output has the password, not even when it is the wrong one", async () => {
  writeFileSync(passwordFile, "an0ther-secret\n");
  const { code, output } = await runNephoscope(options(other.path));
  expect(code).not.toBe(0);
  expect(output).toContain("password_file");
  expect(output).not.toContain("an0ther-secret");
  expect(nephoscope.output()).not.toContain(database.password);
});
