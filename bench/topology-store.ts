import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { epochMsOf } from "../core/clock.ts";
import { hostId } from "../core/element-id.ts";
import { Lifetime } from "../core/lifetime.ts";
import type { TopologyStore } from "../store/topology-store.ts";
import type { Revision } from "../topology/model/revision.ts";
import { benchedEmbedded, benchedPostgres } from "./benched-topology.ts";
import { watchLoop } from "./loop-watch.ts";
import { createUpdates, nameOf } from "./random-updates.ts";

// What the topology store costs: hosts of 100 interfaces each, then updates of random attributes, then questions.
//   node bench/topology-store.ts --changes 1000000 --hosts 10000 --block 256 --tail 131072 [--folder <where>] [--seed 1]
//     [--store postgres]
//   node bench/topology-store.ts --curve --changes 200000
// asks for net changes and the state of a host after as many changes of 100, 1,000 and 10,000 hosts: a process for each.

const { values: options } = parseArgs({
  options: {
    changes: { type: "string", default: "1000000" },
    hosts: { type: "string", default: "10000" },
    block: { type: "string", default: "256" },
    tail: { type: "string", default: "131072" },
    seed: { type: "string", default: "1" },
    memory: { type: "string", default: "512" },
    store: { type: "string", default: "embedded" },
    folder: { type: "string" },
    curve: { type: "boolean", default: false },
    /** The file a point of the curve is written to. */
    "on-curve": { type: "string" },
  },
});
if (options.curve) {
  const points = ["100", "1000", "10000"].map(pointOf);
  console.log("\nthe same changes in larger clouds:");
  for (const name of Object.keys(points[0] ?? {})) {
    console.log(`${name.padEnd(38)}${points.map((point) => (point[name] ?? "").padStart(12)).join("")}`);
  }
  process.exit(0);
}
const [CHANGES, HOSTS, SEED] = [Number(options.changes), Number(options.hosts), Number(options.seed)];
const ELEMENTS_PER_HOST = 100;
const HOUR_MS = 3_600_000;
const CHANGES_PER_HOUR = 36_000;
const BEGIN = 1_767_225_600_000;
const CHANGES_PER_REVISION = 5;
const REVISIONS_PER_COMMIT = 50;

type Curve = Record<string, string>;

const curve: Curve = { hosts: String(HOSTS) };
const cluster = "bench";
const atOf = (change: number) => epochMsOf(BEGIN + HOUR_MS + Math.floor((change * HOUR_MS) / CHANGES_PER_HOUR));

const { loadRevision, changeRevision, random } = createUpdates({
  ...{ seed: SEED, hosts: HOSTS, elementsPerHost: ELEMENTS_PER_HOST, changesPerRevision: CHANGES_PER_REVISION },
  ...{ cluster, begin: BEGIN, atOf },
});
const folder = mkdtempSync(join(options.folder ?? tmpdir(), "nephoscope-bench-"));
const lifetime = new Lifetime();
const benched = await (options.store === "postgres" ? benchedPostgres : benchedEmbedded)(
  {
    folder,
    memoryMegabytes: Number(options.memory),
    sealing: { tailChanges: Number(options.tail), blockChanges: Number(options.block) },
  },
  lifetime,
);
const loop = watchLoop();
let peakRss = 0;
const rss = setInterval(() => {
  peakRss = Math.max(peakRss, process.memoryUsage.rss());
}, 50);

try {
  console.log(
    `${options.store}, seed ${SEED}, ${HOSTS} hosts x ${ELEMENTS_PER_HOST} elements, ${CHANGES} changes, ${CHANGES_PER_HOUR} an hour`,
  );
  let store = await benched.open();
  await phase("initial load", () => load(store));
  await store.sealed();
  await store.close();
  const loadedRss = residentBytes();
  const loadedBytes = await benched.usedBytes();
  store = await benched.open();
  await phase("changes", () => change(store));
  await phase("sealing the rest", () => store.sealed().then(() => "done"));
  const changedRss = residentBytes();
  await questions(store);
  await phase("latest()", () => countLatest(store));
  await store.close();
  const sizes = await benched.sizes();
  const bytes = (await benched.usedBytes()) - loadedBytes;
  const grownRss = changedRss - loadedRss;
  console.log(
    `${sizes}; ${(bytes / CHANGES).toFixed(1)} B/change in use, without the load of ${(loadedBytes / 1e6).toFixed(0)} MB`,
  );
  console.log(
    `memory ${megabytes(loadedRss)} MB resident after the load, ${megabytes(changedRss)} MB after the changes, ${(grownRss / CHANGES).toFixed(1)} B/change`,
  );
  curve["disk, bytes a change"] = (bytes / CHANGES).toFixed(1);
  curve["memory after the load, MB"] = megabytes(loadedRss);
  curve["memory after the changes, MB"] = megabytes(changedRss);
  curve["memory, bytes a change"] = (grownRss / CHANGES).toFixed(1);
  if (options["on-curve"] !== undefined) writeFileSync(options["on-curve"], JSON.stringify(curve));
} finally {
  await lifetime.end();
  await benched.remove();
  clearInterval(rss);
  loop.stop();
  console.log(`peak RSS ${(peakRss / 1e6).toFixed(0)} MB`);
  rmSync(folder, { recursive: true });
}

async function load(store: TopologyStore): Promise<string> {
  for (let first = 0; first < HOSTS; first += 20) {
    const hosts = Array.from({ length: Math.min(20, HOSTS - first) }, (_, i) => first + i);
    await store.append(hosts.map(loadRevision));
  }
  return `${HOSTS * ELEMENTS_PER_HOST} elements`;
}

async function change(store: TopologyStore): Promise<string> {
  const commits: number[] = [];
  const started = performance.now();
  let revision = HOSTS;
  for (let done = 0; done < CHANGES; ) {
    const revisions: Revision[] = [];
    while (revisions.length < REVISIONS_PER_COMMIT && done < CHANGES) {
      revisions.push(changeRevision(++revision, done));
      done += CHANGES_PER_REVISION;
    }
    const before = performance.now();
    await store.append(revisions);
    commits.push(performance.now() - before);
  }
  const perSecond = CHANGES / ((performance.now() - started) / 1_000);
  return `${perSecond.toFixed(0)}/s durable, commit of ${CHANGES_PER_REVISION * REVISIONS_PER_COMMIT} ${figures(commits)}`;
}

async function questions(store: TopologyStore): Promise<void> {
  const hours = Math.floor(CHANGES / CHANGES_PER_HOUR);
  const anyTime = () => atOf(random() * CHANGES);
  const anyHost = () => nameOf(Math.floor(random() * HOSTS));
  await ask("state of a host, any time", 300, async () => {
    let elements = 0;
    for await (const chunk of store.stateAt(cluster, { at: anyTime() }, { root: hostId(anyHost()) }))
      elements += chunk.length;
    return elements;
  });
  await ask("state of a host, now", 100, async () => {
    let elements = 0;
    for await (const chunk of store.stateAt(cluster, { at: atOf(CHANGES) }, { root: hostId(anyHost()) }))
      elements += chunk.length;
    return elements;
  });
  for (const [name, span] of [
    ["an hour", HOUR_MS],
    ["a minute", 60_000],
  ] as const) {
    await ask(`net changes of ${name}`, 12, async () => {
      const from = epochMsOf(BEGIN + HOUR_MS + Math.floor(random() * Math.max(1, hours - 1) * HOUR_MS));
      return (await store.netChanges({ cluster, from, to: epochMsOf(from + span), limit: 100_000 })).length;
    });
  }
  if (options["on-curve"] !== undefined) return;
  await ask("countsAt", 20, async () => (await store.countsAt(cluster, { at: anyTime() })).size);
  const whole = { cluster, from: epochMsOf(BEGIN), to: atOf(CHANGES) };
  await ask("density, 200 buckets of all", 10, async () => (await store.density({ ...whole, buckets: 200 })).length);
  await ask(
    "density of a host",
    10,
    async () => (await store.density({ ...whole, buckets: 200, root: hostId(anyHost()) })).length,
  );
  await ask("log page of 100, newest first", 20, async () => {
    const to = anyTime();
    return (await store.changes({ ...whole, to, limit: 100, newestFirst: true })).changes.length;
  });
  await ask(
    "log page of a host",
    20,
    async () => (await store.changes({ ...whole, root: hostId(anyHost()), limit: 100 })).changes.length,
  );
  await ask("revision at a moment", 20, async () => store.lastRevisionBy(cluster, anyTime()));
}

async function ask(name: string, times: number, question: () => Promise<number>): Promise<void> {
  const took: number[] = [];
  let size = 0;
  // The first one meets code that was never run: told apart from the others.
  const started = performance.now();
  await question();
  const firstMs = performance.now() - started;
  await phase(name, async () => {
    for (let i = 0; i < times; i++) {
      const before = performance.now();
      size = await question();
      took.push(performance.now() - before);
    }
    curve[`${name}, p50 ms`] = percentile(took, 0.5).toFixed(1);
    curve[`${name}, worst ms`] = percentile(took, 1).toFixed(1);
    return `first ${firstMs.toFixed(1)}, ${times} others ${figures(took)}, last answer ${size}`;
  });
}

async function countLatest(store: TopologyStore): Promise<string> {
  let elements = 0;
  for await (const chunk of store.latest(cluster)) elements += chunk.length;
  return `${elements} elements`;
}

async function phase(name: string, work: () => Promise<string>): Promise<void> {
  loop.reset();
  const [cpu, started] = [process.cpuUsage(), performance.now()];
  const result = await work();
  const { user, system } = process.cpuUsage(cpu);
  const seconds = ((performance.now() - started) / 1_000).toFixed(1);
  console.log(
    `${name.padEnd(30)} ${seconds} s, CPU ${((user + system) / 1e6).toFixed(1)} s, ${loop.text()}: ${result}`,
  );
}

function figures(took: readonly number[]): string {
  const at = (share: number) => percentile(took, share).toFixed(1);
  return `p50 ${at(0.5)} p90 ${at(0.9)} p99 ${at(0.99)} worst ${at(1)} ms`;
}

function percentile(took: readonly number[], share: number): number {
  const sorted = took.toSorted((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}

/** One point of the curve, measured in a process of its own; by name. */
function pointOf(hosts: string): Curve {
  const folder = mkdtempSync(join(tmpdir(), "nephoscope-curve-"));
  const file = join(folder, "point.json");
  try {
    const point = process.argv.slice(2).filter((word) => word !== "--curve");
    const argv = ["--expose-gc", import.meta.filename, ...point, "--hosts", hosts, "--on-curve", file];
    execFileSync(process.execPath, argv, { stdio: "inherit" });
    return JSON.parse(readFileSync(file, "utf8")) as Curve;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** After garbage collection, where `--expose-gc` allows it. */
function residentBytes(): number {
  globalThis.gc?.();
  return process.memoryUsage.rss();
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}
