import { execFileSync } from "node:child_process";
import { closeSync, mkdirSync, openSync, readdirSync, truncateSync, writeFileSync, writeSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { eventually } from "../fixtures/eventually.ts";
import { type Nephoscope, runNephoscope, startNephoscope, temporaryFolder } from "./fixtures/nephoscope.ts";

const NO_AGENT = ["agent.enabled=false"];
const WITHIN_MS = 15_000;

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

/** A start that must fail: what it said, on one line per statement, without a stack trace. */
async function refusedStart(options: { data?: string; port?: number; settings?: readonly string[] }): Promise<string> {
  const { code, output } = await runNephoscope({ data: folder.path, settings: NO_AGENT, ...options });
  expect(code).toBe(1);
  expect(output).toMatch(/^nephoscope up: [\s\S]+?\n {2}hint: .+/m);
  expect(output).not.toMatch(/\n\s+at .+:\d+:\d+/);
  return output;
}

describe("a start that cannot work says why and what to do", () => {
  test("a port in use", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await eventually(() => other.listening, { withinMs: WITHIN_MS, what: "a port to be taken" });
    const address = other.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const output = await refusedStart({ port });
    expect(output).toContain(`port ${port} of 127.0.0.1 is in use`);
    expect(output).toContain("--port");
    other.close();
  });

  test("an unknown configuration key", async () => {
    expect(await refusedStart({ settings: ["listen.prot=1"] })).toContain(
      "listen.prot (--set listen.prot): there is no such key",
    );
  });

  test("a data folder that is a file", async () => {
    const file = join(folder.path, "file");
    writeFileSync(file, "");
    expect(await refusedStart({ data: file })).toContain("cannot be used");
  });

  test("a data folder on a disk that cannot be written", async () => {
    const mounted = join(folder.path, "readonly");
    mkdirSync(mounted);
    execFileSync("mount", ["-t", "tmpfs", "-o", "ro,size=1m", "tmpfs", mounted]);
    try {
      expect(await refusedStart({ data: mounted })).toMatch(/cannot be used|cannot be opened/);
    } finally {
      execFileSync("umount", [mounted]);
    }
  });

  test("a data folder that another Nephoscope uses", async () => {
    const first = await startNephoscope({ data: folder.path, settings: NO_AGENT });
    try {
      expect(await refusedStart({})).toMatch(/in use by another process/);
      expect(await first.get("/readyz")).toEqual({ status: "ready" });
    } finally {
      await first.stop();
    }
  });

  test("a rule file with mistakes names each with line and column", async () => {
    const rules = join(folder.path, "rules.yaml");
    writeFileSync(rules, "groups:\n  - name: g\n    rules:\n      - alert: A\n        expr: up ==\n        fro: 1m\n");
    const output = await refusedStart({ settings: [...NO_AGENT, `alerts.rules=${rules}`] });
    expect(output).toMatch(/rules\.yaml:5:\d+/);
    expect(output).toMatch(/rules\.yaml:6:\d+/);
  });
});

describe("damaged stores", () => {
  test.each(["topology.duckdb", "state.sqlite"])(
    "%s: the start is refused and nothing is changed, until the operator sets it aside",
    async (name) => {
      await withSomeData(async () => {});
      const file = join(folder.path, name);
      damage(file);
      const before = readdirSync(folder.path).sort();
      const output = await refusedStart({});
      expect(output).toContain(file);
      expect(output).toMatch(/damaged/);
      expect(output).toContain("--set-aside-damaged");
      expect(readdirSync(folder.path).sort()).toEqual(before);
      const again = await startNephoscope({ data: folder.path, settings: NO_AGENT, flags: ["--set-aside-damaged"] });
      expect(await again.get("/readyz")).toEqual({ status: "ready" });
      await again.stop();
      expect(readdirSync(folder.path).some((each) => each.startsWith(`${name}.damaged-`))).toBe(true);
    },
  );

  test("the metric head is built again from the spool, with every acknowledged sample", async () => {
    await withSomeData(async (nephoscope) => writeLines(nephoscope, 50));
    damage(join(folder.path, "metrics", "metrics.duckdb"));
    const again = await startNephoscope({ data: folder.path, settings: NO_AGENT });
    try {
      await eventually(async () => (await countOf(again)) === 50, {
        withinMs: WITHIN_MS,
        what: "50 samples in the new head",
      });
    } finally {
      await again.stop();
    }
  });
});

test("a full disk: writes are refused with a hint, nothing acknowledged is lost, and it goes on once there is room", async () => {
  const disk = join(folder.path, "disk");
  mkdirSync(disk);
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=64m", "tmpfs", disk]);
  let nephoscope: Nephoscope | undefined;
  try {
    nephoscope = await startNephoscope({ data: join(disk, "data"), settings: NO_AGENT });
    await writeLines(nephoscope, 20);
    fill(join(disk, "filler"));
    const refused = await eventually(
      async () => {
        const answer = await tryWrite(nephoscope, `on_full_disk value=1 ${Date.now()}`);
        return answer.status >= 400 ? answer : undefined;
      },
      { withinMs: WITHIN_MS, what: "a write to be refused" },
    );
    expect([429, 503, 507]).toContain(refused.status);
    expect(await refused.text()).toMatch(/space|full/i);
    truncateSync(join(disk, "filler"), 0);
    await eventually(
      async () => (await tryWrite(nephoscope, `bad_starts,n=after value=1 ${Date.now()}`)).status === 204,
      {
        withinMs: WITHIN_MS,
        what: "writes to be taken again",
      },
    );
    await nephoscope.kill();
    nephoscope = await startNephoscope({ data: join(disk, "data"), settings: NO_AGENT });
    const started = nephoscope;
    await eventually(async () => (await countOf(started)) === 21, {
      withinMs: WITHIN_MS,
      what: "what was acknowledged",
    });
  } finally {
    await nephoscope?.kill();
    execFileSync("umount", [disk]);
  }
});

async function withSomeData(use: (nephoscope: Nephoscope) => Promise<void>): Promise<void> {
  const nephoscope = await startNephoscope({ data: folder.path });
  await eventually(
    async () => ((await nephoscope.get("/api/v1/topology?at=now")) as { revision: number }).revision > 0,
    { withinMs: WITHIN_MS, what: "the first revision" },
  );
  await use(nephoscope);
  await nephoscope.stop();
}

/** `count` series of one sample each, acknowledged. */
async function writeLines(nephoscope: Nephoscope, count: number): Promise<void> {
  const now = Date.now();
  const lines = Array.from({ length: count }, (_, n) => `bad_starts,n=${n} value=${n} ${now}`);
  expect((await tryWrite(nephoscope, lines.join("\n"))).status).toBe(204);
}

function tryWrite(nephoscope: Nephoscope | undefined, body: string): Promise<Response> {
  return fetch(`${nephoscope?.url}/api/v2/write?precision=ms`, { method: "POST", body });
}

async function countOf(nephoscope: Nephoscope): Promise<number> {
  const answer = (await nephoscope.get("/api/v1/query?query=count(last_over_time(bad_starts[1h]))")) as {
    data: { result: readonly { value: readonly [number, string] }[] };
  };
  return Number(answer.data.result[0]?.value[1] ?? 0);
}

/** Overwrites the beginning, where every file format says what it is. */
function damage(path: string): void {
  const file = openSync(path, "r+");
  writeSync(file, Buffer.alloc(8_192, 0xa5), 0, 8_192, 0);
  closeSync(file);
}

function fill(path: string): void {
  const file = openSync(path, "w");
  try {
    for (;;) writeSync(file, Buffer.alloc(65_536));
  } catch {
    // The disk is full now, as it should be.
  } finally {
    closeSync(file);
  }
}
