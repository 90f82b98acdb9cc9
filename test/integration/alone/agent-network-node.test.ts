import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { hostId, interfaceId, netnsId } from "../../../core/element-id.ts";
import { Lifetime } from "../../../core/lifetime.ts";
import { eventually } from "../../fixtures/eventually.ts";
import { wrong } from "../../topology/invariants/judging.ts";
import { background, run } from "../fixtures/command.ts";
import { createTestNetwork, type TestNetwork } from "../fixtures/namespaces.ts";
import { HOST, type RunningAgent, startRunningAgent } from "../fixtures/running-agent.ts";
import { sentPoint, sentPoints } from "../fixtures/sent-points.ts";

const unique = (kind: number) =>
  `7e57${String(kind).padStart(4, "0")}-0000-4000-8000-${String(process.pid).padStart(12, "0")}`;

let lifetime: Lifetime;
let network: TestNetwork;
let folder: string;

beforeEach(async () => {
  lifetime = new Lifetime();
  network = await createTestNetwork(lifetime);
  folder = await mkdtemp(join(tmpdir(), "nephoscope-neutron-"));
  lifetime.defer("folder of the test", () => rm(folder, { recursive: true, force: true }));
});
afterEach(() => lifetime.end());

const start = (): Promise<RunningAgent> =>
  startRunningAgent(lifetime, {
    intervalMs: 1_000,
    networkNode: { neutronStateFolder: folder, scanEveryMs: 300, readVacantEveryMs: 300 },
  });

/** A namespace by the name that Neutron gives it. */
async function namespace(name: string): Promise<string> {
  await network.ip("netns", "add", name);
  lifetime.defer(`namespace ${name}`, () =>
    run("ip", "netns", "del", name).then(
      () => undefined,
      () => undefined,
    ),
  );
  return name;
}

/** A dnsmasq as Neutron starts it, on a tap of the namespace. */
function dnsmasq(netns: string, binding: readonly string[]): { stop(): Promise<void> } {
  const args = [
    "--keep-in-foreground",
    "--conf-file=/dev/null",
    "--port=0",
    "--dhcp-range=10.66.0.10,10.66.0.20,600",
    "--leasefile-ro",
    "--dhcp-script=/bin/true",
    `--pid-file=${join(folder, `${Math.random()}.pid`)}`,
    ...binding,
  ];
  const server = background("ip", ["netns", "exec", netns, "dnsmasq", ...args]);
  lifetime.defer("dnsmasq", server.stop);
  return server;
}

async function withTap(netns: string, tap: string): Promise<void> {
  await network.ipIn(netns, "link", "add", tap, "type", "veth", "peer", "name", "far");
  for (const device of [tap, "far"]) await network.ipIn(netns, "link", "set", device, "up");
  await network.ipIn(netns, "addr", "add", "10.66.0.2/24", "dev", tap);
}

test("two unbound DHCP servers in a namespace are a finding, a bound one and the helpers that they fork are not", async () => {
  const id = unique(1);
  const netns = await namespace(`qdhcp-${id}`);
  await withTap(netns, "tap7e570001");
  const agent = await start();
  const bound = dnsmasq(netns, ["--bind-dynamic", "--interface=tap7e570001", "--except-interface=lo"]);
  const served = (...servers: readonly string[]) =>
    agent.node(
      netnsId(HOST, netns),
      ({ attributes }) => JSON.stringify(attributes.dhcp_servers ?? []) === JSON.stringify(servers),
    );
  const found = () => wrong("dhcp_servers_collide", [...agent.collector.elements.values()]);

  // With --dhcp-script it has forked a helper: one server nevertheless.
  const node = await served("dnsmasq:bound:tap7e570001:67");
  expect(node.attributes).toMatchObject({ service: "dhcp", network_id: id });
  expect(found()).toEqual([]);

  const first = dnsmasq(netns, ["--bind-interfaces"]);
  await served("dnsmasq:bound:tap7e570001:67", "dnsmasq:unbound:67");
  expect(found(), "one of them takes what comes to any interface").toEqual([]);

  dnsmasq(netns, ["--bind-interfaces"]);
  await served("dnsmasq:bound:tap7e570001:67", "dnsmasq:unbound:67", "dnsmasq:unbound:67");
  expect(found()).toMatchObject([{ elements: [netnsId(HOST, netns)] }]);

  await first.stop();
  await served("dnsmasq:bound:tap7e570001:67", "dnsmasq:unbound:67");
  expect(found()).toEqual([]);
  await bound.stop();
  await served("dnsmasq:unbound:67");
});

test("another server of the same network in another place is none of this namespace's", async () => {
  const [here, there] = [await namespace(`qdhcp-${unique(2)}`), await namespace(`qdhcp-${unique(3)}`)];
  for (const netns of [here, there]) {
    await withTap(netns, "tap7e570002");
    dnsmasq(netns, ["--interface=tap7e570002"]);
  }
  const agent = await start();
  for (const netns of [here, there]) {
    await agent.node(
      netnsId(HOST, netns),
      ({ attributes }) => JSON.stringify(attributes.dhcp_servers) === '["dnsmasq:unbound:67"]',
    );
  }
  expect(wrong("dhcp_servers_collide", [...agent.collector.elements.values()])).toEqual([]);
});

/** A router without inhabitants, between two networks in a namespace of their own. */
async function router(id: string): Promise<{ readonly netns: string; send(packets: number): Promise<void> }> {
  const netns = await namespace(`qrouter-${id}`);
  const outside = await network.namespace();
  const short = id.slice(4, 8);
  for (const [device, far, subnet] of [
    [`qr-${short}`, "inner", "10.71.0"],
    [`qg-${short}`, "outer", "10.72.0"],
  ] as const) {
    await network.ipIn(netns, "link", "add", device, "type", "veth", "peer", "name", far, "netns", outside);
    await network.ipIn(netns, "addr", "add", `${subnet}.1/24`, "dev", device);
    await network.ipIn(netns, "link", "set", device, "up");
    await network.ipIn(outside, "addr", "add", `${subnet}.2/24`, "dev", far);
    await network.ipIn(outside, "link", "set", far, "up");
  }
  return {
    netns,
    async send(packets) {
      const line = `for n in $(seq ${packets}); do echo 12345678 > /dev/udp/10.71.0.1/9; done; true`;
      await network.execIn(outside, "bash", "-c", line).catch(() => undefined);
    },
  };
}

test("a network node says its role and what its routers carry, and a router that goes takes nothing back", async () => {
  const id = unique(4);
  const { netns, send } = await router(id);
  const agent = await start();
  await agent.node(hostId(HOST), ({ attributes }) => attributes.role === "network");
  const device = await agent.node(
    interfaceId(HOST, netns, "qg-0004"),
    ({ attributes }) => attributes.device_owner !== undefined,
  );
  expect(device.attributes.device_owner).toBe("network:router_gateway");
  expect((await agent.node(netnsId(HOST, netns))).attributes).toMatchObject({ service: "router", router_id: id });
  const tags = { netns, interface: "qr-0004", service: "router", router_id: id, side: "internal" };
  const before = await sentPoint(agent, "net_if", tags);
  const carried = await sentPoint(agent, "network_node", {}, ({ routers = 0 }) => routers > 0);
  await send(50);
  await sentPoint(agent, "net_if", tags, ({ rx_packets = 0 }) => rx_packets >= (before.fields.rx_packets ?? 0) + 50);
  const grown = await sentPoint(
    agent,
    "network_node",
    {},
    ({ rx_packets = 0 }) => rx_packets >= (carried.fields.rx_packets ?? 0) + 50,
  );
  expect(grown.fields.rx_bytes).toBeGreaterThan(50 * 50);

  await network.ip("netns", "del", netns);
  await agent.gone(netnsId(HOST, netns));
  const seen = sentPoints(agent, "network_node").length;
  await network.ip("netns", "add", netns);
  await network.ipIn(netns, "link", "add", "qg-0004", "type", "veth", "peer", "name", "far");
  await eventually(() => sentPoints(agent, "network_node").length > seen + 2);
  const values = sentPoints(agent, "network_node").map(({ fields }) => fields.rx_packets ?? Number.NaN);
  expect(values).toEqual(values.toSorted((a, b) => a - b));
});

test("the state of a highly available router is told of its namespace, and its transition is an event", async () => {
  const id = unique(5);
  const { netns } = await router(id);
  await mkdir(join(folder, "ha_confs", id), { recursive: true });
  const state = (text: string) => writeFile(join(folder, "ha_confs", id, "state"), text);
  await state("backup");
  const agent = await start();
  await agent.node(netnsId(HOST, netns), ({ attributes }) => attributes.ha_state === "backup");
  await sentPoint(agent, "network_node", {}, ({ active_routers }) => active_routers === 0);
  await state("primary\n");
  await agent.node(netnsId(HOST, netns), ({ attributes }) => attributes.ha_state === "primary");
  await sentPoint(agent, "network_node", {}, ({ active_routers }) => active_routers === 1);
});
