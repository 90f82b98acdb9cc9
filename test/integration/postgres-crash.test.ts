import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readSync, writeSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { epochMsOf } from "../../core/clock.ts";
import { interfaceId } from "../../core/element-id.ts";
import { OperatorError } from "../../core/errors.ts";
import { Lifetime } from "../../core/lifetime.ts";
import { silentLog } from "../../core/log.ts";
import type { PostgresSettings } from "../../store/postgres/postgres-settings.ts";
import { openPostgresTopology } from "../../store/postgres/topology.ts";
import type { TopologyStore } from "../../store/topology-store.ts";
import { collected } from "../../topology/model/topology.ts";
import { eventually } from "../fixtures/eventually.ts";
import { eth0Revision } from "../store/fixtures/eth0-revision.ts";
import { type PostgresServer, startPostgres } from "./fixtures/postgres.ts";

const WRITER = join(import.meta.dirname, "../store/fixtures/append-to-postgres-process.ts");
const WITHIN_MS = 60_000;
const SEALING = { tailChanges: 60, blockChanges: 8 };

let server: PostgresServer;
let settings: PostgresSettings;
let lifetime: Lifetime;
let store: TopologyStore;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.remove());
beforeEach(async () => {
  settings = await server.createDatabase();
  await open();
});
afterEach(() => lifetime.end());

async function open(): Promise<void> {
  lifetime = new Lifetime();
  store = await openPostgresTopology(settings, { log: silentLog, sealing: SEALING }, lifetime);
}

async function reopen(): Promise<void> {
  await lifetime.end();
  await open();
}

/** Appends until `ended`; what is refused is tried again with the same number, as the recorder does. */
async function appendUntil(ended: Promise<unknown>, acknowledged: { last: number; refusals: Set<string> }) {
  let isOver = false;
  void ended.finally(() => {
    isOver = true;
  });
  while (!isOver) {
    const revision = acknowledged.last + 1;
    // A refused attempt has another note than the one that stands in the end.
    const note = `attempt ${acknowledged.refusals.size}`;
    try {
      await store.append([eth0Revision(revision, note)]);
      acknowledged.last = revision;
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error;
      acknowledged.refusals.add(error.code);
    }
  }
}

/** Each revision from 1 to the last once, and the state they lead to. */
async function expectWhole(last: number): Promise<void> {
  expect(await store.lastRevision("c")).toBe(last);
  const revisions: number[] = [];
  for (let after: string | undefined; ; ) {
    const page = await store.changes({ cluster: "c", from: epochMsOf(0), to: epochMsOf(1e9), limit: 1_000, after });
    revisions.push(...page.changes.map(({ revision }) => revision));
    after = page.next;
    if (after === undefined) break;
  }
  expect(revisions).toEqual(Array.from({ length: last }, (_, index) => index + 1));
  expect((await collected(store.latest("c"))).get(interfaceId("a", undefined, "eth0"))?.attributes.mtu).toBe(last);
}

describe("nothing acknowledged is lost and nothing refused is there", () => {
  test("when the server is killed in the middle of appends, again and again", async () => {
    const acknowledged = { last: 0, refusals: new Set<string>() };
    const done = Promise.withResolvers<void>();
    const appending = appendUntil(done.promise, acknowledged);
    for (let kill = 0; kill < 3; kill++) {
      const goal = acknowledged.last + 100;
      await eventually(() => acknowledged.last >= goal, { withinMs: WITHIN_MS, what: "appends to go on" });
      await server.kill();
      await server.start();
    }
    const goal = acknowledged.last + 20;
    await eventually(() => acknowledged.last >= goal, { withinMs: WITHIN_MS, what: "appends to go on" });
    done.resolve();
    await appending;
    expect([...acknowledged.refusals]).toEqual(["store.unavailable"]);
    await expectWhole(acknowledged.last);
    await reopen();
    await expectWhole(acknowledged.last);
  });

  test("when only our connections are cut, while commits and sealings are under way", async () => {
    const acknowledged = { last: 0, refusals: new Set<string>() };
    const done = Promise.withResolvers<void>();
    const appending = appendUntil(done.promise, acknowledged);
    for (let cut = 0; cut < 20; cut++) {
      const goal = acknowledged.last + 7 + cut;
      await eventually(() => acknowledged.last >= goal, { withinMs: WITHIN_MS, what: "appends to go on" });
      await server.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${settings.database}'`,
      );
    }
    done.resolve();
    await appending;
    await expectWhole(acknowledged.last);
    await reopen();
    await expectWhole(acknowledged.last);
  });

  test("when the process that writes is killed: the next one takes over", async () => {
    await lifetime.end();
    const child = spawn(process.execPath, [WRITER, JSON.stringify(settings)], { stdio: ["ignore", "pipe", "inherit"] });
    let printed = "";
    child.stdout.on("data", (chunk) => (printed += String(chunk)));
    const exited = once(child, "exit");
    const lines = () => printed.split("\n").slice(0, -1);
    await eventually(() => lines().length > 200, { withinMs: WITHIN_MS, what: "200 commits" }).finally(() =>
      child.kill("SIGKILL"),
    );
    await exited;
    await open();
    const last = await store.lastRevision("c");
    expect(last).toBeGreaterThanOrEqual(Number(lines().at(-1)));
    await expectWhole(last);
    await store.append([eth0Revision(last + 1)]);
    await expectWhole(last + 1);
  });
});

describe("a damaged database is said to be damaged, and is left as it is", () => {
  const STORED = 300;
  beforeEach(async () => {
    for (let revision = 1; revision <= STORED; revision += 50) {
      await store.append(Array.from({ length: 50 }, (_, index) => eth0Revision(revision + index, "n".repeat(200))));
    }
    await lifetime.end();
  });
  const wholeLog = () => store.changes({ cluster: "c", from: epochMsOf(0), to: epochMsOf(1e9), limit: 1_000 });

  test("a block of ours whose bytes have changed", async () => {
    await open();
    await eventually(async () => (await sealedBlocks()) > 0, { withinMs: WITHIN_MS, what: "history to be sealed" });
    const before = await store.lastRevision("c");
    await server.query(
      "UPDATE nephoscope.block_data SET body_data = set_byte(body_data, 20, 255 - get_byte(body_data, 20))",
      settings.database,
    );
    await expect(wholeLog()).rejects.toMatchObject({ code: "store.damaged", status: 503 });
    expect(await store.lastRevision("c")).toBe(before);
    await store.append([eth0Revision(before + 1)]);
  });

  test("a page of PostgreSQL's whose checksum is wrong", async () => {
    const [row] = await server.query("SELECT pg_relation_filepath('nephoscope.changes') AS path", settings.database);
    await server.stopFast();
    flipByte(join(server.dataFolder, row?.path ?? ""), 4_000);
    await server.start();
    const opening = open();
    const asked = opening.then(wholeLog);
    await expect(asked).rejects.toMatchObject({ code: "store.damaged", hint: expect.stringContaining("backup") });
    const [again] = await server.query("SELECT pg_relation_filepath('nephoscope.changes') AS path", settings.database);
    expect(again).toEqual(row);
  });

  test("a table that somebody dropped", async () => {
    await server.query("DROP TABLE nephoscope.segments", settings.database);
    await expect(open()).rejects.toMatchObject({ code: "store.damaged" });
  });

  const sealedBlocks = async () => {
    const rows = await server.query("SELECT count(*) AS blocks FROM nephoscope.blocks", settings.database);
    return Number(rows[0]?.blocks);
  };
});

describe("the schema", () => {
  const version = () => server.query("SELECT version FROM nephoscope.schema_version", settings.database);

  test("is made once: a second start finds it, and what is in it", async () => {
    await store.append([eth0Revision(1)]);
    const first = await version();
    await reopen();
    expect(await version()).toEqual(first);
    expect(first).toHaveLength(1);
    await expectWhole(1);
  });

  test("of a later Nephoscope is refused and left alone", async () => {
    await lifetime.end();
    await server.query("UPDATE nephoscope.schema_version SET version = 99", settings.database);
    await expect(open()).rejects.toMatchObject({ code: "store.newer", message: expect.stringContaining("version 99") });
    expect(await version()).toEqual([{ version: "99" }]);
  });

  test("keeps blobs as they are, since they come compressed", async () => {
    const rows = await server.query(
      `SELECT DISTINCT attstorage FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
       WHERE relkind = 'r' AND atttypid = 'bytea'::regtype AND relnamespace = 'nephoscope'::regnamespace`,
      settings.database,
    );
    expect(rows).toEqual([{ attstorage: "e" }]);
  });
});

function flipByte(path: string, offset: number): void {
  const file = openSync(path, "r+");
  const byte = Buffer.alloc(1);
  readSync(file, byte, 0, 1, offset);
  byte[0] = 255 - (byte[0] ?? 0);
  writeSync(file, byte, 0, 1, offset);
  closeSync(file);
}
