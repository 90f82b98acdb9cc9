// node bench/topology-cloud.ts — a real collector process with a whole simulated cloud: loading it through the agents' protocol,
// changes for minutes, kill -9, the cold start with every agent coming back, and a storm. Ends everything it starts.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cpus, release, totalmem } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { parseArgs } from "node:util";
import { systemClock } from "../core/clock.ts";
import { freePort } from "../test/integration/fixtures/influxd.ts";
import { temporaryFolder } from "../test/integration/fixtures/nephoscope.ts";
import { cpuSecondsOf, figuresOf, memoryOf, row, seconds, seeded, spread } from "./collector-figures.ts";
import { LoadAgent, type LoadFigures } from "./load-agents.ts";

const { values } = parseArgs({
  options: {
    // 98 of 100 are compute nodes: 100,000 machines.
    hosts: { type: "string", default: "10210" },
    "vms-per-host": { type: "string", default: "10" },
    seed: { type: "string", default: "1" },
    seconds: { type: "string", default: "300" },
    rate: { type: "string", default: "5000" },
    storm: { type: "string", default: "100000" },
  },
});
const [HOSTS, SECONDS, RATE, STORM] = [values.hosts, values.seconds, values.rate, values.storm].map(Number) as [
  number,
  number,
  number,
  number,
];
const LOAD_AGENTS = 200;
const INTERFACES = 250;
const MAIN = join(import.meta.dirname, "../cli/main.ts");
const folder = temporaryFolder();
const port = await freePort();
const url = `http://127.0.0.1:${port}`;
const { json, count, metric, loop } = figuresOf(url);
let [sustainedFrom, loadedChanges] = [0, 0];
const figures: LoadFigures = {
  acknowledgedBatches: 0,
  acknowledgedChanges: 0,
  refused: 0,
  disconnects: 0,
  ackMs: [],
};
const began = new Date().toISOString();
let collector = startCollector();
let simulator: ChildProcess | undefined;
let simulated = "";
let agents: LoadAgent[] = [];

console.log(
  `machine ${cpus().length} x ${cpus()[0]?.model.trim()}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, Linux ${release()}, Node ${process.version}`,
);
console.log(
  `cloud   ${HOSTS} hosts, ${values["vms-per-host"]} VMs each, seed ${values.seed}; collector and agents share the cores`,
);
try {
  await ready();
  await loadCloud();
  await sustain();
  await ask();
  await killAndRestart();
  await storm();
  console.log("not measured: agents on machines of their own, a network between them, a disk that is not shared");
} finally {
  for (const agent of agents) agent.close();
  simulator?.kill("SIGKILL");
  collector.kill("SIGKILL");
  folder.remove();
}

function startCollector(): ChildProcess {
  const settings = ["agent.enabled=false", "log.level=error", "topology.silent_after_seconds=3600"].flatMap(
    (setting) => ["--set", setting],
  );
  const args = [MAIN, "up", "--port", String(port), "--data", folder.path, "--cluster", "bench", ...settings];
  return spawn(process.execPath, args, { stdio: ["ignore", "ignore", "inherit"] });
}

async function loadCloud(): Promise<void> {
  const started = performance.now();
  const cpu = cpuSecondsOf(collector);
  const size = ["--hosts", String(HOSTS), "--vms-per-host", values["vms-per-host"]];
  const plan = ["--seed", values.seed, "--begin", began, "--churn", "0", "--metrics-interval", "off"];
  simulator = spawn(process.execPath, [MAIN, "simulate", "--collector", url, ...size, ...plan], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  simulator.stderr?.on("data", (chunk) => {
    simulated = String(chunk).trim().split("\n").at(-1) ?? "";
  });
  await until(
    async () => (await metric("agents_connected")) >= HOSTS && / full (\d+)/.exec(simulated)?.[1] === String(HOSTS),
  );
  const elements = await metric("topology_elements");
  row(
    "cloud loaded through agents",
    `${elements} elements, ${await count("host")} hosts, ${await count("domain")} machines in ${seconds(started)} s, ${(cpuSecondsOf(collector) - cpu).toFixed(0)} CPU s; ${memoryOf(collector)}; ${await loop()}`,
    ">= 1 M elements, <= 2.5 GB",
  );
}

async function sustain(): Promise<void> {
  agents = Array.from({ length: LOAD_AGENTS }, (_, i) => new LoadAgent(url, `load-${i}`, INTERFACES, figures));
  for (const agent of agents) await agent.start();
  await loop();
  figures.ackMs.length = 0;
  const [started, cpu, perTick] = [performance.now(), cpuSecondsOf(collector), RATE / LOAD_AGENTS];
  const before = figures.acknowledgedChanges;
  [sustainedFrom, loadedChanges] = [systemClock.now(), before];
  // By the clock: agents that waited for an answer make up for it, as those with a queue of their own do.
  for (let second = 1; second <= SECONDS; second++) {
    await Promise.all(agents.map((agent) => agent.change(perTick)));
    await wait(Math.max(0, started + second * 1_000 - performance.now()));
  }
  const changes = figures.acknowledgedChanges - before;
  const rate = changes / ((performance.now() - started) / 1_000);
  row(
    "sustained changes",
    `${changes} durable, ${rate.toFixed(0)}/s, ack ${spread(figures.ackMs)} ms, refused ${figures.refused}, ${(cpuSecondsOf(collector) - cpu).toFixed(0)} CPU s; ${memoryOf(collector)}; ${await loop()}`,
    `${RATE}/s for ${SECONDS} s`,
  );
}

/** Over HTTP, of moments within the minutes just recorded. */
async function ask(): Promise<void> {
  const [ended, random] = [systemClock.now() - 1_000, seeded(Number(values.seed))];
  const moment = () => Math.floor(ended - random() * SECONDS * 1_000);
  const timed = async (times: number, path: () => string): Promise<string> => {
    const took: number[] = [];
    for (let i = 0; i < times; i++) {
      const started = performance.now();
      await json(path());
      took.push(performance.now() - started);
    }
    return `${spread(took)} ms`;
  };
  const host = () => `host/load-${Math.floor(random() * LOAD_AGENTS)}`;
  const state = await timed(100, () => `/api/v1/topology?root=${host()}&at=${moment()}`);
  row("GET a host's state", `${state}, ${INTERFACES + 1} elements each`, "the store's part <= 20 ms");
  row("GET all racks' counts", await timed(50, () => `/api/v1/topology/places?at=${moment()}`), "<= 100 ms");
  const second = () => {
    const from = moment();
    return `/api/v1/topology/diff?from=${from}&to=${from + 1_000}`;
  };
  row("GET the difference of a second", `${await timed(20, second)}, ${RATE} changes each`, "100 ms + 10 µs a change");
}

async function killAndRestart(): Promise<void> {
  // In the middle of it: what is under way may or may not have been recorded.
  const underWay = agents.map((agent) => agent.change(50).catch(() => undefined));
  await wait(30);
  const acknowledged = figures.acknowledgedBatches;
  const revision = await metric("topology_revision").catch(() => Number.NaN);
  collector.kill("SIGKILL");
  await once(collector, "exit");
  for (const agent of agents) agent.close();
  void underWay;
  const lostBefore = Number(/connections lost (\d+)/.exec(simulated)?.[1] ?? 0);
  const [fullBefore] = [Number(/ full (\d+)/.exec(simulated)?.[1])];
  const [started, simulatorCpu] = [performance.now(), cpuSecondsOf(simulator)];
  collector = startCollector();
  const early = await whileLoading();
  await ready();
  row(
    "cold start to ready",
    `${seconds(started)} s; while loading: ${early}; ${memoryOf(collector)}`,
    '<= 60 s; reads or a clear "not ready"',
  );
  const revisionAtReady = await metric("topology_revision");
  await until(async () => (await metric("agents_connected")) >= HOSTS);
  await wait(6_000);
  const grown = (await metric("topology_revision")) - revisionAtReady;
  const fulls = Number(/ full (\d+)/.exec(simulated)?.[1]) - fullBefore;
  row(
    "all agents back",
    `${seconds(started)} s after the start, CPU ${cpuSecondsOf(collector).toFixed(0)} s of the collector and ${(cpuSecondsOf(simulator) - simulatorCpu).toFixed(0)} s of the simulator; ${grown} revisions written, ${fulls} full states sent, ${memoryOf(collector)}; ${await loop()}`,
    "<= 60 s; no revision, no full state",
  );
  const span = `from=${sustainedFrom}&to=${systemClock.now()}&buckets=1`;
  const density = (await json(`/api/v1/topology/density?${span}`)) as { buckets: { updated: number }[] };
  let lost = 0;
  for (const agent of agents) {
    const state = (await json(`/api/v1/topology?root=host/${agent.host}`)) as {
      elements: { name: string; attributes: { generation?: number } }[];
    };
    const byName = new Map(state.elements.map(({ name, attributes }) => [name, attributes.generation ?? 0]));
    for (const [index, generation] of agent.acknowledged.entries())
      if ((byName.get(`eth${index}`) ?? -1) < generation) lost++;
  }
  row(
    "after kill -9",
    `${density.buckets[0]?.updated} updates in the history since the load began, ${figures.acknowledgedChanges - loadedChanges} acknowledged; ${lost} acknowledged interfaces lost of ${LOAD_AGENTS * INTERFACES}; ${acknowledged} batches acknowledged, revision ${revisionAtReady} (${revision} just before); simulator had lost ${lostBefore} connections before`,
    "nothing lost",
  );
}

async function storm(): Promise<void> {
  agents = Array.from(
    { length: LOAD_AGENTS },
    (_, i) => new LoadAgent(url, `storm-${i}`, STORM / LOAD_AGENTS, figures),
  );
  for (const agent of agents) await agent.start();
  const lostBefore = Number(/connections lost (\d+)/.exec(simulated)?.[1] ?? 0);
  figures.disconnects = 0;
  figures.ackMs.length = 0;
  await loop();
  const started = performance.now();
  await Promise.all(agents.map((agent) => agent.change(STORM / LOAD_AGENTS)));
  const took = seconds(started);
  // Longer than the 25 s between two heartbeats: each connection has one to miss.
  await wait(30_000);
  const lost = Number(/connections lost (\d+)/.exec(simulated)?.[1] ?? 0) - lostBefore;
  row(
    "storm",
    `${STORM} changes at once durable in ${took} s; ${figures.disconnects + lost} connections lost; ${memoryOf(collector)}; ${await loop()}`,
    "no missed heartbeat",
  );
}

/** What a read is answered before the state is loaded. */
async function whileLoading(): Promise<string> {
  const answers = new Set<string>();
  for (let i = 0; i < 400; i++) {
    const reply = await fetch(`${url}/api/v1/topology?root=host/load-1`, { signal: AbortSignal.timeout(5_000) }).catch(
      () => undefined,
    );
    if (reply === undefined) answers.add("refused");
    else {
      const body = (await reply.json()) as { code?: string };
      answers.add(`${reply.status}${body.code === undefined ? "" : ` ${body.code}`}`);
      if (reply.ok) break;
    }
    await wait(50);
  }
  return [...answers].join(", ");
}

async function ready(): Promise<void> {
  await until(async () => (await fetch(`${url}/readyz`)).ok);
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 600_000;
  while (!(await isSo().catch(() => false))) {
    if (performance.now() > deadline)
      throw new Error(`not so within 10 minutes; the simulator last said: ${simulated}`);
    await wait(200);
  }
}
