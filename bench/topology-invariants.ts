// node --expose-gc bench/topology-invariants.ts — what a change costs the invariants, at 100, 1,000 and 10,000 hosts.
// The graph is made in this process; nothing is started and nothing is written.

import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { epochMsOf } from "../core/clock.ts";
import { type Attributes, type Element, linkOf, type Node, type NodeKind } from "../core/element.ts";
import { agentId, type ElementId, elementIdOf, hostId, interfaceId, ovsPortId } from "../core/element-id.ts";
import { BreachSet, breachesFromScratch } from "../topology/invariants/breach-set.ts";
import { INVARIANTS } from "../topology/invariants/catalogue.ts";
import { LiveGraph } from "../topology/live-graph.ts";
import { type Change, diffElement } from "../topology/model/change.ts";

const { values } = parseArgs({
  options: {
    hosts: { type: "string", default: "100,1000,10000" },
    changes: { type: "string", default: "100000" },
    rate: { type: "string", default: "5000" },
  },
});
const SIZES = values.hosts.split(",").map(Number);
const CHANGES = Number(values.changes);
const RATE = Number(values.rate);
const VMS_PER_HOST = 10;
/** Hosts of one full mesh; more hosts make more meshes. */
const MESH = 500;
/** The same text for each peer list that has it, as parsing with interned texts gives. */
const ips: string[] = [];
const NEVER = { revision: 0, at: epochMsOf(0) };

console.log(`machine      ${cpus().length} x ${cpus()[0]?.model.trim()}, Node ${process.version}`);
console.log(
  `load         ${CHANGES.toLocaleString("en")} changes; machines that come, go and move, flapping links, tunnel peers, MTUs`,
);
console.log(
  "hosts    elements  from scratch   µs/change   p99 ms/rev   worst ms   core at rate   judged/change   index MiB   B/element",
);
for (const hosts of SIZES) measure(hosts);

interface Place {
  readonly host: string;
  readonly index: number;
}

function measure(hosts: number): void {
  const elements = cloudOf(hosts);
  const graph = new LiveGraph(elements);
  const scratchStart = cpuMs();
  const breaches = breachesFromScratch(INVARIANTS, graph, NEVER).length;
  const scratchMs = cpuMs() - scratchStart;
  if (breaches > 0) console.log(`note         ${breaches} breaches in a cloud that should have none`);
  const before = heapBytes();
  const set = new BreachSet(INVARIANTS, graph);
  for (const element of graph.elements()) set.takeElement(element, NEVER);
  set.judge();
  const indexBytes = heapBytes() - before;

  const random = generatorOf(hosts);
  const revisionsMs: number[] = [];
  const judgedBefore = set.judgements;
  let [count, totalMs] = [0, 0];
  for (let revision = 1; count < CHANGES; revision++) {
    const changes = revisionOf(
      graph,
      { host: nameOf(Math.floor(random() * hosts)), index: Math.floor(random() * hosts) },
      random,
    );
    graph.apply(changes);
    const [start, cpuStart] = [performance.now(), cpuMs()];
    set.take(changes, { revision, at: epochMsOf(revision) });
    set.judge();
    revisionsMs.push(performance.now() - start);
    totalMs += cpuMs() - cpuStart;
    count += changes.length;
  }
  const judged = set.judgements - judgedBefore;
  const expected = breachesFromScratch(INVARIANTS, graph, NEVER).length;
  if (expected !== set.size) throw new Error(`${set.size} breaches, from scratch there are ${expected}`);
  const sorted = revisionsMs.toSorted((a, b) => a - b);
  const usPerChange = (totalMs * 1_000) / count;
  console.log(
    [
      String(hosts).padEnd(8),
      elements.length.toLocaleString("en").padStart(9),
      `${scratchMs.toFixed(0)} ms`.padStart(13),
      usPerChange.toFixed(2).padStart(11),
      (sorted[Math.floor(sorted.length * 0.99)] ?? 0).toFixed(3).padStart(12),
      (sorted.at(-1) ?? 0).toFixed(1).padStart(10),
      `${((usPerChange * RATE) / 10_000).toFixed(1)} %`.padStart(14),
      (judged / count).toFixed(2).padStart(15),
      (indexBytes / 2 ** 20).toFixed(0).padStart(11),
      (indexBytes / elements.length).toFixed(0).padStart(11),
    ].join(" "),
  );
}

function nameOf(index: number): string {
  return `compute-${String(index).padStart(5, "0")}`;
}

function cloudOf(hosts: number): readonly Element[] {
  const elements: Element[] = [];
  for (let index = 0; index < hosts; index++) elements.push(...hostElements(index, hosts));
  return elements;
}

function hostElements(index: number, hosts: number): readonly Element[] {
  const host = nameOf(index);
  const elements: Element[] = [
    node(hostId(host), "host", host, {
      libvirt_version: "9.0.0",
      ovs_version: "3.1.0",
      "sysctl.a": "1",
      "sysctl_configured.a": "1",
    }),
    node(agentId(host), "agent", host, { session: "connected", clock_offset_ms: 3 }),
    node(interfaceId(host, undefined, "eth0"), "nic", "eth0", { mtu: 9_000, addresses: [`${underlayIp(index)}/16`] }),
    node(interfaceId(host, undefined, "vxlan"), "vxlan", "vxlan", {
      mtu: 1_500,
      local_ip: underlayIp(index),
      peers: peersOf(index, hosts),
    }),
    node(elementIdOf("host", host, "ovs", "br-int"), "ovs-bridge", "br-int", {}),
  ];
  for (let vm = 0; vm < VMS_PER_HOST; vm++) elements.push(...machineElements(host, index * VMS_PER_HOST + vm));
  // What invariants hardly look at: the bulk of a host.
  for (let other = 0; elements.length < 100; other++) {
    elements.push(
      node(interfaceId(host, undefined, `veth${other}`), "veth", `veth${other}`, { mtu: 1_500, operstate: "up" }),
    );
  }
  return elements;
}

function machineElements(host: string, number: number): readonly Element[] {
  const uuid = `00000000-0000-4000-8000-${number.toString(16).padStart(12, "0")}`;
  const portUuid = `${number.toString(16).padStart(8, "0")}-0000-4000-8000-000000000000`;
  const name = `tap${portUuid.slice(0, 11)}`;
  const mac = `fa:16:3e:${(number >> 16).toString(16).padStart(2, "0")}:${((number >> 8) & 255).toString(16).padStart(2, "0")}:${(number & 255).toString(16).padStart(2, "0")}`;
  const tap = node(interfaceId(host, undefined, name), "tap", name, { mtu: 1_500, carrier: true });
  const domain = node(elementIdOf("host", host, "domain", uuid), "domain", `instance-${number}`, {
    uuid,
    state: "running",
    interfaces: [`tap:${name}`],
  });
  const ovsPort = node(ovsPortId(host, "br-int", name), "ovs-port", name, {
    type: "system",
    ofport: 3,
    ifindex: 9,
    tag: 5,
    mtu: 1_500,
    "external_ids.iface-id": portUuid,
    "external_ids.attached-mac": mac,
    "external_ids.vm-uuid": uuid,
  });
  return [
    tap,
    domain,
    ovsPort,
    linkOf("attached", tap.id, domain.id),
    linkOf("layer2", ovsPort.id, tap.id),
    node(elementIdOf("vm", uuid), "vm", `vm-${number}`, { status: "ACTIVE" }),
    node(elementIdOf("neutron", "port", portUuid), "port", name, {
      network_id: `network-${number % 1_000}`,
      fixed_ips: [`10.${number >> 16}.${(number >> 8) & 255}.${number & 255}`],
      mac,
      device_id: uuid,
      device_owner: "compute:nova",
      binding_host: host,
      binding_vif_type: "ovs",
      admin_up: true,
      status: "ACTIVE",
    }),
  ];
}

/** What one agent or OpenStack says at once: one to seven changes. */
function revisionOf(graph: LiveGraph, { host, index }: Place, random: () => number): readonly Change[] {
  const number = index * VMS_PER_HOST + Math.floor(random() * VMS_PER_HOST);
  const kind = random();
  if (kind < 0.35) return machineElements(nameOf(index), number).flatMap((it) => toggled(graph, it));
  if (kind < 0.5)
    return updated(graph, interfaceId(host, undefined, "eth0"), { operstate: random() < 0.5 ? "up" : "down" });
  const port = machineElements(nameOf(index), number)[2];
  if (kind < 0.7 && port !== undefined) return updated(graph, port.id, { error: random() < 0.5 ? "no device" : "" });
  if (kind < 0.8) return updated(graph, interfaceId(host, undefined, "eth0"), { mtu: random() < 0.9 ? 9_000 : 1_500 });
  if (kind < 0.85)
    return updated(graph, interfaceId(host, undefined, "vxlan"), { peers: withoutOne(graph, host, random) });
  const neutronPort = machineElements(nameOf(index), number)[6];
  if (neutronPort === undefined) return [];
  return updated(graph, neutronPort.id, { binding_host: random() < 0.5 ? host : nameOf(index) });
}

function toggled(graph: LiveGraph, element: Element): readonly Change[] {
  const present = graph.get(element.id);
  return present === undefined ? diffElement(undefined, element) : diffElement(present, undefined);
}

function updated(graph: LiveGraph, id: ElementId, attributes: Attributes): readonly Change[] {
  const element = graph.get(id);
  return element === undefined
    ? []
    : diffElement(element, { ...element, attributes: { ...element.attributes, ...attributes } });
}

function withoutOne(graph: LiveGraph, host: string, random: () => number): readonly string[] {
  const peers = graph.get(interfaceId(host, undefined, "vxlan"))?.attributes.peers;
  const list = Array.isArray(peers) ? peers.map(String) : [];
  return list.toSpliced(Math.floor(random() * list.length), 1);
}

function underlayIp(index: number): string {
  return `172.${16 + (index >> 16)}.${(index >> 8) & 255}.${index & 255}`;
}

function peersOf(index: number, hosts: number): readonly string[] {
  const first = index - (index % MESH);
  const peers: string[] = [];
  for (let other = first; other < Math.min(first + MESH, hosts); other++) if (other !== index) peers.push(ip(other));
  return peers.sort();
}

function ip(index: number): string {
  ips[index] ??= underlayIp(index);
  return ips[index];
}

function node(id: ElementId, kind: NodeKind, name: string, attributes: Attributes): Node {
  return { id, kind, name, cluster: "bench", attributes };
}

function generatorOf(seed: number): () => number {
  let state = seed + 1;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Of this thread, for sums: it advances in ticks, and the wall clock tells of whoever else uses the machine. */
function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}

function heapBytes(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}
