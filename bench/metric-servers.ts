import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { freePort } from "../test/integration/fixtures/influxd.ts";

/** A server that takes line protocol. */
export interface MetricServer {
  readonly name: string;
  readonly url: string;
  readonly process: ChildProcess;
  readonly folder: string;
}

const MAIN = join(import.meta.dirname, "../cli/main.ts");

export async function startOurs(folder: string, settings: readonly string[] = []): Promise<MetricServer> {
  mkdirSync(folder, { recursive: true });
  const port = await freePort();
  const set = ["agent.enabled=false", "log.level=warn", ...settings].flatMap((setting) => ["--set", setting]);
  const args = [MAIN, "up", "--port", String(port), "--data", folder, "--cluster", "bench", ...set];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "inherit"] });
  const url = `http://127.0.0.1:${port}`;
  await answers(`${url}/readyz`, child);
  return { name: "nephoscope", url, process: child, folder };
}

/** Debian's package `victoria-metrics` has it. */
export async function startVictoriaMetrics(folder: string): Promise<MetricServer> {
  const port = await freePort();
  const args = [
    `-storageDataPath=${folder}`,
    `-httpListenAddr=127.0.0.1:${port}`,
    "-retentionPeriod=12",
    "-loggerLevel=ERROR",
  ];
  const child = spawn("victoria-metrics", args, { stdio: ["ignore", "ignore", "inherit"] });
  const url = `http://127.0.0.1:${port}`;
  await answers(`${url}/health`, child);
  return { name: "victoria-metrics", url, process: child, folder };
}

/** Debian's package `influxdb` has it; the write-ahead log is not synced before it answers only when told so, as it is not. */
export async function startInflux(folder: string): Promise<MetricServer> {
  mkdirSync(folder, { recursive: true });
  const [port, rpc] = [await freePort(), await freePort()];
  const config = join(folder, "influxdb.conf");
  writeFileSync(
    config,
    `reporting-disabled = true
bind-address = "127.0.0.1:${rpc}"
[meta]
  dir = "${folder}/meta"
[data]
  dir = "${folder}/data"
  wal-dir = "${folder}/wal"
  index-version = "tsi1"
  query-log-enabled = false
  max-series-per-database = 0
  max-values-per-tag = 0
[http]
  bind-address = "127.0.0.1:${port}"
  log-enabled = false
[monitor]
  store-enabled = false
[continuous_queries]
  enabled = false
`,
  );
  const child = spawn("influxd", ["-config", config], { stdio: ["ignore", "ignore", "ignore"] });
  const url = `http://127.0.0.1:${port}`;
  await answers(`${url}/ping`, child);
  await fetch(`${url}/query?q=${encodeURIComponent("CREATE DATABASE bench")}`, { method: "POST" });
  return { name: "influxd 1.6", url, process: child, folder };
}

export async function stop({ process: child }: MetricServer): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
}

async function answers(url: string, child: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    if (child.exitCode !== null) throw new Error(`the server ended at its start`);
    const isUp = await fetch(url).then(
      (reply) => reply.ok,
      () => false,
    );
    if (isUp) return;
    await wait(100);
  }
  throw new Error(`${url} did not answer within a minute`);
}
