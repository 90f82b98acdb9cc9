import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "../fixtures/eventually.ts";
import { freePort } from "./fixtures/influxd.ts";
import { type NephoscopeOptions, spawnNephoscope, startNephoscope, temporaryFolder } from "./fixtures/nephoscope.ts";
import { type PostgresServer, startPostgres } from "./fixtures/postgres.ts";

const WITHIN_MS = 30_000;
const folder = temporaryFolder();
let server: PostgresServer;
let options: NephoscopeOptions & { readonly data: string; readonly port: number };

beforeAll(async () => {
  server = await startPostgres();
  const { host, port, database, user, password = "" } = await server.createDatabase();
  await server.stopFast();
  const passwordFile = join(folder.path, "password");
  writeFileSync(passwordFile, password);
  const reached = { host, port, database, user, password_file: passwordFile };
  const settings = Object.entries(reached).map(([key, value]) => `topology.postgres.${key}=${value}`);
  options = {
    data: join(folder.path, "data"),
    port: await freePort(),
    settings: ["agent.enabled=false", "topology.store=postgres", ...settings],
  };
});
afterAll(async () => {
  await server.remove();
  folder.remove();
});

/** Until those who ask are told what the start waits for. */
function isWaiting(): Promise<boolean> {
  const url = `http://127.0.0.1:${options.port}/readyz`;
  const said = async () => {
    const reply = await fetch(url, { signal: AbortSignal.timeout(WITHIN_MS) }).catch(() => undefined);
    return reply?.status === 503 && /not_ready.*PostgreSQL cannot be reached/.test(await reply.text());
  };
  return eventually(said, { withinMs: WITHIN_MS, what: "the door to say that PostgreSQL is away" });
}

test("told to end while it waits for PostgreSQL, it ends in order", async () => {
  const child = spawnNephoscope(options);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk) => (output += String(chunk)));
  const ended = once(child, "exit");
  try {
    await isWaiting();
    child.kill("SIGTERM");
    expect(await ended).toEqual([0, null]);
    expect(output).toContain("store not reachable yet");
    expect(output).toContain("ECONNREFUSED");
  } finally {
    child.kill("SIGKILL");
  }
});

test("started before PostgreSQL it says what it waits for, and is ready once PostgreSQL is there", async () => {
  const starting = startNephoscope(options);
  starting.catch(() => undefined);
  try {
    await isWaiting();
    await server.start();
    const { url, output } = await starting;
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    expect(output()).toContain("store reached");
  } finally {
    await starting.then(
      (nephoscope) => nephoscope.stop(),
      () => undefined,
    );
  }
});
