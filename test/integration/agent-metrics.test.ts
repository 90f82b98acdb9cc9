import { readFile } from "node:fs/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Lifetime } from "../../core/lifetime.ts";
import { METRIC_CATALOGUE, type MeasurementSpec } from "../../core/metric-catalogue.ts";
import { eventually } from "../agent/eventually.ts";
import { createTestNetwork, type TestNetwork } from "./fixtures/namespaces.ts";
import { HOST, type RunningAgent, startRunningAgent } from "./fixtures/running-agent.ts";

const INTERVAL_MS = 1_000;

let lifetime: Lifetime;
let network: TestNetwork;
let agent: RunningAgent;

beforeEach(async () => {
  lifetime = new Lifetime();
  network = await createTestNetwork(lifetime);
  agent = await startRunningAgent(lifetime, { intervalMs: INTERVAL_MS });
});
afterEach(() => lifetime.end());

interface Line {
  readonly measurement: string;
  readonly tags: { readonly [name: string]: string };
  readonly fields: { readonly [name: string]: number };
  readonly at: number;
}

/** Enough of line protocol for what the agent writes: no value here holds a comma or an equals sign. */
function parse(line: string): Line {
  const [head = "", fields = "", at = ""] = line.split(/(?<!\\) /);
  const [measurement = "", ...tags] = head.split(",");
  const pairs = (list: readonly string[]) => list.map((pair) => pair.split("=") as [string, string]);
  return {
    measurement,
    tags: Object.fromEntries(pairs(tags)),
    fields: Object.fromEntries(pairs(fields.split(",")).map(([name, value]) => [name, Number.parseFloat(value)])),
    at: Number(at),
  };
}
const written = () => agent.collector.writes.flatMap(({ lines }) => lines.map(parse));
const line = (
  measurement: string,
  tags: { readonly [name: string]: string },
  fits: (line: Line) => boolean = () => true,
) =>
  eventually(`${measurement} ${JSON.stringify(tags)}`, () =>
    written().find(
      (it) =>
        it.measurement === measurement &&
        Object.entries(tags).every(([name, value]) => it.tags[name] === value) &&
        fits(it),
    ),
  );

test("what this machine writes is in the catalogue, names this host, and is of this moment", async () => {
  await line("agent", {});
  const catalogue: { readonly [measurement: string]: MeasurementSpec } = METRIC_CATALOGUE;
  for (const { measurement, tags, fields, at } of written()) {
    const spec = catalogue[measurement];
    expect(spec, measurement).toBeDefined();
    expect(tags.host).toBe(HOST);
    expect(Object.keys(tags).filter((tag) => tag !== "host" && !spec?.tags.includes(tag))).toEqual([]);
    expect(Object.keys(fields).filter((field) => spec?.fields[field] === undefined)).toEqual([]);
    expect(Math.abs(at - Date.parse(new Date().toISOString()))).toBeLessThan(60_000);
  }
});

test("the sources that every Linux has are all written", async () => {
  await line("agent", {});
  const names = new Set(written().map(({ measurement }) => measurement));
  for (const name of ["cpu", "system", "mem", "diskio", "filesystem", "net_if", "softnet", "netstat", "process"]) {
    expect(names, name).toContain(name);
  }
});

test("three samples come within five seconds and then one at each multiple of the interval", async () => {
  const startedMs = performance.now();
  const times = () =>
    written()
      .filter(({ measurement }) => measurement === "system")
      .map(({ at }) => at);
  await eventually("three samples", () => times().length >= 3, 6_000);
  expect(performance.now() - startedMs).toBeLessThan(5_500);
  await eventually("three more samples", () => times().length >= 6, 6_000);
  const aligned = times().slice(3);
  for (const at of aligned) expect(Math.abs(at - Math.round(at / INTERVAL_MS) * INTERVAL_MS)).toBeLessThan(300);
  expect(new Set(aligned.map((at) => Math.round(at / INTERVAL_MS))).size).toBe(aligned.length);
});

test("memory and uptime are what the kernel says", async () => {
  const total = Number(/MemTotal:\s+(\d+)/.exec(await readFile("/proc/meminfo", "utf8"))?.[1]) * 1024;
  expect((await line("mem", {})).fields.total_bytes).toBe(total);
  const uptime = Number((await readFile("/proc/uptime", "utf8")).split(" ")[0]);
  expect(Math.abs(((await line("system", {})).fields.uptime_s ?? 0) - uptime)).toBeLessThan(60);
});

test("an interface says whether it is up, and counts what went through it", async () => {
  const [a, b] = [network.interfaceName(), network.interfaceName()];
  await network.addLink(a, "type", "veth", "peer", "name", b);
  expect((await line("net_if", { interface: a, kind: "veth" })).fields.up).toBe(0);
  await network.ip("link", "set", a, "up");
  await network.ip("link", "set", b, "up");
  const up = await line("net_if", { interface: a }, ({ fields }) => fields.up === 1);
  expect(up.fields.mtu_bytes).toBe(1500);
  // The kernel announces itself with IPv6 on a new link: that is traffic enough.
  await line("net_if", { interface: a }, ({ fields }) => (fields.tx_packets ?? 0) > 0);
  expect((await line("net_if", { interface: "lo" })).fields.up).toBe(1);
});

test("interfaces of a namespace with a process inside are counted under its name", async () => {
  const holder = await network.unnamedNamespace();
  const a = network.interfaceName();
  await network.addLink(a, "type", "veth", "peer", "name", "eth0", "netns", String(holder.pid));
  const inside = await line(
    "net_if",
    { interface: "eth0", kind: "veth" },
    ({ tags }) => tags.netns?.startsWith("sleep") === true,
  );
  expect(inside.fields).toMatchObject({ rx_bytes: 0, up: 0 });
});

test("a sample costs less than 20 ms of CPU time", async () => {
  const costs = () =>
    written().flatMap(({ measurement, fields }) => (measurement === "agent" ? [fields.sample_cpu_s ?? 1] : []));
  await eventually("six samples", () => costs().length >= 6, 15_000);
  const sorted = costs().toSorted((x, y) => x - y);
  expect(sorted[Math.floor(sorted.length / 2)]).toBeLessThan(0.02);
});
