import { afterEach, beforeEach, expect, test } from "vitest";
import { interfaceId, netnsId } from "../../../core/element-id.ts";
import { Lifetime } from "../../../core/lifetime.ts";
import { eventually } from "../../fixtures/eventually.ts";
import { createTestNetwork, type TestNetwork } from "../fixtures/namespaces.ts";
import { HOST, type RunningAgent, startRunningAgent } from "../fixtures/running-agent.ts";

let lifetime: Lifetime;
let network: TestNetwork;
let agent: RunningAgent;

beforeEach(async () => {
  lifetime = new Lifetime();
  network = await createTestNetwork(lifetime);
  agent = await startRunningAgent(lifetime);
});
afterEach(() => lifetime.end());

const here = (name: string) => interfaceId(HOST, undefined, name);
const within = (netns: string, name: string) => interfaceId(HOST, netns, name);

test("the host and its interfaces are there from the start", async () => {
  const host = await agent.node(`host/${HOST}`);
  expect(host.attributes).toMatchObject({
    kernel: expect.any(String),
    cpus: expect.any(Number),
    memory_bytes: expect.any(Number),
  });
  expect(await agent.node(here("lo"))).toMatchObject({ kind: "loopback", parent: `host/${HOST}`, cluster: "test" });
});

test("a veth pair appears with its link, changes with its addresses and state, and goes", async () => {
  const [a, b] = [network.interfaceName(), network.interfaceName()];
  await network.addLink(a, "type", "veth", "peer", "name", b);
  expect(await agent.node(here(a))).toMatchObject({ kind: "veth", attributes: { admin_up: false } });
  await agent.node(here(b));
  await eventually(() => agent.linksOf("veth-pair", here(a)).length === 1, { what: "the pair" });
  await network.ip("link", "set", a, "up");
  await network.ip("link", "set", b, "up");
  await network.ip("addr", "add", "10.98.7.1/24", "dev", a);
  const up = await agent.node(here(a), ({ attributes }) => {
    return attributes.operstate === "up" && String(attributes.addresses).includes("10.98.7.1/24");
  });
  expect(up.attributes).toMatchObject({ admin_up: true, carrier: true });
  await network.ip("link", "del", a);
  await agent.gone(here(a));
  await agent.gone(here(b));
  expect(agent.linksOf("veth-pair", here(a))).toEqual([]);
});

test("a named namespace appears, what happens inside is seen, and it goes", async () => {
  const netns = await network.namespace();
  expect(await agent.node(netnsId(HOST, netns))).toMatchObject({ kind: "netns", attributes: { held_by: "name" } });
  await network.ipIn(netns, "link", "add", "br7", "type", "bridge");
  expect(await agent.node(within(netns, "br7"))).toMatchObject({ kind: "bridge", parent: netnsId(HOST, netns) });
  await network.ipIn(netns, "link", "add", "x", "type", "veth", "peer", "name", "y");
  await network.ipIn(netns, "link", "set", "x", "master", "br7");
  await eventually(() => agent.linksOf("layer2", within(netns, "br7")).length === 1, { what: "the membership" });
  await network.ip("netns", "del", netns);
  await agent.gone(netnsId(HOST, netns));
  await agent.gone(within(netns, "br7"));
});

test("a veth pair across namespaces is one link, and what happens at its far end is seen", async () => {
  const [netns, other] = [await network.namespace(), await network.namespace()];
  const a = network.interfaceName();
  await network.addLink(a, "type", "veth", "peer", "name", "eth0", "netns", netns);
  await agent.node(within(netns, "eth0"));
  const [pair] = await eventually(
    () => {
      const links = agent.linksOf("veth-pair", here(a));
      return links.length === 1 && links;
    },
    { what: "the pair" },
  );
  expect(agent.linksOf("veth-pair", within(netns, "eth0"))).toEqual([pair]);
  await network.ipIn(netns, "addr", "add", "10.98.8.2/24", "dev", "eth0");
  await agent.node(within(netns, "eth0"), ({ attributes }) => String(attributes.addresses).includes("10.98.8.2/24"));
  await network.ipIn(netns, "link", "set", "eth0", "netns", other);
  await agent.gone(within(netns, "eth0"));
  await agent.node(within(other, "eth0"));
  await eventually(() => agent.linksOf("veth-pair", within(other, "eth0")).length === 1, { what: "the pair" });
});

test("an unnamed namespace is named after its process, its veth finds its peer, and it goes with its process", async () => {
  const holder = await network.unnamedNamespace();
  const a = network.interfaceName();
  await network.addLink(a, "type", "veth", "peer", "name", "eth0", "netns", String(holder.pid));
  const netns = await eventually(
    () => [...agent.collector.elements.values()].find((it) => it.kind === "netns" && it.attributes.pid === holder.pid),
    { what: "the namespace" },
  );
  expect(netns).toMatchObject({ name: expect.stringMatching(/^sleep(~\d+)?$/), attributes: { held_by: "process" } });
  const far = `${netns.id}/if/eth0`;
  await agent.node(far);
  await eventually(() => agent.linksOf("veth-pair", far).length === 1, { what: "the pair" });
  await holder.end();
  await agent.gone(netns.id);
  await agent.gone(here(a));
});

test("tap, macvtap and vxlan carry what they are and what they stand on", async () => {
  const netns = await network.namespace();
  await network.ipIn(netns, "tuntap", "add", "tap0", "mode", "tap");
  await network.ipIn(netns, "link", "add", "v0", "type", "veth", "peer", "name", "v1");
  await network.ipIn(netns, "link", "set", "v0", "up");
  await network.ipIn(netns, "link", "add", "link", "v0", "name", "mvt0", "type", "macvtap", "mode", "bridge");
  await network.ipIn(
    netns,
    "link",
    "add",
    "vx42",
    "type",
    "vxlan",
    "id",
    "42",
    "local",
    "10.0.0.1",
    "remote",
    "10.0.0.2",
    "dstport",
    "4789",
    "dev",
    "v0",
  );
  expect(await agent.node(within(netns, "tap0"))).toMatchObject({
    kind: "tap",
    attributes: { tun_type: "tap", tun_persist: true },
  });
  expect(await agent.node(within(netns, "mvt0"))).toMatchObject({
    kind: "macvtap",
    attributes: { macvtap_mode: "bridge" },
  });
  expect(await agent.node(within(netns, "vx42"))).toMatchObject({
    kind: "vxlan",
    attributes: { vxlan_id: 42, vxlan_local: "10.0.0.1", vxlan_remote: "10.0.0.2", vxlan_port: 4789 },
  });
  await eventually(() => agent.linksOf("layer2", within(netns, "v0")).length === 2, { what: "the links" });
});

test("a rename is told as one", async () => {
  const [from, to] = [network.interfaceName(), network.interfaceName()];
  await network.addLink(from, "type", "bridge");
  await agent.node(here(from));
  await network.rename(from, to);
  await agent.node(here(to));
  const changes = agent.collector.changes.find(({ put }) => put.some(({ id }) => id === here(to)));
  // Others may change this host's network at the same moment.
  expect(changes?.remove).toContain(here(from));
  expect(changes?.renamed).toMatchObject({ [here(to)]: here(from) });
});

// How soon is measured by the bench, on a machine that does nothing else; here it matters that each one arrives.
test("each of twenty changes, one after another, reaches the collector", async () => {
  for (let n = 0; n < 20; n++) {
    const name = network.interfaceName();
    await network.addLink(name, "type", "bridge");
    await agent.node(here(name));
  }
});

test("namespaces, named or not, are seen each time one is made", async () => {
  for (let n = 0; n < 8; n++) {
    const netns = await network.namespace();
    await agent.node(netnsId(HOST, netns));
    const holder = await network.unnamedNamespace();
    await network.addLink(network.interfaceName(), "type", "veth", "peer", "name", "eth0", "netns", String(holder.pid));
    await eventually(() => agent.collector.elements.values().some(({ attributes }) => attributes.pid === holder.pid), {
      what: "the unnamed namespace",
    });
  }
});

test("a storm of changes ends with the truth", async () => {
  const netns = await network.namespace();
  await agent.node(netnsId(HOST, netns));
  const names = Array.from({ length: 60 }, (_, n) => `b${n}`);
  for (const name of names) await network.ipIn(netns, "link", "add", name, "type", "bridge");
  for (const name of names.slice(0, 30)) await network.ipIn(netns, "link", "del", name);
  await eventually(
    () => {
      const known = [...agent.collector.elements.values()].filter(
        (it) => it.kind === "bridge" && it.id.startsWith(netnsId(HOST, netns)),
      );
      return known.length === 30 && known.every((it) => "name" in it && names.indexOf(it.name) >= 30);
    },
    { what: "the end of the storm" },
  );
});
