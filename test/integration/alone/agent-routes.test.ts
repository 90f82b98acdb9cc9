import { afterEach, beforeEach, expect, test } from "vitest";
import { hostId, interfaceId, netnsId } from "../../../core/element-id.ts";
import { Lifetime } from "../../../core/lifetime.ts";
import { createTestNetwork, type TestNetwork } from "../fixtures/namespaces.ts";
import { HOST, type RunningAgent, startRunningAgent } from "../fixtures/running-agent.ts";

let lifetime: Lifetime;
let network: TestNetwork;
let agent: RunningAgent;
let netns: string;

beforeEach(async () => {
  lifetime = new Lifetime();
  network = await createTestNetwork(lifetime);
  agent = await startRunningAgent(lifetime, {
    location: { region: "r1", zone: "z1", rack: "k1" },
    metadata: { "mydict.value": 123, "myarrays.strings": ["cat", "dog"], critical: true },
  });
  netns = await network.namespace();
  await agent.node(netnsId(HOST, netns));
});
afterEach(() => lifetime.end());

const ip = (...args: readonly string[]) => network.ipIn(netns, ...args);
const within = (name: string) => interfaceId(HOST, netns, name);
const routesOf = (name: string, fits: (routes: string) => boolean) =>
  agent.node(within(name), ({ attributes }) => fits(String(attributes.routes ?? "")));

async function makePair(): Promise<void> {
  await ip("link", "add", "x0", "type", "veth", "peer", "name", "x1");
  for (const name of ["lo", "x0", "x1"]) await ip("link", "set", name, "up");
  await ip("addr", "add", "10.98.1.1/24", "dev", "x0");
}

test("the host stands in its rack and tells what people said of it", async () => {
  expect(await agent.node(hostId(HOST))).toMatchObject({
    parent: "region/r1/zone/z1/rack/k1",
    attributes: {
      "metadata.mydict.value": 123,
      "metadata.myarrays.strings": ["cat", "dog"],
      "metadata.critical": true,
    },
  });
});

test("routes of every table are told at their device, also when the kernel takes them away in silence", async () => {
  await makePair();
  await routesOf("x0", (routes) => routes.includes("10.98.1.0/24"));
  await ip("route", "add", "124.65.92.0/24", "via", "10.98.1.2", "table", "2");
  const { attributes } = await routesOf("x0", (routes) => routes.includes("124.65.92.0/24"));
  expect(attributes.routes).toEqual([
    "10.98.1.0/24 proto kernel scope link src 10.98.1.1",
    "124.65.92.0/24 via 10.98.1.2 table 2",
  ]);
  await ip("link", "set", "x0", "down");
  await routesOf("x0", (routes) => routes === "");
});

test("a route that leads nowhere is told at its namespace, and goes", async () => {
  await makePair();
  await ip("route", "add", "blackhole", "10.78.0.0/16");
  await agent.node(netnsId(HOST, netns), ({ attributes }) => String(attributes.routes) === "blackhole 10.78.0.0/16");
  await ip("route", "del", "blackhole", "10.78.0.0/16");
  await agent.node(netnsId(HOST, netns), ({ attributes }) => attributes.routes === undefined);
});

test("a large table is told by its size and a digest, at its namespace", async () => {
  await makePair();
  await network.batchIn(
    netns,
    Array.from({ length: 2_000 }, (_, n) => `route add 172.16.${n >> 8}.${n & 255}/32 dev x0`),
  );
  const { attributes } = await agent.node(netnsId(HOST, netns), (node) => Number(node.attributes.route_count) > 2_000);
  expect(attributes.route_digest).toMatch(/^[0-9a-f]{16}$/);
  await routesOf("x0", (routes) => routes === "");
});

test("a bridge tells its features, and which were switched since", async () => {
  await ip("link", "add", "br9", "type", "bridge");
  const features = (fits: (names: string) => boolean) =>
    agent.node(within("br9"), ({ attributes }) => fits(String(attributes.features)));
  await features((names) => names.includes("highdma") && names.includes("tx-checksum-ip-generic"));
  await network.execIn(netns, "ethtool", "-K", "br9", "tx-checksum-ip-generic", "off");
  await features((names) => !names.includes("tx-checksum-ip-generic"));
});
