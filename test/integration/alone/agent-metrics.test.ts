import { readFile } from "node:fs/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Lifetime } from "../../../core/lifetime.ts";
import { METRIC_CATALOGUE, type MeasurementSpec } from "../../../core/metric-catalogue.ts";
import { eventually } from "../../fixtures/eventually.ts";
import { createTestNetwork, type TestNetwork } from "../fixtures/namespaces.ts";
import { HOST, type RunningAgent, startRunningAgent } from "../fixtures/running-agent.ts";

const INTERVAL_MS = 1_000;
const LIMIT_MS = 20_000;

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
) => {
  const isIt = (it: Line) =>
    it.measurement === measurement &&
    Object.entries(tags).every(([name, value]) => it.tags[name] === value) &&
    fits(it);
  return eventually(() => written().find(isIt), { withinMs: LIMIT_MS, what: `${measurement} ${JSON.stringify(tags)}` });
};

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

// That they fall on multiples of the interval is tested by the clock, in the sampler's own test.
test("samples keep coming, each of a later moment than the one before", async () => {
  const times = () =>
    written()
      .filter(({ measurement }) => measurement === "system")
      .map(({ at }) => at);
  await eventually(() => times().length >= 6, { withinMs: LIMIT_MS, what: "six samples" });
  expect(times()).toEqual([...new Set(times())].toSorted((x, y) => x - y));
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

test("the agent tells what CPU time its samples cost", async () => {
  const { fields } = await line("agent", {}, ({ fields }) => (fields.sample_cpu_s ?? 0) > 0);
  expect(fields.sample_cpu_s).toBeLessThan(INTERVAL_MS / 1_000);
});
