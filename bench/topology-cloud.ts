// node bench/topology-cloud.ts — a real collector process with a whole simulated cloud: loading it through the agents' protocol,
// changes for minutes, kill -9, the cold start with every agent coming back, and a storm. Ends everything it starts.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { cpus, release, totalmem } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { parseArgs } from "node:util";
import { temporaryFolder } from "../test/integration/fixtures/nephoscope.ts";
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
    `${elements} elements, ${await count("host")} hosts, ${await count("domain")} machines in ${seconds(started)} s, ${(cpuSecondsOf(collector) - cpu).toFixed(0)} CPU s; ${memory()}; ${await loop()}`,
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
  // By the clock: agents that waited for an answer make up for it, as those with a queue of their own do.
  for (let second = 1; second <= SECONDS; second++) {
    await Promise.all(agents.map((agent) => agent.change(perTick)));
    await wait(Math.max(0, started + second * 1_000 - performance.now()));
  }
  const changes = figures.acknowledgedChanges - before;
  const rate = changes / ((performance.now() - started) / 1_000);
  row(
    "sustained changes",
    `${changes} durable, ${rate.toFixed(0)}/s, ack ${spread(figures.ackMs)} ms, refused ${figures.refused}, ${(cpuSecondsOf(collector) - cpu).toFixed(0)} CPU s; ${memory()}; ${await loop()}`,
    `${RATE}/s for ${SECONDS} s`,
  );
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
  const started = performance.now();
  collector = startCollector();
  const early = await whileLoading();
  await ready();
  row(
    "cold start to ready",
    `${seconds(started)} s; while loading: ${early}; ${memory()}`,
    '<= 60 s; reads or a clear "not ready"',
  );
  const revisionAtReady = await metric("topology_revision");
  await until(async () => (await metric("agents_connected")) >= HOSTS);
  await wait(6_000);
  const grown = (await metric("topology_revision")) - revisionAtReady;
  const fulls = Number(/ full (\d+)/.exec(simulated)?.[1]) - fullBefore;
  row(
    "all agents back",
    `${seconds(started)} s after the start; ${grown} revisions written, ${fulls} full states sent, ${memory()}; ${await loop()}`,
    "<= 60 s; no revision, no full state",
  );
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
    `${lost} acknowledged interfaces lost of ${LOAD_AGENTS * INTERFACES}; ${acknowledged} batches acknowledged, revision ${revisionAtReady} (${revision} just before); simulator had lost ${lostBefore} connections before`,
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
  await wait(6_000);
  const lost = Number(/connections lost (\d+)/.exec(simulated)?.[1] ?? 0) - lostBefore;
  row(
    "storm",
    `${STORM} changes at once durable in ${took} s; ${figures.disconnects + lost} connections lost; ${memory()}; ${await loop()}`,
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

async function json(path: string): Promise<unknown> {
  const reply = await fetch(`${url}${path}`);
  if (!reply.ok) throw new Error(`${path}: ${reply.status} ${await reply.text()}`);
  return reply.json();
}

async function count(type: string): Promise<number> {
  const query = `G.V().Has('Type', '${type}').Count()`;
  const headers = { "content-type": "application/json" };
  const reply = await fetch(`${url}/api/v1/topology/query`, {
    method: "POST",
    headers,
    body: JSON.stringify({ query }),
  });
  return ((await reply.json()) as { count: number }).count;
}

async function metric(name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(new RegExp(`^nephoscope_${name} (\\S+)$`, "m").exec(text)?.[1] ?? Number.NaN);
}

/** The event loop's delays since they were last asked for. */
async function loop(): Promise<string> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const ms = (name: string) =>
    (
      Number(new RegExp(`^nephoscope_nodejs_eventloop_lag_${name}_seconds (\\S+)$`, "m").exec(text)?.[1]) * 1_000
    ).toFixed(0);
  return `event loop p99 ${ms("p99")}, worst ${ms("max")} ms`;
}

function memory(): string {
  const status = readFileSync(`/proc/${collector.pid}/status`, "utf8");
  const mb = (name: string) => (Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) / 1_000).toFixed(0);
  return `${mb("VmRSS")} MB resident (peak ${mb("VmHWM")})`;
}

function cpuSecondsOf(child: ChildProcess): number {
  const fields = readFileSync(`/proc/${child.pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) / Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));
}

function spread(values: readonly number[]): string {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) =>
    (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(0);
  return `p50 ${at(0.5)}, p99 ${at(0.99)}, worst ${at(1)}`;
}

function seconds(since: number): string {
  return ((performance.now() - since) / 1_000).toFixed(1);
}

function row(name: string, found: string, aim: string): void {
  console.log(`${name.padEnd(28)}${found}   aim ${aim}`);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}
