import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { domainContribution } from "../../agent/vm/domain-elements.ts";
import { parseDomainXml } from "../../agent/vm/domain-xml.ts";
import { parseXml } from "../../agent/vm/xml-reader.ts";

const RECORDED = readFileSync(join(import.meta.dirname, "fixtures/libvirt-domain.xml"), "utf8");
const PORT = "33333333-33aa-4bbb-8ccc-dddddddddddd";

const withDevices = (devices: string) =>
  `<domain type='kvm'><name>a</name><uuid>4D0E8F80-1111-4222-8333-ABCDEFABCDEF</uuid><devices>${devices}</devices></domain>`;

test("a definition of libvirt 9, with Nova's part, is read", () => {
  expect(parseDomainXml(RECORDED)).toEqual({
    uuid: "4d0e8f80-1111-4222-8333-abcdefabcdef",
    name: "instance-0000002a",
    vcpus: 2,
    memoryMib: 192,
    machine: "pc-q35-7.2",
    nova: { displayName: "web & one", projectId: "0a1b2c3d4e5f60718293a4b5c6d7e8f9", flavor: "m1.tiny", ports: [PORT] },
    interfaces: [{ backend: "tap", target: "tap33333333-33", mac: "fa:16:3e:00:00:2a", portId: PORT }],
    disks: [{ device: "vda", kind: "file", source: "/tmp/vm/g/disk.img" }],
    hostDevices: [],
    hasGuestAgent: true,
  });
});

test("the same definition is read where libvirt keeps it with the machine's state", () => {
  const kept = `<!--\nWARNING: generated\n-->\n<domstatus state='running' pid='7'><monitor path='/x'/>${RECORDED}</domstatus>\n`;
  expect(parseDomainXml(kept)).toEqual(parseDomainXml(RECORDED));
});

test.each([
  ["a macvtap", "<interface type='direct'><target dev='macvtap0'/></interface>", "macvtap:macvtap0"],
  ["a bridge's tap", "<interface type='bridge'><source bridge='br-int'/><target dev='tap1'/></interface>", "tap:tap1"],
  [
    "a virtual function",
    "<interface type='hostdev'><source><address type='pci' domain='0x0000' bus='0x05' slot='0x10' function='0x1'/></source></interface>",
    "vf:0000:05:10.1",
  ],
  [
    "a vhost-user port that libvirt did not name",
    "<interface type='vhostuser'><source type='unix' path='/var/run/openvswitch/vhu12345678-9a' mode='server'/></interface>",
    "vhost-user:vhu12345678-9a",
  ],
])("%s is told by what stands behind it", (_, xml, told) => {
  const [it] = parseDomainXml(withDevices(xml))?.interfaces ?? [];
  expect(`${it?.backend}:${it?.target}`).toBe(told);
});

test.each([
  ["user networking", "<interface type='user'><mac address='52:54:00:00:00:01'/></interface>"],
  ["a tap that has no name while the machine is off", "<interface type='bridge'><source bridge='br0'/></interface>"],
])("%s has nothing behind it that could be missing", (_, xml) => {
  expect(parseDomainXml(withDevices(xml))?.interfaces).toEqual([]);
});

test("the port that Open vSwitch was given goes before what a name lets guess", () => {
  const xml = `<interface type='bridge'><virtualport type='openvswitch'><parameters interfaceid='${PORT}'/></virtualport><target dev='tap1'/></interface>`;
  expect(parseDomainXml(withDevices(xml))?.interfaces[0]?.portId).toBe(PORT);
});

test.each([
  [
    "rbd",
    "<disk type='network'><source protocol='rbd' name='volumes/volume-1'/><target dev='vda'/></disk>",
    ["vda", "rbd", "volumes/volume-1"],
  ],
  ["block", "<disk type='block'><source dev='/dev/dm-1'/><target dev='vdb'/></disk>", ["vdb", "block", "/dev/dm-1"]],
  [
    "iscsi",
    "<disk type='network'><source protocol='iscsi' name='iqn.2010:t/1'/><target dev='vdc'/></disk>",
    ["vdc", "iscsi", "iqn.2010:t/1"],
  ],
  [
    "nvme",
    "<disk type='nvme'><source type='pci' namespace='1'><address domain='0x0000' bus='0x01' slot='0x00' function='0x0'/></source><target dev='vdd'/></disk>",
    ["vdd", "nvme", "0000:01:00.0"],
  ],
  ["an empty drive", "<disk type='file' device='cdrom'><target dev='sda'/></disk>", ["sda", "file", undefined]],
])("a disk of kind %s is told with where it lies", (_, xml, [device, kind, source]) => {
  expect(parseDomainXml(withDevices(xml))?.disks).toEqual([{ device, kind, source }]);
});

test("the node of a machine is as the simulated cloud tells it, and lists are sorted", () => {
  const config = parseDomainXml(
    withDevices(
      "<interface type='bridge'><target dev='tapb'/></interface><interface type='bridge'><target dev='tapa'/></interface>",
    ),
  );
  if (config === undefined) throw new Error("not read");
  const domain = { config, state: "running", pausedReason: undefined, guest: undefined, functions: [] };
  const { elements } = domainContribution([domain], { host: "h", kernel: undefined }, new Map());
  expect(elements).toMatchObject([
    {
      id: "host/h/domain/4d0e8f80-1111-4222-8333-abcdefabcdef",
      kind: "domain",
      name: "a",
      parent: "host/h",
      attributes: { state: "running", interfaces: ["tap:tapa", "tap:tapb"] },
    },
  ]);
});

test("text that is no definition is no machine, whatever it is, and nothing throws", () => {
  for (const text of [
    "",
    "<domain/>",
    "<a><b></a></b>",
    "<domain><name>a</name>",
    RECORDED.slice(0, 3000),
    `${RECORDED}<x/>`,
    "<a>".repeat(1000),
  ]) {
    expect(parseDomainXml(text)).toBeUndefined();
  }
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom("<", ">", "/", "a", "=", "'", '"', "&", ";", "!", "-", " ", "[", "]") }),
      (text) => void parseXml(text),
    ),
  );
});
