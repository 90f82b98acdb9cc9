import { afterEach, beforeEach, expect, test } from "vitest";
import { interfaceId, ovsBridgeId, ovsPortId } from "../../../core/element-id.ts";
import { Lifetime } from "../../../core/lifetime.ts";
import { eventually } from "../../fixtures/eventually.ts";
import { createTestNetwork, type TestNetwork } from "../fixtures/namespaces.ts";
import { type OpenVswitch, startOpenVswitch } from "../fixtures/open-vswitch.ts";
import { HOST, type RunningAgent, startRunningAgent } from "../fixtures/running-agent.ts";

let lifetime: Lifetime;
let network: TestNetwork;
let ovs: OpenVswitch;
let agent: RunningAgent;

beforeEach(async () => {
  lifetime = new Lifetime();
  network = await createTestNetwork(lifetime);
  ovs = await startOpenVswitch(network, lifetime);
  agent = await startRunningAgent(lifetime, { ovsDatabaseSocket: ovs.databaseSocket });
});
afterEach(() => lifetime.end());

const port = (bridge: string, name: string) => ovsPortId(HOST, bridge, name);

test("bridges and ports appear with what was configured, are changed and go", async () => {
  await ovs.addBridge("br-int");
  expect(await agent.node(ovsBridgeId(HOST, "br-int"))).toMatchObject({
    kind: "ovs-bridge",
    attributes: { datapath_type: "netdev" },
  });
  await network.ipIn(ovs.namespace, "tuntap", "add", "tap1", "mode", "tap");
  await ovs.vsctl(
    "add-port",
    "br-int",
    "tap1",
    "tag=5",
    "--",
    "set",
    "interface",
    "tap1",
    "external_ids:iface-id=1111",
  );
  const tap = await agent.node(port("br-int", "tap1"), ({ attributes }) => Number(attributes.ofport) > 0);
  expect(tap).toMatchObject({
    parent: ovsBridgeId(HOST, "br-int"),
    attributes: { tag: 5, type: "system", "external_ids.iface-id": "1111" },
  });
  await eventually(
    () => agent.linksOf("layer2", port("br-int", "tap1")).some((id) => id.endsWith(encodeURIComponent(`if/tap1`))),
    { what: "the link to the device" },
  );
  await ovs.vsctl(
    "remove",
    "interface",
    "tap1",
    "external_ids",
    "iface-id",
    "--",
    "set",
    "port",
    "tap1",
    "trunks=7,9,8",
  );
  const changed = await agent.node(port("br-int", "tap1"), ({ attributes }) => attributes.trunks !== undefined);
  expect(changed.attributes.trunks).toEqual([7, 8, 9]);
  expect(changed.attributes["external_ids.iface-id"]).toBeUndefined();
  await ovs.vsctl("set", "port", "tap1", "trunks=8,10");
  await agent.node(port("br-int", "tap1"), ({ attributes }) => String(attributes.trunks) === "8,10");
  await ovs.vsctl("del-port", "br-int", "tap1");
  await agent.gone(port("br-int", "tap1"));
});

test("a port whose device does not exist says so and has no link to one", async () => {
  await ovs.addBridge("br-int");
  await ovs.vsctl("--no-wait", "add-port", "br-int", "tapdead");
  const dead = await agent.node(port("br-int", "tapdead"), ({ attributes }) => attributes.error !== undefined);
  expect(dead.attributes.error).toContain("No such device");
  expect(agent.linksOf("layer2", dead.id)).toEqual([`${dead.id}/layer2/${encodeURIComponent("ovs/br-int")}`]);
});

test("patch ports are one link, tunnel ports tell their far end", async () => {
  await ovs.addBridge("br-int");
  await ovs.addBridge("br-tun");
  const patch = (bridge: string, name: string, peer: string) =>
    ovs.vsctl("add-port", bridge, name, "--", "set", "interface", name, "type=patch", `options:peer=${peer}`);
  await patch("br-int", "patch-tun", "patch-int");
  await agent.node(port("br-int", "patch-tun"));
  expect(agent.linksOf("patch", port("br-int", "patch-tun"))).toEqual([]);
  await patch("br-tun", "patch-int", "patch-tun");
  const [cord] = await eventually(
    () => {
      const links = agent.linksOf("patch", port("br-int", "patch-tun"));
      return links.length === 1 && links;
    },
    { what: "the patch" },
  );
  expect(agent.linksOf("patch", port("br-tun", "patch-int"))).toEqual([cord]);
  await ovs.vsctl(
    "add-port",
    "br-tun",
    "vx1",
    "--",
    "set",
    "interface",
    "vx1",
    "type=vxlan",
    "options:remote_ip=10.0.0.2",
    "options:key=flow",
  );
  const tunnel = await agent.node(port("br-tun", "vx1"));
  expect(tunnel.attributes).toMatchObject({ type: "vxlan", "options.remote_ip": "10.0.0.2", "options.key": "flow" });
});

test("an internal port that was moved into another namespace is still linked to its device", async () => {
  await ovs.addBridge("br-int");
  await ovs.vsctl("add-port", "br-int", "qr1", "--", "set", "interface", "qr1", "type=internal");
  const device = await agent.node(interfaceId(HOST, ovs.namespace, "qr1"));
  await ovs.vsctl("set", "interface", "qr1", `external_ids:attached-mac="${device.attributes.mac}"`);
  const linked = (netns: string) =>
    eventually(() => agent.linksOf("layer2", interfaceId(HOST, netns, "qr1")).length === 1, {
      what: `the link into ${netns}`,
    });
  await linked(ovs.namespace);
  const router = await network.namespace();
  await network.ipIn(ovs.namespace, "link", "set", "qr1", "netns", router);
  await linked(router);
});

test("while the database is away its bridges stay; what changed meanwhile is found afterwards", async () => {
  await ovs.addBridge("br-int");
  await agent.node(ovsBridgeId(HOST, "br-int"));
  const losses = () =>
    agent.entries.filter(
      ({ event, fields }) => event === "source lost" && JSON.stringify(fields).includes("openvswitch"),
    );
  await ovs.stopDatabase();
  await eventually(() => losses().length > 0, { what: "the loss to be said" });
  expect(agent.collector.elements.has(ovsBridgeId(HOST, "br-int"))).toBe(true);
  await ovs.startDatabase();
  await ovs.addBridge("br-ex");
  await agent.node(ovsBridgeId(HOST, "br-ex"));
  await agent.node(ovsBridgeId(HOST, "br-int"));
  expect(losses()).toHaveLength(1);
});

test("a restart of ovs-vswitchd changes no configuration, and takes no port from its device", async () => {
  await ovs.addBridge("br-int");
  await network.ipIn(ovs.namespace, "tuntap", "add", "tap1", "mode", "tap");
  await ovs.vsctl("add-port", "br-int", "tap1");
  const device = interfaceId(HOST, ovs.namespace, "tap1");
  await eventually(() => agent.linksOf("layer2", device).length === 1, { what: "the link to the device" });
  await ovs.vsctl("set", "bridge", "br-int", "fail_mode=secure");
  const before = await agent.node(ovsBridgeId(HOST, "br-int"), ({ attributes }) => attributes.fail_mode === "secure");
  await ovs.stopVswitchd();
  await eventually(
    () =>
      agent.entries.some(
        ({ event, fields }) => event === "source lost" && JSON.stringify(fields).includes("ovs-vswitchd"),
      ),
    {
      what: "the loss",
    },
  );
  await ovs.startVswitchd();
  await ovs.addBridge("br-ex");
  await agent.node(ovsBridgeId(HOST, "br-ex"));
  expect(await agent.node(ovsBridgeId(HOST, "br-int"))).toEqual(before);
  const removed = agent.collector.changes.flatMap(({ remove }) => remove);
  expect(removed.filter((id) => agent.linksOf("layer2", device).includes(id))).toEqual([]);
  expect(agent.linksOf("layer2", device)).toHaveLength(1);
});

test("Open vSwitch that is started after the agent is found", { timeout: 60_000 }, async () => {
  const late = new Lifetime();
  lifetime.defer("late agent", () => late.end());
  await ovs.stopDatabase();
  const lateAgent = await startRunningAgent(late, { ovsDatabaseSocket: ovs.databaseSocket });
  await ovs.startDatabase();
  await ovs.addBridge("br-late");
  await eventually(() => lateAgent.collector.elements.has(ovsBridgeId(HOST, "br-late")), {
    withinMs: 30_000,
    what: "the bridge",
  });
});
