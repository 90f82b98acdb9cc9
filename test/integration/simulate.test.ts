import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { systemClock } from "../../core/clock.ts";
import { buildCloud } from "../../simulator/cloud/build.ts";
import { DEFAULT_SIZE } from "../../simulator/cloud/size.ts";
import { ORDINARY_DAY } from "../../simulator/day/churn.ts";
import { Day } from "../../simulator/day/day.ts";
import { hostElements } from "../../simulator/elements/host-elements.ts";
import { eventually } from "../fixtures/eventually.ts";
import { type Nephoscope, startNephoscope, temporaryFolder } from "./fixtures/nephoscope.ts";
import { topologyAt } from "./fixtures/topology-view.ts";

const MAIN = join(import.meta.dirname, "../../cli/main.ts");
const HOSTS = 50;
const CHURN_MS = 6_000;
/** Per host and day: about two events a second in all. */
const CHURN = 700;

const data = temporaryFolder();
let nephoscope: Nephoscope;
let beganAt: number;

beforeAll(async () => {
  nephoscope = await startNephoscope({ data: data.path });
  beganAt = systemClock.now();
});
afterAll(async () => {
  await nephoscope.stop();
  data.remove();
});

interface Simulation {
  /** What it said last of how it is going. */
  progress(): string;
  readonly child: ChildProcess;
  readonly ended: Promise<number>;
}

function startSimulation(...flags: readonly string[]): Simulation {
  const size = ["--hosts", String(HOSTS), "--seed", "21", "--begin", String(beganAt)];
  const churn = ["--churn", String(CHURN), "--churn-for", `${CHURN_MS / 1_000}s`];
  const args = [MAIN, "simulate", "--collector", nephoscope.url, ...size, ...churn, ...flags];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "pipe"] });
  let output = "";
  child.stderr?.on("data", (chunk) => (output += String(chunk)));
  const ended = once(child, "exit").then(([code]) => (typeof code === "number" ? code : -1));
  return { child, ended, progress: () => output.trimEnd().split("\n").at(-1) ?? "" };
}

/** What the same cloud comes to when its churn is over. */
function expectedIds(): readonly string[] {
  const cloud = buildCloud({ seed: 21, size: { ...DEFAULT_SIZE, hosts: HOSTS }, beganAt });
  const rates = Object.fromEntries(Object.entries(ORDINARY_DAY).map(([name, rate]) => [name, rate * CHURN]));
  const day = new Day(cloud, {
    rates: { ...ORDINARY_DAY, ...rates },
    churnForMs: CHURN_MS,
    metricsIntervalMs: undefined,
    scenarios: [],
  });
  day.skipTo(10 * 60_000);
  return cloud.hosts.flatMap((host) => hostElements(cloud, host).map(({ id }) => id as string));
}

test("a collector has every element the simulated cloud has, and its metrics", async () => {
  const simulation = startSimulation("--duration", "25s", "--metrics-interval", "2s");
  expect(await simulation.ended).toBe(0);
  expect(simulation.progress()).toMatch(/agents 50\/50 /);
  expect(simulation.progress()).not.toMatch(/refused|rejected|dropped/);
  const view = await topologyAt(nephoscope);
  const simulated = /^host\/(cn|nn)-/;
  const found = view.elements.map(({ id }) => id).filter((id) => simulated.test(id));
  expect(found.toSorted()).toEqual(expectedIds().toSorted());
  const answer = await nephoscope.get("/api/v1/query?query=count(count(net_if_rx_bytes)by(host))");
  expect(JSON.stringify(answer)).toMatch(/"5[01]"/);
});

test("agents of a simulation that comes back with the same seed resume: no full state is sent", async () => {
  const simulation = startSimulation("--metrics-interval", "off");
  await eventually(() => /agents 50\/50 {2}resumed 50 {2}full 0/.test(simulation.progress()), {
    withinMs: 60_000,
    what: () => `all agents to resume; it said: ${simulation.progress()}`,
  });
  simulation.child.kill("SIGINT");
  expect(await simulation.ended).toBe(0);
});

test("a collector that is not there is waited for, and Ctrl-C ends the wait", async () => {
  const args = [MAIN, "simulate", "--collector", "http://127.0.0.1:1", "--hosts", "10", "--metrics-interval", "off"];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "pipe"] });
  let output = "";
  child.stderr?.on("data", (chunk) => (output += String(chunk)));
  const ended = once(child, "exit");
  await eventually(() => output.includes("agents 0/10"), {
    withinMs: 60_000,
    what: () => `progress; it said: ${output}`,
  });
  child.kill("SIGINT");
  expect((await ended)[0]).toBe(0);
});
