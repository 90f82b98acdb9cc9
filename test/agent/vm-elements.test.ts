import { expect, test } from "vitest";
import type { IpInterface } from "../../agent/topology/ip-json.ts";
import type { DomainInterface } from "../../agent/vm/domain.ts";
import { domainContribution } from "../../agent/vm/domain-elements.ts";
import { readPassedFunctions } from "../../agent/vm/passed-functions.ts";
import { type Element, isLink, type Node } from "../../core/element.ts";
import { interfaceId, ovsPortId } from "../../core/element-id.ts";
import { wrong } from "../topology/invariants/judging.ts";

const UUID = "4d0e8f80-1111-4222-8333-abcdefabcdef";
const FUNCTION = "0000:05:10.1";

function config(...interfaces: readonly Pick<DomainInterface, "backend" | "target">[]) {
  const cards = interfaces.map((it) => ({ mac: "fa:16:3e:00:00:01", portId: "port-1", ...it }));
  const sizes = { vcpus: 1, memoryMib: 64, machine: undefined, nova: undefined };
  return { uuid: UUID, name: "a", ...sizes, interfaces: cards, disks: [], hostDevices: [], hasGuestAgent: false };
}

function device(name: string, parentDevice?: string): IpInterface {
  return {
    ifindex: 1,
    name,
    adminUp: true,
    carrier: true,
    operstate: "up",
    mtu: 1500,
    mac: undefined,
    linkType: "ether",
    infoKind: undefined,
    info: {},
    master: undefined,
    memberKind: undefined,
    memberInfo: {},
    lower: undefined,
    linkedElsewhere: false,
    addresses: [],
    alias: undefined,
    altNames: [],
    parentDevice,
  };
}

/** What is told of one running machine on a host that has these interfaces. */
function told(
  machine: ReturnType<typeof config>,
  interfaces: readonly IpInterface[],
  others: { readonly functions?: ReturnType<typeof readPassedFunctions>; readonly told?: readonly Element[] } = {},
) {
  const namespace = { name: undefined, inode: 1, pid: 1, heldBy: "process", path: undefined } as const;
  const readings = [{ namespace, interfaces, inodeByNsid: new Map<number, number>() }];
  const kernel = { readings, devices: new Map(), pairing: { pairs: [], inodeByNsid: new Map() } };
  const domain = {
    config: machine,
    state: "running",
    pausedReason: undefined,
    guest: undefined,
    functions: others.functions ?? [],
  };
  const before = new Map((others.told ?? []).map((it) => [it.id, it]));
  const { elements, attributes } = domainContribution([domain], { host: "h", kernel }, before);
  return { elements, attributes, links: elements.filter(isLink).map(({ kind, from }) => [kind, from]) };
}

test.each([
  ["a tap", { backend: "tap", target: "tap1" }, device("tap1"), "tap1"],
  ["a macvtap", { backend: "macvtap", target: "macvtap0" }, device("macvtap0"), "macvtap0"],
  [
    "a function that the host still has an interface for",
    { backend: "vf", target: FUNCTION },
    device("ens1v1", FUNCTION),
    "ens1v1",
  ],
] as const)("%s is attached to its machine, and knows its port", (_, card, it, name) => {
  const { links, attributes } = told(config(card), [device("lo"), it]);
  const id = interfaceId("h", undefined, name);
  expect(links).toEqual([["attached", id]]);
  expect(attributes?.get(id)).toMatchObject({ "external_ids.iface-id": "port-1", "external_ids.vm-uuid": UUID });
});

test("what is not there is attached to nothing", () => {
  expect(told(config({ backend: "tap", target: "tap1" }), [device("tap2")]).links).toEqual([]);
});

test("a vhost-user port is found in the switch", () => {
  const id = ovsPortId("h", "br-int", "vhu1");
  const port: Node = {
    id,
    kind: "ovs-port",
    name: "vhu1",
    cluster: "",
    host: "h",
    attributes: { type: "dpdkvhostuserclient" },
  };
  const { links } = told(config({ backend: "vhost-user", target: "vhu1" }), [], { told: [port] });
  expect(links).toEqual([["attached", id]]);
});

test("a function that was handed to its machine has no interface, and is no missing one while it is on its bus", () => {
  const machine = config({ backend: "vf", target: FUNCTION });
  const folder = `/sys/bus/pci/devices/${FUNCTION}`;
  const links: Record<string, string> = {
    [folder]: "../../../devices/pci0000:00/0000:05:10.1",
    [`${folder}/driver`]: "../../../bus/pci/drivers/vfio-pci",
  };
  const proc = { text: () => undefined, link: (path: string) => links[path], names: () => ["ens1"] };
  const functions = readPassedFunctions(proc, machine);
  const all = told(machine, [device("ens1")], { functions });
  expect(all.elements).toContainEqual(
    expect.objectContaining({ kind: "vf", name: FUNCTION, attributes: { bus_address: FUNCTION, driver: "vfio-pci" } }),
  );
  expect(all.links.map(([kind]) => kind)).toEqual(["attached", "vf-of"]);
  expect(wrong("domain_interface_without_backend", all.elements)).toEqual([]);
  const gone = told(machine, [device("ens1")], {
    functions: readPassedFunctions({ ...proc, link: () => undefined }, machine),
  });
  expect(wrong("domain_interface_without_backend", gone.elements)).toHaveLength(1);
});
