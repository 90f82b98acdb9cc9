import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ovsBridgeId, ovsPortId } from "../../../core/element-id.ts";
import { Lifetime } from "../../../core/lifetime.ts";
import { run } from "../fixtures/command.ts";
import { addConntrackEntries } from "../fixtures/conntrack-entries.ts";
import { createTestNetwork, type TestNetwork } from "../fixtures/namespaces.ts";
import { type OpenVswitch, startOpenVswitch } from "../fixtures/open-vswitch.ts";
import { HOST, type RunningAgent, startRunningAgent } from "../fixtures/running-agent.ts";
import { sentPoint, sentPoints } from "../fixtures/sent-points.ts";

const VLAN = 3_991;
const OVN_ZONE = 30_501;
const OVN_ROUTER_ZONE = 30_502;
const DEVICE_ZONE = 41_001;
const PORTS = {
  a: { port: "aaaa0001-0000-4000-8000-000000000001", vm: "0000000a-0000-4000-8000-000000000001" },
  b: { port: "bbbb0001-0000-4000-8000-000000000001", vm: "0000000b-0000-4000-8000-000000000001" },
  ovn: { port: "cccc0001-0000-4000-8000-000000000001", vm: "0000000c-0000-4000-8000-000000000001" },
  hybrid: { port: "dddd0001-0000-4000-8000-000000000001", vm: "0000000d-0000-4000-8000-000000000001" },
};
const NETWORK = "eeee0001-0000-4000-8000-000000000001";

let lifetime: Lifetime;
let network: TestNetwork;
let ovs: OpenVswitch;
let agent: RunningAgent;

beforeEach(async () => {
  lifetime = new Lifetime();
  network = await createTestNetwork(lifetime);
  ovs = await startOpenVswitch(network, lifetime);
  await ovs.addBridge("br-int");
  await plug("tapa", PORTS.a, VLAN);
  await plug("tapb", PORTS.b, VLAN);
  await plug("tapo", PORTS.ovn, undefined);
  await plug(`qvo${PORTS.hybrid.port.slice(0, 11)}`, PORTS.hybrid, 3_992);
  await ovs.vsctl("set", "bridge", "br-int", `external_ids:ct-zone-${PORTS.ovn.port}=${OVN_ZONE}`);
  await ovs.vsctl("set", "bridge", "br-int", `external_ids:ct-zone-lr0_snat=${OVN_ROUTER_ZONE}`);
  await letSend("tapa", "10.77.0.1");
  await letSend("tapb", "10.77.0.2");
  await chainOfHybridFirewall();
});
afterEach(() => lifetime.end());

/** A port of a machine, with what Nova and Neutron's agent write into the database. */
async function plug(name: string, { port, vm }: { port: string; vm: string }, tag: number | undefined): Promise<void> {
  const vlan = tag === undefined ? [] : [`tag=${tag}`, `other_config:net_uuid=${NETWORK}`];
  const ids = [`external_ids:iface-id=${port}`, `external_ids:vm-uuid=${vm}`];
  await ovs.vsctl("add-port", "br-int", name, "--", "set", "interface", name, "type=internal", ...ids);
  if (vlan.length > 0) await ovs.vsctl("set", "port", name, ...vlan);
}

/** The flow by which Neutron's firewall lets a port send from its own address. */
async function letSend(name: string, address: string): Promise<void> {
  const ofport = (await ovs.vsctl("get", "interface", name, "ofport")).trim();
  const flow = `table=71,priority=65,ip,in_port=${ofport},nw_src=${address},actions=resubmit(,72)`;
  await run("ovs-ofctl", "add-flow", `unix:${join(dirname(ovs.databaseSocket), "br-int.mgmt")}`, flow);
}

/** What the firewall by iptables puts into the table raw, in a chain that no packet comes to. */
async function chainOfHybridFirewall(): Promise<void> {
  const chain = `nst-${process.pid.toString(36)}`;
  const raw = (...args: readonly string[]) => run("iptables", "-w", "-t", "raw", ...args);
  const wasThere = (await run("nft", "list", "tables")).includes("table ip raw");
  await raw("-N", chain);
  lifetime.defer("chain of the firewall by iptables", async () => {
    await raw("-F", chain);
    await raw("-X", chain);
    // `iptables` over nftables leaves the empty table behind.
    if (!wasThere) await run("nft", "delete", "table", "ip", "raw").catch(() => undefined);
  });
  await raw("-A", chain, "-i", `qvb${PORTS.hybrid.port.slice(0, 11)}`, "-j", "CT", "--zone", String(DEVICE_ZONE));
}

async function start(): Promise<void> {
  const connections = { walkEveryMs: 300, cpuShare: 0.5 };
  agent = await startRunningAgent(lifetime, { intervalMs: 1_000, ovsDatabaseSocket: ovs.databaseSocket, connections });
  await agent.node(ovsPortId(HOST, "br-int", "tapb"));
  await agent.node(ovsBridgeId(HOST, "br-int"));
}

const of = ({ port, vm }: { port: string; vm: string }) => ({ port_id: port, vm_id: vm });

test("connections are each machine's, by the zones of all three firewall drivers", async () => {
  const outside = "192.0.2.9";
  await addConntrackEntries(
    undefined,
    [
      { zone: VLAN, source: "10.77.0.1", destination: outside },
      { zone: VLAN, source: "10.77.0.1", destination: outside, state: "SYN_SENT" },
      { zone: VLAN, source: outside, destination: "10.77.0.1", protocol: "udp" },
      // Inside of the host, in one entry that is both's.
      { zone: VLAN, source: "10.77.0.2", destination: "10.77.0.1" },
      // Of an address that nobody here has.
      { zone: VLAN, source: "10.77.0.99", destination: outside },
      { zone: OVN_ZONE, source: "10.88.0.1", destination: outside },
      { zone: OVN_ZONE, source: "fd00::8", destination: "fd00::9", protocol: "udp" },
      { zone: OVN_ROUTER_ZONE, source: "10.88.0.1", destination: outside },
      { zone: DEVICE_ZONE, source: "10.99.0.1", destination: outside },
    ],
    lifetime,
  );
  await start();
  const a = await sentPoint(agent, "vm_connections", of(PORTS.a), ({ count }) => count === 4);
  expect(a.fields).toEqual({ count: 4, tcp_established: 2, tcp_other: 1, udp: 1, other: 0 });
  const b = await sentPoint(agent, "vm_connections", of(PORTS.b));
  expect(b.fields).toEqual({ count: 1, tcp_established: 1, tcp_other: 0, udp: 0, other: 0 });
  const ovn = await sentPoint(agent, "vm_connections", of(PORTS.ovn));
  expect(ovn.fields).toEqual({ count: 2, tcp_established: 1, tcp_other: 0, udp: 1, other: 0 });
  const hybrid = await sentPoint(agent, "vm_connections", of(PORTS.hybrid));
  expect(hybrid.fields).toMatchObject({ count: 1, tcp_established: 1 });
  const zone = await sentPoint(agent, "conntrack_zone", { kind: "network", network_id: NETWORK });
  expect(zone.fields.count, "also what is no machine's").toBe(5);
  const walk = await sentPoint(agent, "conntrack_walk", {}, ({ walks = 0 }) => walks > 0);
  expect(walk.fields).toMatchObject({ possible: 1, failed: 0 });
  expect(walk.fields.entries).toBeGreaterThanOrEqual(9);
});

test("connections that end are gone at the next walk, and the ports still say that they have none", async () => {
  const outside = "192.0.2.9";
  await addConntrackEntries(
    undefined,
    [
      { zone: OVN_ZONE, source: "10.88.0.1", destination: outside },
      { zone: VLAN, source: "10.77.0.1", destination: outside },
    ],
    lifetime,
  );
  await start();
  for (const port of [PORTS.ovn, PORTS.a]) {
    await sentPoint(agent, "vm_connections", of(port), ({ count }) => count === 1);
  }
  for (const zone of [OVN_ZONE, VLAN]) await run("conntrack", "-D", "-w", String(zone));
  for (const port of [PORTS.ovn, PORTS.a]) {
    await sentPoint(agent, "vm_connections", of(port), ({ count }) => count === 0);
  }
  // The switch of the test is in user space: of a port that the kernel never had a connection of, it would not know.
  expect(sentPoints(agent, "vm_connections", of(PORTS.b))).toEqual([]);
  // Nothing says that its connections are tracked at all.
  expect(sentPoints(agent, "vm_connections", of(PORTS.hybrid))).toEqual([]);
});
