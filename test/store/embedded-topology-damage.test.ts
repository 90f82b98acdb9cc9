import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  closeSync,
  copyFileSync,
  existsSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { epochMsOf } from "../../core/clock.ts";
import { interfaceId } from "../../core/element-id.ts";
import { Lifetime } from "../../core/lifetime.ts";
import { silentLog } from "../../core/log.ts";
import { DuckDbFile } from "../../store/embedded/duckdb-file.ts";
import { setAsideDatabase } from "../../store/embedded/set-aside.ts";
import { openEmbeddedTopology } from "../../store/embedded/topology.ts";
import type { TopologyStore } from "../../store/topology-store.ts";
import { collected } from "../../topology/model/topology.ts";
import { temporaryFolder } from "../collector/fixtures/temporary-folder.ts";
import { eth0Revision } from "./fixtures/eth0-revision.ts";

const LIMITS = { threads: 1, memoryMegabytes: 256 };
const ETH0 = interfaceId("a", undefined, "eth0");

let folder: string;
let path: string;
let lifetime: Lifetime;

beforeEach(() => {
  folder = temporaryFolder();
  path = join(folder, "topology.duckdb");
  lifetime = new Lifetime();
});
afterEach(() => lifetime.end());

function open(at = path): Promise<TopologyStore> {
  return openEmbeddedTopology(at, LIMITS, { log: silentLog, sealing: { tailChanges: 50, blockChanges: 16 } }, lifetime);
}

/** Closes it, so that all lies in the main file. */
async function filledAndClosed(revisions: number): Promise<void> {
  const store = await openEmbeddedTopology(path, LIMITS, { log: silentLog }, lifetime);
  const note = "x".repeat(200);
  for (let n = 1; n <= revisions; n += 100) {
    const count = Math.min(100, revisions - n + 1);
    await store.append(Array.from({ length: count }, (_, i) => eth0Revision(n + i, `${note}${(n + i) * 7919}`)));
  }
  await store.close();
}

/** A copy taken while the store is open: all lies in the write-ahead log. */
async function copiedWithLog(revisions: number): Promise<string> {
  const store = await open();
  for (let n = 1; n <= revisions; n++) await store.append([eth0Revision(n)]);
  const copy = join(folder, "copy.duckdb");
  for (const suffix of ["", ".wal", ".mark"]) copyFileSync(path + suffix, copy + suffix);
  await store.close();
  return copy;
}

function overwrite(file: string, offset: number, bytes: number): void {
  const handle = openSync(file, "r+");
  writeSync(handle, Buffer.alloc(bytes, 0xaa), 0, bytes, offset);
  closeSync(handle);
}

describe("a process that is killed", () => {
  test("has every acknowledged revision afterwards, and numbers go on rising", async () => {
    let acknowledged = 0;
    for (let round = 0; round < 2; round++) {
      const script = join(import.meta.dirname, "fixtures/append-forever.ts");
      const child = spawn(process.execPath, [script, path], { stdio: ["ignore", "pipe", "inherit"] });
      const exited = once(child, "exit");
      const enough = acknowledged + 120;
      for await (const line of createInterface({ input: child.stdout })) {
        acknowledged = Math.max(acknowledged, Number(line));
        if (acknowledged >= enough) child.kill("SIGKILL");
      }
      await exited;
    }
    const store = await open();
    const last = await store.lastRevision("c");
    expect(last).toBeGreaterThanOrEqual(acknowledged);
    expect(acknowledged).toBeGreaterThanOrEqual(240);
    expect((await collected(store.latest("c"))).get(ETH0)?.attributes.mtu).toBe(last);
    expect((await collected(store.stateAt("c", { at: epochMsOf(100) }))).get(ETH0)?.attributes.mtu).toBe(100);
    const { changes } = await store.changes({ cluster: "c", from: epochMsOf(0), to: epochMsOf(1e9), limit: 10_000 });
    expect(changes.map(({ revision }) => revision)).toEqual(Array.from({ length: last }, (_, i) => i + 1));
    await store.append([eth0Revision(last + 1)]);
  });
});

describe("a damaged file is said to be damaged", () => {
  const damages: readonly (readonly [string, (size: number) => void])[] = [
    ["its first bytes", () => overwrite(path, 0, 64)],
    ["its headers", () => overwrite(path, 4_096, 8_192)],
    ["its catalog", () => overwrite(path, 12_288, 512)],
    ["its middle", (size) => overwrite(path, size >> 2, size >> 1)],
    ["nearly all of it", (size) => overwrite(path, 12_288, size - 12_288)],
    ["cut in half", (size) => truncateSync(path, size >> 1)],
    ["cut to nothing", () => truncateSync(path, 0)],
    ["another file altogether", () => writeFileSync(path, "not a database ".repeat(1_000))],
  ];
  test.each(damages)("%s", async (_name, damage) => {
    await filledAndClosed(6_000);
    damage(statSync(path).size);
    const used = open().then(async (store) => {
      await collected(store.latest("c"));
      await store.changes({ cluster: "c", from: epochMsOf(0), to: epochMsOf(1e9), limit: 10_000 });
    });
    await expect(used).rejects.toMatchObject({
      code: "store.damaged",
      status: 503,
      hint: expect.stringContaining("backup"),
    });
    await expect(used).rejects.toThrow(path);
  });

  const logDamages: readonly (readonly [string, (wal: string, size: number) => void])[] = [
    ["its log's first bytes", (wal) => overwrite(wal, 0, 200)],
    ["its log's middle", (wal, size) => overwrite(wal, size >> 1, 64)],
    ["its log's end", (wal, size) => overwrite(wal, size - 40, 20)],
    ["its log cut in half", (wal, size) => truncateSync(wal, size >> 1)],
    ["its log gone", (wal) => rmSync(wal)],
  ];
  test.each(logDamages)("%s", async (_name, damage) => {
    const copy = await copiedWithLog(30);
    damage(`${copy}.wal`, statSync(`${copy}.wal`).size);
    await expect(open(copy)).rejects.toMatchObject({ code: "store.damaged", hint: expect.stringContaining("backup") });
  });

  test("its main file gone while its log is there; the log is not touched", async () => {
    const copy = await copiedWithLog(5);
    rmSync(copy);
    await expect(open(copy)).rejects.toMatchObject({ code: "store.damaged" });
    expect(existsSync(`${copy}.wal`)).toBe(true);
  });

  test("set aside with all that belongs to it, a new history begins and nothing is deleted", async () => {
    await filledAndClosed(10);
    overwrite(path, 0, 64);
    await expect(open()).rejects.toMatchObject({ code: "store.damaged" });
    setAsideDatabase(path, epochMsOf(Date.UTC(2026, 0, 31, 2, 41)));
    const store = await open();
    expect(await store.clusters()).toEqual([]);
    expect(readdirSync(folder)).toContain("topology.duckdb.damaged-2026-01-31T024100.000Z");
    expect(readdirSync(folder)).toContain("topology.duckdb.mark.damaged-2026-01-31T024100.000Z");
  });
});

describe("a file that cannot be used says why", () => {
  test("in use, by this process or by another", async () => {
    const store = await open();
    await expect(open()).rejects.toMatchObject({ code: "store.locked" });
    await store.append([eth0Revision(1)]);
    const script = join(import.meta.dirname, "fixtures/append-forever.ts");
    const child = spawn(process.execPath, [script, path], { stdio: ["ignore", "ignore", "pipe"] });
    let told = "";
    child.stderr.on("data", (data) => {
      told += data;
    });
    await once(child, "exit");
    expect(told).toContain("store.locked");
    expect(await store.lastRevision("c")).toBe(1);
  });

  test("can be opened again in the same process once it is closed, or failed to open", async () => {
    await (await open()).close();
    overwrite(path, 0, 64);
    await expect(open()).rejects.toMatchObject({ code: "store.damaged" });
    await expect(open()).rejects.toMatchObject({ code: "store.damaged" });
  });

  test.each([
    ["a folder in its place", (place: string) => place],
    ["a folder that is not there", (place: string) => join(place, "nowhere", "topology.duckdb")],
  ])("%s", async (_name, place) => {
    await expect(open(place(folder))).rejects.toMatchObject({ code: "store.unreadable", hint: expect.any(String) });
  });

  test("written by a later version", async () => {
    await filledAndClosed(1);
    const file = await DuckDbFile.open(path, LIMITS);
    await file.use("write", (connection) => connection.run("UPDATE schema_version SET version = 99"));
    await file.close();
    await expect(open()).rejects.toMatchObject({ code: "store.newer" });
  });
});
