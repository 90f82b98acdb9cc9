import { expect, test } from "vitest";
import { AlertCounts, ChangeCounts, hostReadings, pointOf, zoneReadings } from "../../../cli/up/cloud-readings.ts";
import { epochMsOf } from "../../../core/clock.ts";
import type { Node } from "../../../core/element.ts";
import { agentId, elementIdOf, hostId, interfaceId } from "../../../core/element-id.ts";
import { formatPoint } from "../../../core/line-protocol.ts";
import { LiveGraph } from "../../../topology/live-graph.ts";
import type { Change } from "../../../topology/model/change.ts";
import { countsOf } from "../../../topology/place-counts.ts";

const PLACE = elementIdOf("region", "r", "zone", "z-1", "rack", "k-1");

const node = (id: Node["id"], kind: Node["kind"], rest: Partial<Node>): Node => ({
  ...{ id, kind, name: String(id), cluster: "az-1", attributes: {} },
  ...rest,
});
const hostWithAgent = (host: string, session: string, parent?: Node["id"]): readonly Node[] => [
  node(hostId(host), "host", { host, parent }),
  node(agentId(host), "agent", { host, attributes: { session } }),
];

const elements = [
  ...hostWithAgent("c-1", "connected", PLACE),
  ...hostWithAgent("c-2", "silent", PLACE),
  ...hostWithAgent("c-3", "connected"),
  node(elementIdOf("vm", "1"), "vm", { host: "c-1" }),
];
const recorder = { cluster: "az-1", graph: new LiveGraph(elements), counts: () => countsOf(elements) };

const linesOf = (readings: Iterable<Parameters<typeof pointOf>[0]>): readonly (string | undefined)[] =>
  [...readings].map((reading) => formatPoint(pointOf(reading, epochMsOf(5)))).toSorted();

test("a zone has what stands in it; what stands nowhere has no zone", () => {
  expect(linesOf(zoneReadings(recorder, "collector-1"))).toEqual([
    "cloud,cluster=az-1,host=collector-1 hosts=1i,agents=1i,agents_silent=0i,vms=0i,interfaces_down=0i 5",
    "cloud,cluster=az-1,host=collector-1,region=r,zone=z-1 hosts=2i,agents=2i,agents_silent=1i,vms=1i,interfaces_down=0i 5",
  ]);
});

test("each host is told with its place and whether its agent is there", () => {
  expect(linesOf(hostReadings(recorder))).toEqual([
    "cloud_host,cluster=az-1,host=c-1,rack=k-1,region=r,zone=z-1 up=1i 5",
    "cloud_host,cluster=az-1,host=c-2,rack=k-1,region=r,zone=z-1 up=0i 5",
    "cloud_host,cluster=az-1,host=c-3 up=1i 5",
  ]);
});

test("changes are counted by host until they are taken, each once", () => {
  const counts = new ChangeCounts();
  const add = (element: Node): Change => ({ kind: "add", element });
  const eth0 = interfaceId("c-1", undefined, "eth0");
  const changes: readonly Change[] = [
    add(node(elementIdOf("vm", "1"), "vm", { host: "c-1" })),
    add(node(elementIdOf("switch", "tor-1"), "switch", {})),
    { kind: "update", id: eth0, subject: { kind: "nic", name: "eth0" }, before: {}, after: { mtu: 9_000 } },
    { kind: "remove", element: node(eth0, "nic", { host: "c-1" }) },
  ];
  counts.note({ cluster: "az-1", changes });
  expect(linesOf(counts.take())).toEqual([
    "topology_changes,cluster=az-1 added=1i,removed=0i,updated=0i 5",
    "topology_changes,cluster=az-1,host=c-1 added=1i,removed=1i,updated=1i 5",
  ]);
  expect(counts.take()).toEqual([]);
});

const alert = (host: string, state = "firing") => ({
  labels: { alertname: "ConntrackFull", severity: "critical", cluster: "az-1", host },
  state,
});
const told = (readings: ReturnType<AlertCounts["read"]>) =>
  readings.map(({ tags, fields }) => [tags.host, tags.alertstate, fields.count, fields.started]);

test("alerts are counted by what they are about; one that was there at the start has not just begun", () => {
  const counts = new AlertCounts();
  expect(told(counts.read([alert("c-1"), alert("c-1"), alert("c-2", "pending")], 0))).toEqual([
    ["c-1", "firing", 2, 0],
    ["c-2", "pending", 1, 0],
  ]);
  expect(told(counts.read([alert("c-1"), alert("c-1"), alert("c-1"), alert("c-2")], 10_000))).toEqual([
    ["c-1", "firing", 3, 1],
    ["c-2", "pending", 0, 0],
    ["c-2", "firing", 1, 1],
  ]);
});

test("an alert that ended is told as 0 for five minutes and then no more, and begins anew when it comes back", () => {
  const counts = new AlertCounts();
  counts.read([alert("c-1")], 0);
  expect(told(counts.read([], 299_999))).toEqual([["c-1", "firing", 0, 0]]);
  expect(told(counts.read([], 300_000))).toEqual([]);
  expect(told(counts.read([alert("c-1")], 310_000))).toEqual([["c-1", "firing", 1, 1]]);
});

test("of a storm of alerts the first five thousand are told each, the rest by rule: none is lost to the sum", () => {
  const storm = Array.from({ length: 6_000 }, (_, n) => alert(`c-${n}`));
  const counts = new AlertCounts();
  const sum = (readings: ReturnType<AlertCounts["read"]>, field: "count" | "started") =>
    readings.reduce((total, { fields }) => total + fields[field], 0);
  counts.read([], 0);
  const first = counts.read(storm, 10_000);
  expect([first.length, sum(first, "count"), sum(first, "started")]).toEqual([5_001, 6_000, 6_000]);
  expect(told(first).at(-1)).toEqual(["", "firing", 1_000, 1_000]);
  expect(counts.merged).toBe(1_000);
  // Whatever their order, those that were told by themselves still are.
  const again = counts.read(storm.toReversed(), 20_000);
  expect([again.length, sum(again, "count"), sum(again, "started")]).toEqual([5_001, 6_000, 0]);
  const ended = counts.read([], 30_000);
  expect([ended.length, sum(ended, "count"), counts.merged]).toEqual([5_001, 0, 0]);
});
