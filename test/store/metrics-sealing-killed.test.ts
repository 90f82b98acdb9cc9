import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as wait } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { seeded } from "../../bench/collector-figures.ts";
import { systemClock } from "../../core/clock.ts";
import { Lifetime } from "../../core/lifetime.ts";
import { silentLog } from "../../core/log.ts";
import { openEmbeddedMetrics } from "../../store/embedded/metrics/head.ts";
import { EVERYTHING, newPath } from "./fixtures/open-head.ts";
import { keysOf, PRESENT_HOUR_MS, SEALING_LIMITS } from "./fixtures/sealing-batches.ts";

const PROGRAM = join(import.meta.dirname, "fixtures/sealing-process.ts");
const KILLS = 12;
const LONGEST_WORK_MS = 1_500;

/** Writes and seals in a process that is killed after a while; answers which batches it said were committed. */
async function killedAt(path: string, first: number, workMs: number): Promise<readonly number[]> {
  const env = { ...process.env, SEALING_PRESENT_HOUR: String(PRESENT_HOUR_MS) };
  const child = spawn(process.execPath, [PROGRAM, path, String(first)], { env, stdio: ["ignore", "pipe", "inherit"] });
  const committed: number[] = [];
  const lines = createInterface(child.stdout).on("line", (line) => committed.push(Number(line)));
  const [exited, closed] = [once(child, "exit"), once(lines, "close")];
  await once(lines, "line");
  await wait(workMs);
  child.kill("SIGKILL");
  const [code, signal] = await exited;
  expect([code, signal]).toEqual([null, "SIGKILL"]);
  await closed;
  return committed;
}

test(`of a head killed ${KILLS} times while it seals, every committed batch is there whole, and each sample once`, async () => {
  const path = newPath();
  const seed = systemClock.now() % 1_000_000;
  const random = seeded(seed);
  const committed: number[] = [];
  for (let kill = 0, first = 0; kill < KILLS; kill++) {
    committed.push(...(await killedAt(path, first, random() * LONGEST_WORK_MS)));
    // The next one may be there, or not: it is left alone.
    first = (committed.at(-1) ?? first) + 2;
  }
  const lifetime = new Lifetime();
  onTestFinished(() => lifetime.end());
  const head = await openEmbeddedMetrics(path, SEALING_LIMITS, { clock: systemClock, log: silentLog }, lifetime);
  for (const isSealed of [false, true]) {
    if (isSealed) {
      await head.seal();
      await head.sealPresent();
    }
    const found = new Map<string, number>();
    let samples = 0;
    for (const { labels, timesMs, values } of await head.select({ matchers: [], ...EVERYTHING })) {
      for (const [place, at] of timesMs.entries()) {
        samples++;
        found.set(`${labels.k} ${at}`, values[place] ?? Number.NaN);
      }
    }
    expect(samples, `seed ${seed}`).toBe(found.size);
    for (const batch of committed) {
      expect(
        keysOf(batch).filter((key) => found.get(key) !== batch),
        `batch ${batch}, seed ${seed}`,
      ).toEqual([]);
    }
    // Besides them the last of each process, which it had no time to tell of: whole, or not at all.
    const others = new Set([...found.values()].filter((batch) => !committed.includes(batch)));
    expect(others.size, `seed ${seed}`).toBeLessThanOrEqual(KILLS);
    for (const batch of others) {
      expect(
        keysOf(batch).filter((key) => found.get(key) !== batch),
        `batch ${batch}, seed ${seed}`,
      ).toEqual([]);
    }
  }
  // That it was one: hours were sealed while it was killed.
  expect(head.stats().sealed.hours).toBeGreaterThan(5);
  expect(committed.length).toBeGreaterThan(50);
});
