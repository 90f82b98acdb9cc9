import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { eventually } from "../fixtures/eventually.ts";
import { countRows } from "./fixtures/kill-count.ts";
import { temporaryFolder } from "./fixtures/nephoscope.ts";

const COLLECTOR = new URL("fixtures/metrics-path-process.ts", import.meta.url).pathname;
const WITHIN_MS = 60_000;
const BODIES = 60;
const MOST_BODIES = 2_000;

interface Collector {
  readonly url: string;
  stop(): Promise<void>;
}

/** The metrics path as a process of its own, below strace with these flags. One that stops while a disk fails says so. */
async function started(folder: string, straceFlags: readonly string[]): Promise<Collector> {
  const traced = ["-D", "-f", ...straceFlags, process.execPath, COLLECTOR, folder];
  const child = spawn("strace", traced, { stdio: ["ignore", "pipe", "ignore"] });
  const ended = once(child, "close");
  const stop = async (): Promise<void> => {
    child.kill("SIGTERM");
    await ended;
  };
  onTestFinished(stop);
  const [line] = await once(child.stdout, "data");
  return { url: String(line).trim(), stop };
}

/** An answer other than 204. */
interface Refusal {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly text: string;
}

/** Sends a body with the sample `n` until it is taken; what was answered before. */
async function write(url: string, startMs: number, n: number): Promise<readonly Refusal[]> {
  const refusals: Refusal[] = [];
  await eventually(
    async () => {
      const body = `load,host=faults v=${n}i ${startMs + n}`;
      const answer = await fetch(`${url}/api/v2/write?precision=ms`, { method: "POST", body });
      const text = await answer.text();
      if (answer.status === 204) return true;
      refusals.push({ status: answer.status, retryAfter: answer.headers.get("retry-after"), text });
      return false;
    },
    { withinMs: WITHIN_MS, what: `body ${n} to be taken` },
  );
  return refusals;
}

/** None when the head cannot be asked just now: after a failed sync it is opened anew. */
async function samplesIn(url: string): Promise<readonly number[]> {
  const answer = (await (await fetch(`${url}/parts`)).json()) as { samples?: { faults?: readonly number[] } };
  return answer.samples?.faults ?? [];
}

/** Faults that the kernel tells of, each at calls of one kind on one kind of file, a few times in a row. */
test.each([
  ["fdatasync of a segment, EIO", "segment", "fdatasync:error=EIO:when=3..6", true],
  ["fdatasync of a segment, ENOSPC", "segment", "fdatasync:error=ENOSPC:when=3..6", true],
  ["write of a segment, ENOSPC", "segment", "pwrite64:error=ENOSPC:when=3..6", true],
  ["truncate and write of a segment, EIO", "segment", "pwrite64,ftruncate:error=EIO:when=2..5", true],
  ["rename of a position, ENOSPC", "position", "rename:error=ENOSPC:when=1..3", false],
  ["fsync of a position, EIO", "position", "fsync:error=EIO:when=1..3", false],
  ["write of the head's log, ENOSPC", "log", "write:error=ENOSPC:when=3..5", false],
  ["fsync of the head's log, EIO", "log", "fsync:error=EIO:when=3..5", false],
])(
  "%s: refused with a hint and a time or not noticed by senders, gone on by itself, all acknowledged there once",
  async (_name, which, inject, isRefused) => {
    const folder = temporaryFolder();
    onTestFinished(() => folder.remove());
    const data = join(folder.path, "metrics");
    // An hour that is not sealed while this runs.
    const startMs = Date.now() - (Date.now() % 3_600_000);
    let next = 0;
    const first = await started(data, ["-e", "trace=none"]);
    while (next < BODIES) await write(first.url, startMs, next++);
    await first.stop();
    const segment = readdirSync(join(data, "spool")).find((name) => name.endsWith(".spool")) ?? "";
    const path = {
      segment: join(data, "spool", segment),
      position: join(data, "spool/position-head.json.tmp"),
      log: join(data, "metrics.duckdb.wal"),
    }[which];
    const calls = inject.split(":")[0] ?? "";
    const trace = join(folder.path, "trace");
    const flags = ["-o", trace, "-P", path ?? "", "-e", `trace=${calls}`, "-e", `inject=${inject}`];
    const collector = await started(data, flags);
    const refusals: Refusal[] = [];
    // Each thread has a count of its own, and how many calls a body takes depends on how many are taken together.
    const isInjected = () => readFileSync(trace, "utf8").includes("(INJECTED)");
    while (next < 2 * BODIES || (next < MOST_BODIES && !isInjected())) {
      refusals.push(...(await write(collector.url, startMs, next++)));
    }
    expect(isInjected()).toBe(true);
    expect(refusals.length > 0).toBe(isRefused);
    for (const { status, retryAfter, text } of refusals) {
      expect([status, retryAfter]).toEqual([503, "5"]);
      expect(text).toMatch(/free some space|look at the disk/);
    }
    const numbers = Array.from({ length: next }, (_, n) => n);
    await eventually(async () => (await samplesIn(collector.url)).length === numbers.length, {
      withinMs: WITHIN_MS,
      what: "all samples in the head",
    });
    expect(await samplesIn(collector.url)).toEqual(numbers);
    await collector.stop();
    expect(await countRows(folder.path, ["faults"])).toEqual({ rows: numbers.length, doubled: 0 });
  },
);
