import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { freePort, startInfluxd } from "../test/integration/fixtures/influxd.ts";

/** A server that takes line protocol. */
export interface MetricServer {
  readonly name: string;
  readonly url: string;
  readonly pid: number;
  readonly folder: string;
  stop(): Promise<void>;
}

const MAIN = join(import.meta.dirname, "../cli/main.ts");

export async function startOurs(folder: string): Promise<MetricServer> {
  mkdirSync(folder, { recursive: true });
  const port = await freePort();
  const settings = ["agent.enabled=false", "log.level=warn"].flatMap((setting) => ["--set", setting]);
  const args = [...profiled(), MAIN, "up", "--port", String(port), "--data", folder, "--cluster", "bench", ...settings];
  return started({ name: "nephoscope", port, folder, isUpPath: "/readyz" }, process.execPath, args);
}

/** With `BENCH_CPU_PROFILES` a folder gets a CPU profile of each server of ours. */
function profiled(): readonly string[] {
  const folder = process.env.BENCH_CPU_PROFILES;
  return folder === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${folder}`];
}

/** Debian's package `victoria-metrics` has it. */
export async function startVictoriaMetrics(folder: string): Promise<MetricServer> {
  const port = await freePort();
  const args = [`-storageDataPath=${folder}`, `-httpListenAddr=127.0.0.1:${port}`];
  const quiet = ["-retentionPeriod=12", "-loggerLevel=ERROR"];
  return started({ name: "victoria-metrics", port, folder, isUpPath: "/health" }, "victoria-metrics", [
    ...args,
    ...quiet,
  ]);
}

/** In a folder of its own. */
export async function startInflux(): Promise<MetricServer> {
  const influxd = await startInfluxd();
  await influxd.query("CREATE DATABASE bench");
  const { url, folder } = influxd;
  return { name: "influxd 1.6", url, folder, pid: influxd.pid() ?? 0, stop: influxd.stop };
}

async function started(
  { name, port, folder, isUpPath }: { name: string; port: number; folder: string; isUpPath: string },
  program: string,
  args: readonly string[],
): Promise<MetricServer> {
  const child = spawn(program, args, { stdio: ["ignore", "ignore", "inherit"] });
  const url = `http://127.0.0.1:${port}`;
  await answers(`${url}${isUpPath}`, child);
  return { name, url, folder, pid: child.pid ?? 0, stop: () => stopped(child) };
}

async function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  // A profile is written at an orderly end only.
  child.kill(process.env.BENCH_CPU_PROFILES === undefined ? "SIGKILL" : "SIGTERM");
  await gone;
}

async function answers(url: string, child: ChildProcess): Promise<void> {
  let failure: Error | undefined;
  child.once("error", (error) => {
    failure = error;
  });
  for (let tries = 0; tries < 600; tries++) {
    if (failure !== undefined) throw failure;
    if (child.exitCode !== null) throw new Error("the server ended at its start");
    const isUp = await fetch(url).then(
      (reply) => reply.ok,
      () => false,
    );
    if (isUp) return;
    await wait(100);
  }
  throw new Error(`${url} did not answer within a minute`);
}
