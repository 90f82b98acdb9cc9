import { spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { freePort, startInfluxd } from "../test/integration/fixtures/influxd.ts";
import { answers, end } from "../test/integration/fixtures/server-process.ts";

/** A server that takes line protocol. */
export interface MetricServer {
  readonly name: string;
  readonly url: string;
  readonly pid: number;
  readonly folder: string;
  stop(): Promise<void>;
}

const MAIN = join(import.meta.dirname, "../cli/main.ts");

export interface OurOptions {
  /** Settings as `--set` takes them. */
  readonly settings?: readonly string[];
  /** Flags of Node. */
  readonly nodeFlags?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** Told each line of the log; warnings are printed when it is left out. */
  readonly onLog?: (line: string) => void;
}

/** The series of 10,000 hosts, and what comes new in hours. */
const MAX_SERIES = 8_000_000;

export async function startOurs(folder: string, options: OurOptions = {}): Promise<MetricServer> {
  mkdirSync(folder, { recursive: true });
  const port = await freePort();
  const { onLog } = options;
  const settings = [
    "agent.enabled=false",
    `log.level=${onLog === undefined ? "warn" : "info"}`,
    `metrics.max_series=${MAX_SERIES}`,
    ...(options.settings ?? []),
  ].flatMap((setting) => ["--set", setting]);
  const up = [MAIN, "up", "--port", String(port), "--data", folder, "--cluster", "bench", ...settings];
  const args = [...(options.nodeFlags ?? []), ...profiled(), ...up];
  const run = { program: process.execPath, args, env: options.env, onLog };
  return started({ name: "nephoscope", port, folder, isUpPath: "/readyz" }, run);
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
  const run = { program: "victoria-metrics", args: [...args, ...quiet] };
  return started({ name: "victoria-metrics", port, folder, isUpPath: "/health" }, run);
}

/** In a folder of its own. */
export async function startInflux(): Promise<MetricServer> {
  const influxd = await startInfluxd();
  await influxd.query("CREATE DATABASE bench");
  const { url, folder } = influxd;
  return { name: "influxd 1.6", url, folder, pid: influxd.pid() ?? 0, stop: influxd.stop };
}

interface Run {
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv | undefined;
  readonly onLog?: ((line: string) => void) | undefined;
}

async function started(
  { name, port, folder, isUpPath }: { name: string; port: number; folder: string; isUpPath: string },
  { program, args, env = {}, onLog }: Run,
): Promise<MetricServer> {
  const stdio = ["ignore", "ignore", onLog === undefined ? "inherit" : "pipe"] as const;
  const child = spawn(program, args, { stdio: [...stdio], env: { ...process.env, ...env } });
  if (child.stderr !== null && onLog !== undefined) createInterface(child.stderr).on("line", onLog);
  const url = `http://127.0.0.1:${port}`;
  await answers(`${url}${isUpPath}`, child, { withinMs: 60_000 }).catch(async (error: unknown) => {
    await end(child, "SIGKILL");
    throw error;
  });
  return { name, url, folder, pid: child.pid ?? 0, stop: () => end(child, END_SIGNAL) };
}

/** A profile is written at an orderly end only. */
const END_SIGNAL = process.env.BENCH_CPU_PROFILES === undefined ? "SIGKILL" : "SIGTERM";
