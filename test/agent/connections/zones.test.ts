import { describe, expect, test } from "vitest";
import { addressesOfFlows } from "../../../agent/connections/firewall-flows.ts";
import { zonesOfDevices } from "../../../agent/connections/raw-table.ts";
import { createTally, totalOf } from "../../../agent/connections/tally.ts";
import { createToldPorts } from "../../../agent/connections/told-ports.ts";
import { unmeasurableConnections } from "../../../agent/connections/unmeasurable.ts";
import { nextWalkAfterMs, walkCostMs, walkSourceOf } from "../../../agent/connections/walk-pace.ts";
import type { MachinePort } from "../../../agent/connections/zone.ts";
import { zonesOfHost } from "../../../agent/connections/zones-of-host.ts";
import type { Attributes, Node, NodeKind } from "../../../core/element.ts";
import { elementIdOf, hostId, ovsBridgeId, ovsPortId } from "../../../core/element-id.ts";

const bridge = (attributes: Attributes): Node => ({
  id: ovsBridgeId("h", "br-int"),
  kind: "ovs-bridge",
  name: "br-int",
  cluster: "",
  host: "h",
  parent: hostId("h"),
  attributes,
});
const port = (name: string, portId: string, vmId: string | undefined, attributes: Attributes = {}): Node => ({
  id: ovsPortId("h", "br-int", name),
  kind: "ovs-port",
  name,
  cluster: "",
  host: "h",
  parent: ovsBridgeId("h", "br-int"),
  attributes: {
    "external_ids.iface-id": portId,
    ...(vmId === undefined ? {} : { "external_ids.vm-uuid": vmId }),
    ...attributes,
  },
});
const A = "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa";
const B = "bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb";
const NET = { "other_config.net_uuid": "net-1" };
const nobody = { zoneOfDevice: new Map<string, number>(), addresses: () => undefined };

describe("whose a zone is", () => {
  test("firewall in Open vSwitch: the local VLAN is the network's, its ports are told apart by their addresses", () => {
    const ports = [port("tapa", A, "vm-a", { tag: 3, ...NET }), port("tapb", B, "vm-b", { tag: 3, ...NET })];
    const addresses = (it: Node) => (it.name === "tapa" ? ["10.0.0.1"] : undefined);
    expect([...zonesOfHost([bridge({}), ...ports], { ...nobody, addresses })]).toEqual([
      [
        3,
        {
          kind: "network",
          networkId: "net-1",
          ports: [
            { portId: A, vmId: "vm-a", addresses: ["10.0.0.1"] },
            { portId: B, vmId: "vm-b", addresses: undefined },
          ],
        },
      ],
    ]);
  });

  test("OVN: a zone for each logical port, and zones of routers, which are no machine's", () => {
    const zones = {
      [`external_ids.ct-zone-${A}`]: "5",
      "external_ids.ct-zone-lr1_dnat": "6",
      "external_ids.other": "7",
      "external_ids.ct-zone-lr1_snat": "",
    };
    // Not the VLAN's as well, should the port have one; and no text is not zone 0, where the host's own connections are.
    expect([...zonesOfHost([bridge(zones), port("tapa", A, "vm-a", { tag: 3 })], nobody)]).toEqual([
      [5, { kind: "port", port: { portId: A, vmId: "vm-a", addresses: undefined } }],
      [6, { kind: "other" }],
    ]);
  });

  test("firewall by iptables: the zone of the device that is called after the port, and not the VLAN's", () => {
    const raw = [
      "*raw",
      `-A neutron-openvswi-PREROUTING -m physdev --physdev-in qvb${A.slice(0, 11)} -m comment --comment "Set zone" -j CT --zone 4097`,
      `-A neutron-openvswi-PREROUTING -i qvb${A.slice(0, 11)} -j CT --zone 4097`,
      "-A neutron-openvswi-PREROUTING -m physdev --physdev-in tapcccccccc-cc -j CT --zone 4098",
      "-A OUTPUT -p udp -j CT --notrack",
      "COMMIT",
    ].join("\n");
    const zoneOfDevice = zonesOfDevices(raw);
    expect([
      ...zonesOfHost([port(`qvo${A.slice(0, 11)}`, A, "vm-a", { tag: 3 })], { ...nobody, zoneOfDevice }),
    ]).toEqual([
      [4097, { kind: "port", port: { portId: A, vmId: "vm-a", addresses: undefined } }],
      [4098, { kind: "other" }],
    ]);
  });

  test("a port of a switch in user space: the kernel would not know that it has no connection", () => {
    const ofPort = (datapath: Attributes) =>
      [
        ...zonesOfHost([bridge({ ...datapath, [`external_ids.ct-zone-${A}`]: "5" }), port("vhu", A, "vm-a")], nobody),
      ].flatMap(([, zone]) => (zone.kind === "port" ? [zone.port] : []));
    const [kernels, switchs] = [ofPort({ datapath_type: "system" }), ofPort({ datapath_type: "netdev" })];
    const walk = (told: ReturnType<typeof createToldPorts>, ports: readonly MachinePort[], udp: number) =>
      [...told(new Map(ports.map((it) => [it, { tcp_established: 0, tcp_other: 0, udp, other: 0 }]))).values()].map(
        totalOf,
      );
    expect(walk(createToldPorts(), kernels, 0)).toEqual([0]);
    const told = createToldPorts();
    expect(walk(told, switchs, 0)).toEqual([]);
    expect(walk(told, switchs, 2), "so the kernel tracks them after all").toEqual([2]);
    expect(walk(told, switchs, 0)).toEqual([0]);
  });

  test("a port that Neutron's agent could not wire has no network, and a port of no machine is none", () => {
    expect([
      ...zonesOfHost([port("tapa", A, "vm-a", { tag: 4095 }), port("tapd", B, undefined, { tag: 2 })], nobody),
    ]).toEqual([]);
  });
});

test("the addresses of a port are those that the firewall lets it send from; ranges are nobody's", () => {
  const flows = [
    "table_id=71, duration=9s, n_packets=0, n_bytes=0, priority=65,ip,reg5=0x5,in_port=5,dl_src=fa:16:3e:00:00:01,nw_src=10.0.0.5,actions=ct(table=72,zone=NXM_NX_REG6[0..15])",
    "table_id=71, duration=9s, priority=65,ipv6,reg5=0x5,in_port=5,dl_src=fa:16:3e:00:00:01,ipv6_src=fd00::5,actions=ct(table=72)",
    "table_id=71, duration=9s, priority=65,ip,reg5=0x6,in_port=6,nw_src=10.0.0.0/24,actions=ct(table=72)",
    "table_id=82, duration=9s, priority=70,ip,reg5=0x7,in_port=7,nw_src=10.0.0.7,actions=drop",
  ].join("\n");
  expect([...addressesOfFlows(flows)]).toEqual([[5, ["10.0.0.5", "fd00:0000:0000:0000:0000:0000:0000:0005"]]]);
});

describe("counting", () => {
  const [a, b] = [
    { portId: A, vmId: "vm-a", addresses: ["10.0.0.1", "10.0.0.9"] },
    { portId: B, vmId: "vm-b", addresses: ["10.0.0.2", "10.0.0.9"] },
  ];
  const counted = (tallied: ReturnType<ReturnType<typeof createTally>["result"]>) =>
    [...tallied.ports].map(([{ vmId }, counts]) => [vmId, totalOf(counts)]);

  test("a connection inside of the host counts for both ends, one with outside for one, of others for the network alone", () => {
    const tally = createTally(new Map([[3, { kind: "network", networkId: "net-1", ports: [a, b] }]]));
    tally.add(3, "tcp_established", "10.0.0.1", "10.0.0.2");
    tally.add(3, "udp", "10.0.0.2", "8.8.8.8");
    tally.add(3, "udp", "10.0.0.77", "10.0.0.78");
    const tallied = tally.result();
    expect(counted(tallied)).toEqual([
      ["vm-a", 1],
      ["vm-b", 2],
    ]);
    expect(tallied.networks.get("net-1")).toEqual({ tcp_established: 1, tcp_other: 0, udp: 2, other: 0 });
  });

  test("an address that two ports may use is neither's", () => {
    const tally = createTally(new Map([[3, { kind: "network", networkId: "net-1", ports: [a, b] }]]));
    tally.add(3, "udp", "10.0.0.9", "8.8.8.8");
    expect(counted(tally.result())).toEqual([
      ["vm-a", 0],
      ["vm-b", 0],
    ]);
  });

  test("the only port of a network whose addresses nobody knows has what its zone has, and is not said to have none", () => {
    const only = { ...a, addresses: undefined };
    const tally = createTally(new Map([[3, { kind: "network", networkId: "net-1", ports: [only] }]]));
    expect(counted(tally.result())).toEqual([]);
    tally.add(3, "udp", "10.0.0.1", "8.8.8.8");
    expect(counted(tally.result())).toEqual([["vm-a", 1]]);
  });

  test("two ports of unknown addresses are said nothing of", () => {
    const ports = [a, b].map((it) => ({ ...it, addresses: undefined }));
    const tally = createTally(new Map([[3, { kind: "network", networkId: "net-1", ports }]]));
    tally.add(3, "udp", "10.0.0.1", "8.8.8.8");
    expect(counted(tally.result())).toEqual([]);
  });

  test("what is in no known zone is counted as other, and the highest such zone is told", () => {
    const tally = createTally(new Map());
    tally.add(0, "udp", "x", "y");
    tally.add(4100, "udp", "x", "y");
    tally.add(9, "udp", "x", "y");
    const { ofDefaultZone, ofOtherZones, unknownZone, entries } = tally.result();
    expect([ofDefaultZone.udp, ofOtherZones.udp, unknownZone, entries]).toEqual([1, 2, 4100, 3]);
  });
});

describe("the pace", () => {
  test("a million entries are walked less often rather than for more of the core", () => {
    const costMs = walkCostMs("file", 1_000_000);
    expect(nextWalkAfterMs(costMs, 0.01)).toBeGreaterThanOrEqual(costMs * 100);
    expect(nextWalkAfterMs(walkCostMs("file", 100_000), 0.01)).toBe(60_000);
  });

  test.each([
    ["6.18.44", true, true, 1e6, "file"],
    ["6.16.0-rc1", true, false, 1e6, "file"],
    ["5.15.0-91-generic", true, true, 10, "command"],
    ["5.15.0-91-generic", true, false, 1_000, "file"],
    ["5.15.0-91-generic", true, false, 100_000, undefined],
    ["6.18.44", false, false, 10, undefined],
  ] as const)(
    "on Linux %s, with file %s, with command %s and %d entries: %s",
    (release, hasFile, hasCommand, entries, source) => {
      expect(walkSourceOf({ release, hasFile, hasCommand }, entries)).toBe(source);
    },
  );
});

describe("what cannot be measured is said", () => {
  const domain = (interfaces: readonly string[]): Node => ({
    id: elementIdOf("host", "h", "domain", "v"),
    kind: "domain" satisfies NodeKind,
    name: "instance-1",
    cluster: "",
    host: "h",
    parent: hostId("h"),
    attributes: { interfaces },
  });
  test.each([
    [["tap:tapa"], {}, undefined],
    [["vf:0000:3b:02.1"], {}, "not measurable (vf)"],
    [["tap:tapa", "vf:ens1v0"], {}, "partly measurable (vf)"],
    [["vhost-user:vhu1"], {}, "not measurable (conntrack of the switch in user space)"],
    [["tap:tapa"], { datapath_type: "netdev" }, "not measurable (conntrack of the switch in user space)"],
  ])("%s", (interfaces, ofBridge, said) => {
    const of = [...unmeasurableConnections([domain(interfaces), bridge(ofBridge)]).values()];
    expect(of).toEqual(said === undefined ? [] : [{ connections: said }]);
  });
});
