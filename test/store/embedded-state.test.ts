import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, describe, expect, test } from "vitest";
import { OperatorError } from "../../core/errors.ts";
import { openEmbeddedState } from "../../store/embedded/state.ts";
import { stateStoreContract } from "./state-store.contract.ts";

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0).reverse()) cleanup();
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "nephoscope-state-"));
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

stateStoreContract("the embedded state file", async () => {
  const folder = mkdtempSync(join(tmpdir(), "nephoscope-state-"));
  const path = join(folder, "state.db");
  return {
    open: () => openEmbeddedState(path),
    remove: async () => rmSync(folder, { recursive: true, force: true }),
  };
});

function errorOf(run: () => unknown): OperatorError {
  try {
    run();
  } catch (error) {
    if (error instanceof OperatorError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

/** A file with enough in it that its pages can be damaged. */
function filledFile(): string {
  const path = join(newFolder(), "state.db");
  const store = openEmbeddedState(path);
  const document = "x".repeat(1_000);
  store.commit(Array.from({ length: 200 }, (_, i) => ({ collection: "c", key: `k${i}`, document })));
  store.close();
  return path;
}

describe("a file that cannot be used is an error an operator can act on, and stays as it is", () => {
  test.each([
    ["text instead of a database", () => Buffer.from("hello world ".repeat(1_000))],
    ["a page overwritten", (good: Buffer) => Buffer.from(good).fill(0xa5, 8_192, 16_384)],
    ["cut short", (good: Buffer) => good.subarray(0, 20_000)],
  ])("%s", (_what, damage) => {
    const path = filledFile();
    const damaged = damage(readFileSync(path));
    writeFileSync(path, damaged);
    const error = errorOf(() => openEmbeddedState(path));
    expect(error).toMatchObject({ code: "store.damaged", hint: expect.stringContaining("backup") });
    expect(readFileSync(path).equals(damaged)).toBe(true);
  });

  test("a document that is not JSON", () => {
    const path = filledFile();
    const database = new DatabaseSync(path);
    database.exec("UPDATE documents SET document = '{' WHERE key = 'k7'");
    database.close();
    const store = openEmbeddedState(path);
    cleanups.push(() => store.close());
    expect(errorOf(() => store.get("c", "k7")).code).toBe("store.damaged");
    expect(errorOf(() => store.all("c")).code).toBe("store.damaged");
  });

  test("a database of something else is not taken over", () => {
    const path = join(newFolder(), "other.db");
    const database = new DatabaseSync(path);
    database.exec("CREATE TABLE theirs (a)");
    database.close();
    expect(errorOf(() => openEmbeddedState(path)).code).toBe("store.damaged");
  });

  test("a file written by a later version", () => {
    const path = filledFile();
    const database = new DatabaseSync(path);
    database.exec("PRAGMA user_version = 99");
    database.close();
    expect(errorOf(() => openEmbeddedState(path)).code).toBe("store.newer");
  });

  test("a folder that is not there", () => {
    expect(errorOf(() => openEmbeddedState(join(newFolder(), "no", "state.db"))).code).toBe("store.unreadable");
  });

  test("one that another owner has open", () => {
    const path = join(newFolder(), "state.db");
    const first = openEmbeddedState(path);
    cleanups.push(() => first.close());
    expect(errorOf(() => openEmbeddedState(path))).toMatchObject({ code: "store.locked", status: 503 });
    first.commit([{ collection: "c", key: "k", document: 1 }]);
    expect(first.get("c", "k")).toBe(1);
  });
});

test("a full disk refuses the commit whole, and commits go on when there is room again", () => {
  const folder = newFolder();
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=400k", "tmpfs", folder]);
  cleanups.push(() => execFileSync("umount", [folder]));
  const store = openEmbeddedState(join(folder, "state.db"));
  cleanups.push(() => store.close());
  const ballast = join(folder, "ballast");
  store.commit([{ collection: "c", key: "first", document: 1 }]);
  writeFileSync(ballast, Buffer.alloc(250 * 1024));
  const large = Array.from({ length: 50 }, (_, i) => ({ collection: "c", key: `k${i}`, document: "x".repeat(4_000) }));
  expect(errorOf(() => store.commit(large))).toMatchObject({ code: "store.full", status: 503 });
  expect([...store.all("c").keys()]).toEqual(["first"]);
  rmSync(ballast);
  store.commit([{ collection: "c", key: "second", document: 2 }]);
  expect([...store.all("c").keys()]).toEqual(["first", "second"]);
});

test("kill -9 at any moment loses no commit that had returned", async () => {
  const path = join(newFolder(), "state.db");
  const writer = `
    const { openEmbeddedState } = await import(${JSON.stringify(join(import.meta.dirname, "../../store/embedded/state.ts"))});
    const store = openEmbeddedState(${JSON.stringify(path)});
    for (let i = 0; ; i++) {
      store.commit([{ collection: "c", key: "last", document: i }, { collection: "c", key: "twin", document: i }]);
      process.stdout.write(i + "\\n");
      if (i % 20 === 0) await new Promise((resolve) => setImmediate(resolve));
    }`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", writer], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let said = "";
  child.stdout.on("data", (chunk: Buffer) => {
    said += chunk.toString();
    if (said.length > 2_000) child.kill("SIGKILL");
  });
  await once(child, "close");
  const acknowledged = Number(
    said
      .trimEnd()
      .split("\n")
      .at(said.endsWith("\n") ? -1 : -2),
  );
  const store = openEmbeddedState(path);
  cleanups.push(() => store.close());
  expect(store.get("c", "last")).toBeGreaterThanOrEqual(acknowledged);
  expect(store.get("c", "twin")).toBe(store.get("c", "last"));
});
