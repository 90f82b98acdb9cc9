import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openVswitchProbes } from "../../../agent/ovs/open-vswitch-probes.ts";
import { startProbes } from "../../../agent/probe-runner.ts";
import { createProcReader } from "../../../agent/proc-reader.ts";
import { systemClock } from "../../../core/clock.ts";
import type { Element } from "../../../core/element.ts";
import { elementIdOf, hostId, interfaceId, ovsPortId } from "../../../core/element-id.ts";
import { Lifetime } from "../../../core/lifetime.ts";
import { silentLog } from "../../../core/log.ts";
import type { InvariantName } from "../../../topology/invariants/invariant.ts";
import { eventually } from "../../fixtures/eventually.ts";
import { wrong } from "../../topology/invariants/judging.ts";
import { createTestNetwork, type TestNetwork } from "../fixtures/namespaces.ts";
import { type OpenVswitch, startOpenVswitch } from "../fixtures/open-vswitch.ts";
import { HOST, type RunningAgent, startRunningAgent } from "../fixtures/running-agent.ts";

// Broken on purpose in the real switch, and found by name by the real invariants in what the agent told.

let lifetime: Lifetime;
let network: TestNetwork;
let ovs: OpenVswitch;
let agent: RunningAgent;

beforeEach(async () => {
  lifetime = new Lifetime();
  network = await createTestNetwork(lifetime);
  ovs = await startOpenVswitch(network, lifetime);
  await ovs.addBridge("br-int");
  agent = await startRunningAgent(lifetime, { ovsDatabaseSocket: ovs.databaseSocket });
});
afterEach(() => lifetime.end());

const told = (): readonly Element[] => [...agent.collector.elements.values()];

/** Waits until an invariant finds just this; nothing when left out. */
async function found(invariant: InvariantName, expected?: object, others: () => readonly Element[] = () => []) {
  const now = () => wrong(invariant, [...told(), ...others()]);
  const fits = (breach: object) => {
    const text = JSON.stringify(breach);
    return Object.values(expected ?? {}).every((value) => text.includes(JSON.stringify(value)));
  };
  await eventually(
    () => {
      const [breach, ...more] = now();
      if (expected === undefined) return breach === undefined;
      return breach !== undefined && more.length === 0 && fits(breach);
    },
    { what: () => `${invariant} to find ${JSON.stringify(expected ?? "nothing")}, it finds ${JSON.stringify(now())}` },
  );
}

describe("ovs_port_without_device", () => {
  const port = ovsPortId(HOST, "br-int", "tap1");
  const plug = async () => {
    await network.ipIn(ovs.namespace, "tuntap", "add", "tap1", "mode", "tap");
    await ovs.vsctl("add-port", "br-int", "tap1", "--", "set", "interface", "tap1", "external_ids:iface-id=port-1");
    await agent.node(port, ({ attributes }) => Number(attributes.ifindex) > 0);
  };

  test("a port whose device never existed", async () => {
    await ovs.vsctl(
      "--no-wait",
      "add-port",
      "br-int",
      "tapdead",
      "--",
      "set",
      "interface",
      "tapdead",
      "external_ids:iface-id=port-9",
    );
    await found("ovs_port_without_device", {
      elements: [ovsPortId(HOST, "br-int", "tapdead")],
      reason: "not_found",
      port: "port-9",
    });
    await ovs.vsctl("del-port", "br-int", "tapdead");
    await found("ovs_port_without_device");
  });

  test("a device deleted while ovs-vswitchd runs: no error, and found until it is back", async () => {
    await plug();
    await found("ovs_port_without_device");
    await network.ipIn(ovs.namespace, "tuntap", "del", "tap1", "mode", "tap");
    await found("ovs_port_without_device", { elements: [port], reason: "gone", port: "port-1" });
    expect((await agent.node(port)).attributes.error).toBeUndefined();
    await network.ipIn(ovs.namespace, "tuntap", "add", "tap1", "mode", "tap");
    await found("ovs_port_without_device");
  });

  test("over a restart a lost device stays found, in its other shape, and a whole port stays whole", async () => {
    await plug();
    await ovs.restartVswitchd();
    const restarted = await agent.node(hostId(HOST), ({ attributes }) => attributes.ovs_started_at !== undefined);
    await found("ovs_port_without_device");
    await network.ipIn(ovs.namespace, "tuntap", "del", "tap1", "mode", "tap");
    await found("ovs_port_without_device", { reason: "gone" });
    await ovs.restartVswitchd();
    await found("ovs_port_without_device", { elements: [port], reason: "not_found" });
    await agent.node(
      hostId(HOST),
      ({ attributes }) => attributes.ovs_started_at !== restarted.attributes.ovs_started_at,
    );
  });
});

test("a tap tells whose port it is", async () => {
  await network.ipIn(ovs.namespace, "tuntap", "add", "tap1", "mode", "tap");
  const names = ['attached-mac="fa:16:3e:00:00:01"', "iface-id=port-1", "vm-uuid=vm-1", "iface-status=active"];
  const externalIds = names.map((it) => `external_ids:${it}`);
  await ovs.vsctl("add-port", "br-int", "tap1", "--", "set", "interface", "tap1", ...externalIds);
  const tap = interfaceId(HOST, ovs.namespace, "tap1");
  const { kind, attributes } = await agent.node(tap, ({ attributes }) => "external_ids.iface-id" in attributes);
  expect([kind, attributes["external_ids.vm-uuid"], attributes["external_ids.attached-mac"]]).toEqual([
    "tap",
    "vm-1",
    "fa:16:3e:00:00:01",
  ]);
  expect(attributes["external_ids.iface-status"]).toBeUndefined();
});

describe("ends of tunnels", () => {
  const tunnel = elementIdOf("host", HOST, "tunnel", "vxlan");
  const addTunnel = (on: OpenVswitch, name: string, local: string, remote: string) => {
    const options = [`options:local_ip=${local}`, `options:remote_ip=${remote}`, "options:key=flow"];
    return on.vsctl("add-port", "br-int", name, "--", "set", "interface", name, "type=vxlan", ...options);
  };

  test("all tunnels of a type are one end with its peers, which goes with the last of them", async () => {
    await addTunnel(ovs, "vx3", "192.0.2.1", "192.0.2.3");
    await addTunnel(ovs, "vx2", "192.0.2.1", "192.0.2.2");
    const end = await agent.node(tunnel, ({ attributes }) => String(attributes.peers) === "192.0.2.2,192.0.2.3");
    expect(end).toMatchObject({
      kind: "vxlan",
      parent: hostId(HOST),
      attributes: { local_ip: "192.0.2.1", vxlan_port: 4789 },
    });
    expect(agent.linksOf("layer2", tunnel)).toEqual([`${tunnel}/layer2/${encodeURIComponent("ovs/br-int")}`]);
    await ovs.vsctl("del-port", "vx2", "--", "del-port", "vx3");
    await agent.gone(tunnel);
  });

  test("tunnel_one_end: the other host's switch does not have us", async () => {
    const other = await startOpenVswitch(network, lifetime);
    await other.addBridge("br-int");
    const elements = await elementsOf("other-host", other);
    await addTunnel(ovs, "vx", "192.0.2.1", "192.0.2.2");
    await addTunnel(other, "vx", "192.0.2.2", "192.0.2.1");
    await agent.node(tunnel);
    await found("tunnel_one_end", undefined, elements);
    await other.vsctl("set", "interface", "vx", "options:remote_ip=192.0.2.7");
    const missing = { end_without_peer: "192.0.2.2", missing_peer: "192.0.2.1" };
    await found("tunnel_one_end", missing, elements);
    await other.vsctl("set", "interface", "vx", "options:remote_ip=192.0.2.1");
    await found("tunnel_one_end", undefined, elements);
  });

  test("tunnel_mtu_too_large: a network of Neutron leaves no room for what the tunnel adds", async () => {
    const underlay = network.interfaceName();
    await network.addLink(underlay, "type", "bridge");
    await network.ip("addr", "add", "192.0.2.1/32", "dev", underlay);
    await network.ip("link", "set", underlay, "up", "mtu", "1500");
    await addTunnel(ovs, "vx", "192.0.2.1", "192.0.2.2");
    await ovs.vsctl("set", "port", "br-int", "other_config:network_type=vxlan", "other_config:tag=3");
    await agent.node(tunnel, ({ attributes }) => attributes.mtu === 1500);
    await found("tunnel_mtu_too_large", {
      elements: [tunnel, interfaceId(HOST, undefined, underlay)],
      overhead_bytes: 50,
    });
    await ovs.vsctl("set", "interface", "br-int", "mtu_request=1450");
    await found("tunnel_mtu_too_large");
  });
});

test("a bond tells its members, and which of them has lost its link or its LACP partner", async () => {
  for (const name of ["b0", "b1"]) {
    await network.batchIn(ovs.namespace, [
      `link add ${name} type veth peer name ${name}p`,
      `link set ${name} up`,
      `link set ${name}p up`,
    ]);
  }
  await ovs.addBridge("br-far");
  const fast = ["lacp=active", "other_config:lacp-time=fast"];
  await ovs.vsctl("add-bond", "br-int", "bond0", "b0", "b1", "bond_mode=balance-tcp", ...fast);
  await ovs.vsctl("add-bond", "br-far", "bond1", "b0p", "b1p", "bond_mode=balance-tcp", ...fast);
  const bond = ovsPortId(HOST, "br-int", "bond0");
  const whole = await agent.node(bond, ({ attributes }) => attributes.lacp_current === true);
  expect(whole.attributes.members).toEqual(["b0", "b1"]);
  await network.ipIn(ovs.namespace, "link", "set", "b1", "down");
  const broken = await agent.node(
    bond,
    ({ attributes }) => attributes.members_down !== undefined && attributes.lacp_current === false,
  );
  expect(broken.attributes).toMatchObject({ members_down: ["b1"], members_lacp_expired: ["b1"], link_state: "up" });
});

/** What the probes of another host say, kept up to date. */
async function elementsOf(host: string, other: OpenVswitch): Promise<() => readonly Element[]> {
  const probes = startProbes(
    openVswitchProbes(host, { databaseSocket: other.databaseSocket }, { proc: createProcReader(), log: silentLog }),
    {
      clock: systemClock,
      log: silentLog,
      changed: () => {},
      report: () => {},
      elements: () => new Map(),
      sampleDeadlineMs: 4_000,
    },
    lifetime,
  );
  await probes.ready;
  return () => probes.contributions({ host, kernel: undefined }).flatMap(({ elements }) => elements);
}
