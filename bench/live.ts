// npm run bench:live — the agent's cost, the delay from a change in the kernel to the page, and the page's load.
// Needs root (it makes veth pairs) and Chromium. Everything it starts ends with it.

import { execFileSync, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus, release, totalmem } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { openBrowser } from "../test/e2e/fixtures/browser.ts";
import { openPage } from "../test/e2e/fixtures/page.ts";
import { eventually } from "../test/fixtures/eventually.ts";
import { startNephoscope, temporaryFolder } from "../test/integration/fixtures/nephoscope.ts";

const { values } = parseArgs({
  options: {
    changes: { type: "string", default: "100" },
    samples: { type: "string", default: "12" },
    loads: { type: "string", default: "7" },
  },
});
const CHANGES = Number(values.changes);
const SAMPLES = Number(values.samples);
const LOADS = Number(values.loads);
const INTERVAL_SECONDS = 2;
const TICKS_PER_SECOND = Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));
const LAUNCHER = join(import.meta.dirname, "../launcher.mjs");

const folder = temporaryFolder();
const collector = await startNephoscope({ data: folder.path, settings: ["agent.enabled=false"] });
const agent = spawn(
  process.execPath,
  [
    LAUNCHER,
    "agent",
    "--collector",
    collector.url,
    "--set",
    `agent.interval_seconds=${INTERVAL_SECONDS}`,
    "--set",
    `agent.state_folder=${folder.path}/agent`,
  ],
  { stdio: ["ignore", "ignore", "inherit"], env: { ...process.env, NEPHOSCOPE_TOKEN: "" } },
);
try {
  await eventually(async () => (await nodeIds()).length > 3, {
    withinMs: 20_000,
    what: "the agent's first full state",
  });
  const agentPid = await eventually(() => agentProcess(agent.pid ?? 0), {
    withinMs: 5_000,
    what: "the agent's process",
  });
  console.log(
    `machine      ${cpus().length} x ${cpus()[0]?.model.trim()}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, Linux ${release()}, Node ${process.version}`,
  );
  console.log(`host size    ${(await nodeIds()).length} elements, ${processCount()} processes`);
  await measureDelay();
  await measureAgent(agentPid);
  await measurePageLoad();
  console.log("not measured a host with thousands of interfaces, a remote collector, a browser with a GPU");
} finally {
  agent.kill("SIGTERM");
  await collector.stop();
  folder.remove();
}

/** From just before `ip` is started to the moment the page's map has (or no longer has) the interface. */
async function measureDelay(): Promise<void> {
  const browser = await openBrowser({ graphics: "without WebGL" });
  try {
    await openPage(browser, collector);
    const delaysMs: number[] = [];
    for (let i = 0; i < CHANGES; i++) {
      const adds = i % 2 === 0;
      const name = `nsb${Math.floor(i / 2)}`;
      const seen = browser.page.evaluate(waitForInterface, { name, present: adds });
      const startedAt = Date.now();
      execFileSync(
        "ip",
        adds ? ["link", "add", name, "type", "veth", "peer", "name", `${name}p`] : ["link", "del", name],
      );
      delaysMs.push((await seen) - startedAt);
      await new Promise((resolve) => setTimeout(resolve, 50 + ((i * 37) % 200)));
    }
    printSeries("kernel to page", delaysMs, `${CHANGES} changes, veth pairs added and removed`, "aim <= 500 ms p99");
  } finally {
    await browser.close();
    for (let i = 0; i < CHANGES / 2; i++) {
      try {
        execFileSync("ip", ["link", "del", `nsb${i}`], { stdio: "ignore" });
      } catch {
        // It is gone already, as it should be.
      }
    }
  }
}

/** Runs in the page. Resolves with the wall clock when the map shows, or no longer shows, the interface. */
function waitForInterface({ name, present }: { name: string; present: boolean }): Promise<number> {
  const page = window as unknown as { __nephoscope: { visibleIds(): readonly string[] } };
  return new Promise((resolve, reject) => {
    const deadline = Date.now() + 10_000;
    const look = (): void => {
      const isThere = page.__nephoscope.visibleIds().some((id) => id.endsWith(`/if/${name}`));
      if (isThere === present) resolve(Date.now());
      else if (Date.now() > deadline) reject(new Error(`waited 10 s for ${name}`));
      else setTimeout(look, 4);
    };
    look();
  });
}

/** CPU and resident memory of the agent's own process over whole intervals, with one topology read a minute or less. */
async function measureAgent(pid: number): Promise<void> {
  const cpuBefore = cpuSeconds(pid);
  const rssBytes: number[] = [];
  for (let i = 0; i < SAMPLES; i++) {
    await new Promise((resolve) => setTimeout(resolve, INTERVAL_SECONDS * 1_000));
    rssBytes.push(residentBytes(pid));
  }
  const cpuMs = ((cpuSeconds(pid) - cpuBefore) * 1_000) / SAMPLES;
  const children = childProcesses(pid);
  const childBytes = children.reduce((sum, child) => sum + residentBytes(child), 0);
  console.log(
    `agent CPU    ${cpuMs.toFixed(1)} ms a sample (user + system, ${SAMPLES} samples of ${INTERVAL_SECONDS} s)   aim <= 20 ms`,
  );
  console.log(
    `agent memory ${(Math.max(...rssBytes) / 1e6).toFixed(1)} MB resident at most (${(residentBytes(pid, "VmHWM") / 1e6).toFixed(1)} MB peak since start)   aim <= 80 MB`,
  );
  console.log(
    `             besides: ${children.length} child processes (ip monitor), ${(childBytes / 1e6).toFixed(1)} MB`,
  );
}

async function measurePageLoad(): Promise<void> {
  const loadsMs: number[] = [];
  for (let i = 0; i < LOADS; i++) {
    const browser = await openBrowser({ graphics: "without WebGL" });
    const startedAt = performance.now();
    await openPage(browser, collector);
    loadsMs.push(performance.now() - startedAt);
    await browser.close();
  }
  printSeries("page load", loadsMs, `${LOADS} loads with a cold cache, until the map is drawn`, "");
}

function printSeries(name: string, valuesMs: readonly number[], what: string, aim: string): void {
  const sorted = [...valuesMs].sort((a, b) => a - b);
  const at = (share: number) =>
    (sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? 0).toFixed(0);
  console.log(`${name.padEnd(12)} median ${at(0.5)} ms, p99 ${at(0.99)} ms, worst ${at(1)} ms (${what})   ${aim}`);
}

async function nodeIds(): Promise<readonly string[]> {
  const answer = (await collector.get("/api/v1/topology?at=now").catch(() => ({ elements: [] }))) as {
    elements: { id: string }[];
  };
  return answer.elements.map(({ id }) => id);
}

/** The launcher's child, or the launcher itself where it became the agent. */
function agentProcess(launcherPid: number): number | undefined {
  return childProcesses(launcherPid).find(
    (pid) => /node$/.test(readFileSync(`/proc/${pid}/comm`, "utf8").trim()) || isAgent(pid),
  );
}

function isAgent(pid: number): boolean {
  return readFileSync(`/proc/${pid}/cmdline`, "latin1").includes("agent");
}

function childProcesses(pid: number): readonly number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
  return text === "" ? [] : text.split(" ").map(Number);
}

function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

function residentBytes(pid: number, field: "VmRSS" | "VmHWM" = "VmRSS"): number {
  const match = new RegExp(`${field}:\\s+(\\d+) kB`).exec(readFileSync(`/proc/${pid}/status`, "utf8"));
  return Number(match?.[1] ?? 0) * 1_024;
}

function processCount(): number {
  return execFileSync("ls", ["/proc"], { encoding: "utf8" })
    .split("\n")
    .filter((name) => /^\d+$/.test(name)).length;
}
