import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { openMetricsPath } from "../../../collector/metrics-path.ts";
import { type Pull, startPull } from "../../../collector/pull/pull.ts";
import type { ScrapeJob } from "../../../collector/pull/scrape/job.ts";
import { systemClock } from "../../../core/clock.ts";
import { Lifetime } from "../../../core/lifetime.ts";
import { silentLog } from "../../../core/log.ts";
import { evaluateInstant } from "../../../promql/evaluate.ts";
import { temporaryFolder } from "../fixtures/temporary-folder.ts";
import { startExporter } from "./exporter.ts";
import { jobOf } from "./scrape-site.ts";

const LIMIT = { timeout: 20_000, interval: 10 };
const OFTEN = { intervalMs: 50, timeoutMs: 1_000 };

interface Pulling {
  readonly pull: Pull;
  /** Values of an instant query now, by their labels but for those every target has. */
  ask(query: string): Promise<Readonly<Record<string, number>>>;
  close(): Promise<void>;
}

/** Scrapes into a real spool and head. */
async function pulling(jobs: readonly Partial<ScrapeJob>[]): Promise<Pulling> {
  const folder = temporaryFolder();
  const lifetime = new Lifetime();
  const close = () => lifetime.end();
  onTestFinished(close);
  const deps = { clock: systemClock, log: silentLog };
  const head = { database: { threads: 1, memoryMegabytes: 256 } };
  const path = await openMetricsPath({ folder, cluster: "c1", head }, deps, lifetime);
  const scrape = jobs.map((settings) => jobOf({ ...OFTEN, ...settings }));
  const pull = await startPull({ scrape, snmp: [], filesEveryMs: 50 }, { ...deps, bodies: path.bodies }, lifetime);
  return {
    pull,
    close,
    ask: async (query) => {
      const result = await evaluateInstant(query, systemClock.now(), { source: path.store });
      if (result.kind !== "vector") throw new Error("an instant vector is expected");
      return Object.fromEntries(
        result.samples.map(({ labels: { __name__, job, cluster, instance, ...own }, value }) => [
          `${__name__ ?? ""}${JSON.stringify(own)}`,
          value,
        ]),
      );
    },
  };
}

test("what is on a page is asked for by its own name and labels, also what line protocol has no numbers for", async () => {
  const page = 'm{a="x y,z=\\"1\\""} 1.5\nh_bucket{le="+Inf"} 3\ns{quantile="0.5"} NaN\nlimit +Inf\nlow -Inf\n';
  const { address } = await startExporter((_, reply) => reply.end(page));
  const { ask } = await pulling([{ targets: [address] }]);
  await expect
    .poll(() => ask('{job="node",__name__!~"up|scrape_.*"}'), LIMIT)
    .toEqual({
      'm{"a":"x y,z=\\"1\\""}': 1.5,
      'h_bucket{"le":"+Inf"}': 3,
      's{"quantile":"0.5"}': Number.NaN,
      "limit{}": Number.POSITIVE_INFINITY,
      "low{}": Number.NEGATIVE_INFINITY,
    });
  expect(await ask("scrape_samples_scraped")).toEqual({ "scrape_samples_scraped{}": 5 });
});

describe("at once, and not when its last sample is five minutes old,", () => {
  test("a series ends that is no longer on the page", async () => {
    let page = 'm{x="1"} 1\nm{x="2"} 2\n';
    const { address } = await startExporter((_, reply) => reply.end(page));
    const { ask } = await pulling([{ targets: [address] }]);
    await expect.poll(() => ask("m"), LIMIT).toEqual({ 'm{"x":"1"}': 1, 'm{"x":"2"}': 2 });
    page = 'm{x="2"} 3\n';
    await expect.poll(() => ask("m"), LIMIT).toEqual({ 'm{"x":"2"}': 3 });
    expect(await ask('count_over_time(m{x="1"}[1m])')).toHaveProperty(['{"x":"1"}']);
  });

  test("all series of a target end that fails, which is not up; they go on when it is back", async () => {
    let isWell = true;
    const { address } = await startExporter((_, reply) => (isWell ? reply.end("m 1\n") : reply.writeHead(500).end()));
    const { ask, pull } = await pulling([{ targets: [address] }]);
    await expect.poll(() => ask("m"), LIMIT).toEqual({ "m{}": 1 });
    isWell = false;
    await expect.poll(() => ask('{__name__=~"m|up"}'), LIMIT).toEqual({ "up{}": 0 });
    expect(pull.targets()).toMatchObject([{ health: "down", last: { problem: { reason: "HTTP status 500" } } }]);
    expect(pull.status()[0]).toMatchObject({ name: "scrape", state: "down", hint: "look at the exporter's own log" });
    isWell = true;
    await expect.poll(() => ask('{__name__=~"m|up"}'), LIMIT).toEqual({ "m{}": 1, "up{}": 1 });
    expect(pull.status()[0]).toMatchObject({ state: "ok", detail: "1 of 1 targets answer, 1 samples a round" });
  });

  test("all of a target ends that was taken out of a file", async () => {
    const { address } = await startExporter((_, reply) => reply.end("m 1\n"));
    const file = join(temporaryFolder(), "targets.yaml");
    writeFileSync(file, `- targets: ["${address}"]\n  labels: { rack: r1 }\n`);
    const { ask, pull } = await pulling([{ files: [file] }]);
    await expect.poll(() => ask('{__name__=~"m|up"}'), LIMIT).toEqual({ 'm{"rack":"r1"}': 1, 'up{"rack":"r1"}': 1 });
    writeFileSync(file, "- targets: [");
    await expect.poll(() => pull.status()[0]?.detail, LIMIT).toContain("is no YAML");
    expect(await ask("up")).toEqual({ 'up{"rack":"r1"}': 1 });
    writeFileSync(file, "[]\n");
    await expect.poll(() => ask('{job="node"}'), LIMIT).toEqual({});
    expect(pull.targets()).toEqual([]);
  });
});

/** Also counts the most requests it had at once. */
async function startSlowExporter(answersAfterMs: number) {
  let [underWay, most] = [0, 0];
  const { address } = await startExporter((_, reply) => {
    most = Math.max(most, ++underWay);
    setTimeout(() => {
      underWay--;
      reply.end("m 1\n");
    }, answersAfterMs);
  });
  return { address, most: () => most };
}

test("a target is never asked again before it has answered; the rounds left out are counted", async () => {
  const { address, most } = await startSlowExporter(130);
  const { pull } = await pulling([{ targets: [address] }]);
  await expect.poll(() => pull.counts().scrape.rounds, LIMIT).toBeGreaterThanOrEqual(3);
  expect(most()).toBe(1);
  expect(pull.counts().scrape.missed).toBeGreaterThanOrEqual(4);
});

test("more targets than are asked at once all get their turn", async () => {
  const { address, most } = await startSlowExporter(20);
  const params = Array.from({ length: 80 }, (_, place) => ({ job: `job-${place}`, targets: [address] }));
  const { pull } = await pulling(params);
  await expect.poll(() => pull.targets().filter(({ health }) => health === "up").length, LIMIT).toBe(80);
  expect(most()).toBeLessThanOrEqual(32);
});

test("a stop does not wait for a target that does not answer, and says nothing of it", async () => {
  let asked = 0;
  const { address } = await startExporter(() => asked++);
  const { pull, close } = await pulling([{ targets: [address], timeoutMs: 60_000 }]);
  await expect.poll(() => asked, LIMIT).toBe(1);
  const start = performance.now();
  await close();
  expect(performance.now() - start).toBeLessThan(5_000);
  expect(pull.counts().scrape.rounds).toBe(0);
});
