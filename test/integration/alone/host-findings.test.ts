import { mkdir, mkdtemp, open, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { conntrackProbe } from "../../../agent/connections/conntrack-probe.ts";
import { amqpProbe } from "../../../agent/findings/amqp-probe.ts";
import { diskProbe } from "../../../agent/metrics/disk-probe.ts";
import { createVacantNamespaces } from "../../../agent/network-node/vacant-namespaces.ts";
import type { Probe } from "../../../agent/probe.ts";
import { createProcReader } from "../../../agent/proc-reader.ts";
import { DEFAULT_RULES_PATH } from "../../../alerts/rules/rule-source.ts";
import { systemClock } from "../../../core/clock.ts";
import { Lifetime } from "../../../core/lifetime.ts";
import type { Point } from "../../../core/line-protocol.ts";
import { quietContext } from "../../agent/probe-context.ts";
import { MemoryMetricStore } from "../../fakes/memory-metric-store.ts";
import { eventually } from "../../fixtures/eventually.ts";
import { ask } from "../../promql/ask.ts";
import { wrong } from "../../topology/invariants/judging.ts";
import { samplesOf } from "../fixtures/catalogue-samples.ts";
import { background, run } from "../fixtures/command.ts";
import { HOST, startRunningAgent } from "../fixtures/running-agent.ts";

const CONNTRACK_MAX = "/proc/sys/net/netfilter/nf_conntrack_max";

let lifetime: Lifetime;
beforeEach(() => {
  lifetime = new Lifetime();
});
afterEach(() => lifetime.end());

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "nephoscope-findings-"));
  lifetime.defer("folder", () => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Sets the size of this host's connection table, which it gets back at the end of the test. */
async function setConntrackMax(value: number): Promise<void> {
  await writeFile(CONNTRACK_MAX, String(value));
}
async function conntrackMax(): Promise<number> {
  const value = Number(await readFile(CONNTRACK_MAX, "utf8"));
  lifetime.defer("size of the connection table", () => setConntrackMax(value));
  return value;
}

/** What a source hands over, once it is there. */
async function sampler(probe: Probe): Promise<() => Promise<readonly Point[]>> {
  const over = new AbortController();
  lifetime.defer(probe.name, () => over.abort());
  const session = await eventually(() => probe.detect(quietContext({ signal: over.signal })), { what: probe.name });
  return async () => {
    const points: Point[] = [];
    await session.sample?.(systemClock.now(), (point) => void points.push(point));
    return points;
  };
}
const intOf = (point: Point | undefined, field: string) =>
  Number(JSON.stringify(point?.fields[field] ?? "").replaceAll(/\D/g, ""));

test("a connection table raised by hand and not in the configuration is found by its name, and no more once it is written down", async () => {
  const before = await conntrackMax();
  const root = await temporaryFolder();
  await mkdir(join(root, "etc/sysctl.d"), { recursive: true });
  const configure = (value: number) =>
    writeFile(join(root, "etc/sysctl.d/90-cloud.conf"), `net.netfilter.nf_conntrack_max = ${value}\n`);
  await configure(before);
  const agent = await startRunningAgent(lifetime, { hostWatch: { sysctl: { root: `${root}/`, readEveryMs: 100 } } });
  const name = "net.netfilter.nf_conntrack_max";
  const isSaid = (running: number, configured: number) =>
    agent.node(
      `host/${HOST}`,
      ({ attributes }) =>
        attributes[`sysctl.${name}`] === String(running) &&
        attributes[`sysctl_configured.${name}`] === String(configured),
    );
  expect(wrong("sysctl_not_as_configured", [await isSaid(before, before)])).toEqual([]);
  await setConntrackMax(before + 4_096);
  expect(wrong("sysctl_not_as_configured", [await isSaid(before + 4_096, before)])).toEqual([
    {
      elements: [`host/${HOST}`],
      level: "warning",
      settings: [`${name}: ${before + 4_096} ≠ ${before}`],
      count: 1,
    },
  ]);
  await configure(before + 4_096);
  expect(wrong("sysctl_not_as_configured", [await isSaid(before + 4_096, before + 4_096)])).toEqual([]);
});

test("a connection table that is nearly full is above what the rule that comes along warns of", async () => {
  await conntrackMax();
  const source = "198.51.100.1";
  lifetime.defer("entries", async () => void (await run("conntrack", "-D", "-s", source).catch(() => "")));
  for (let port = 1; port <= 60; port++) {
    const ends = ["-s", source, "-d", "198.51.100.2", "--sport", String(port), "--dport", "80"];
    await run("conntrack", "-I", "-p", "tcp", ...ends, "--state", "ESTABLISHED", "-t", "120");
  }
  const namespaces = () => [];
  const vacant = createVacantNamespaces({ namespaces, clock: systemClock });
  const sample = await sampler(conntrackProbe(createProcReader(), namespaces, vacant));
  const rules = await readFile(DEFAULT_RULES_PATH, "utf8");
  const conditions = [...rules.matchAll(/^ +expr: (conntrack_count.*)$/gm)].map(([, condition = ""]) => condition);
  expect(conditions, "a warning and a critical one").toHaveLength(2);
  /** Of how many of the rules the condition holds for what the source says. */
  const holding = async (points: readonly Point[]) => {
    const store = new MemoryMetricStore();
    await store.write({ samples: samplesOf(points) });
    const now = Math.ceil(systemClock.now() / 1_000);
    const answers = await Promise.all(conditions.map((condition) => ask(store, condition, now)));
    return answers.filter((answer) => Object.keys(answer).length > 0).length;
  };
  await setConntrackMax(100_000);
  const points = await sample();
  const count = intOf(points[0], "count");
  expect(count).toBeGreaterThanOrEqual(60);
  expect(await holding(points)).toBe(0);
  await setConntrackMax(Math.ceil(count / 0.95));
  expect(await holding(await sample())).toBe(2);
});

test("of two connections to the message broker the silent one is idle, by the process that holds it", async () => {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => sockets.add(socket.on("error", () => undefined)));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" ? (address?.port ?? 0) : 0;
  lifetime.defer("broker", () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const service = `nst${process.pid.toString(36)}-metadata-agent`;
  const client = join(await temporaryFolder(), service);
  const text = `use IO::Socket::INET; my $s = IO::Socket::INET->new("127.0.0.1:${port}"); sleep 600;`;
  await writeFile(client, `#!/usr/bin/perl\n${text}\n`, { mode: 0o755 });
  const clients = [1, 2].map(() => background(client, []));
  for (const { stop } of clients) lifetime.defer("client", stop);
  await eventually(() => sockets.size === 2, { what: "two connections" });
  const timer = setInterval(() => [...sockets][0]?.write("."), 20);
  lifetime.defer("heartbeats", () => clearInterval(timer));
  const options = { ports: [port], heartbeatSeconds: 0.2, readEveryMs: 100 };
  const sample = await sampler(amqpProbe({ proc: createProcReader(), clock: systemClock }, options));
  const line = async () => (await sample()).find(({ tags }) => tags.process === service);
  const one = await eventually(
    async () => {
      const point = await line();
      return intOf(point, "connections") === 2 && intOf(point, "idle_connections") === 1 ? point : undefined;
    },
    { what: "one idle of two" },
  );
  expect(Number(one.fields.oldest_idle_s)).toBeGreaterThan(0.6);
  for (const { stop } of clients) await stop();
  await eventually(async () => intOf((await line()) ?? one, "connections") === 0, { what: "no connections" });
});

test("a disk of this machine says how long writes took, and what it is", async () => {
  const folder = await temporaryFolder();
  const sample = await sampler(diskProbe(createProcReader()));
  const first = await sample();
  const info = first.filter(({ measurement }) => measurement === "disk_device");
  expect(info.map(({ tags }) => tags.device)).toEqual(
    first.flatMap(({ measurement, tags }) => (measurement === "diskio" ? [tags.device] : [])),
  );
  expect(info.every((point) => intOf(point, "size_bytes") > 0)).toBe(true);
  const file = await open(join(folder, "data"), "w");
  lifetime.defer("file", () => file.close());
  const written = await eventually(
    async () => {
      await file.write(Buffer.alloc(65_536));
      await file.sync();
      return (await sample()).find(({ fields }) => fields.write_latency_s !== undefined);
    },
    { what: "a write" },
  );
  const { write_latency_s: mean, write_latency_p50_s: p50, write_latency_p99_s: p99 } = written.fields;
  expect(Number(mean)).toBeGreaterThan(0);
  expect(Number(p99)).toBeGreaterThanOrEqual(Number(p50));
  expect(Number(p99)).toBeLessThan(60);
});
