import { expect, test } from "vitest";
import { meshEndpoints } from "../../../agent/mesh/endpoints.ts";
import { parseIpAddr } from "../../../agent/topology/ip-json.ts";
import type { KernelSnapshot } from "../../../agent/topology/kernel-elements.ts";
import type { Element } from "../../../core/element.ts";
import { elementIdOf } from "../../../core/element-id.ts";
import { endpointText } from "../../../core/mesh.ts";

interface Device {
  readonly name: string;
  readonly kind?: string;
  readonly master?: string;
  readonly addresses?: readonly string[];
}

function kernelOf(devices: readonly Device[]): KernelSnapshot {
  const text = JSON.stringify(
    devices.map(({ name, kind, master, addresses = [] }, index) => ({
      ifindex: index + 1,
      ifname: name,
      flags: ["UP"],
      mtu: 1_500,
      link_type: "ether",
      operstate: "UP",
      ...(master === undefined ? {} : { master }),
      ...(kind === undefined ? {} : { linkinfo: { info_kind: kind } }),
      addr_info: addresses.map((cidr) => ({ local: cidr.split("/")[0], prefixlen: Number(cidr.split("/")[1]) })),
    })),
  );
  const namespace = { inode: 1, name: undefined, heldBy: "host", pid: 1, path: undefined } as const;
  const readings = [{ namespace, interfaces: parseIpAddr(text), inodeByNsid: new Map() }];
  return { readings, devices: new Map(), pairing: { inodeByNsid: new Map(), pairs: [] } };
}

const tunnelTo = (localIp: string): ReadonlyMap<Element["id"], Element> => {
  const id = elementIdOf("host", "h", "tunnel", "vxlan");
  return new Map([
    [id, { id, kind: "vxlan", name: "vxlan", cluster: "", host: "h", attributes: { local_ip: localIp } }],
  ]);
};
const plain = { port: 8_643, underlay: undefined, overlay: [] };
const textsOf = (...args: Parameters<typeof meshEndpoints>) => meshEndpoints(...args).map(endpointText);

test("the underlay is where tunnels end, if that is an address of the host itself", () => {
  const kernel = kernelOf([
    { name: "bond0.100", addresses: ["10.1.0.7/24"] },
    { name: "eth0", addresses: ["192.168.0.7/24"] },
  ]);
  const facts = { kernel, towardsCollector: "192.168.0.7" };
  expect(textsOf(plain, { ...facts, elements: tunnelTo("10.1.0.7") })).toEqual(["underlay|10.1.0.7|8643"]);
  expect(textsOf(plain, { ...facts, elements: tunnelTo("10.88.0.1") })).toEqual(["underlay|192.168.0.7|8643"]);
  expect(textsOf(plain, { ...facts, elements: new Map() })).toEqual(["underlay|192.168.0.7|8643"]);
  expect(textsOf({ ...plain, underlay: "10.9.9.9" }, { ...facts, elements: new Map() })).toEqual([
    "underlay|10.9.9.9|8643",
  ]);
});

test("an overlay is an address on a bridge with a tunnel in it, or one that was named; never a link-local one", () => {
  const kernel = kernelOf([
    { name: "br100", kind: "bridge", addresses: ["172.16.0.7/16", "fe80::1/64"] },
    { name: "vxlan100", kind: "vxlan", master: "br100" },
    { name: "br-lan", kind: "bridge", addresses: ["192.168.5.1/24"] },
    { name: "probe0", addresses: ["172.20.0.7/24"] },
  ]);
  const facts = { kernel, towardsCollector: undefined, elements: new Map() };
  expect(textsOf(plain, facts)).toEqual(["overlay|172.16.0.7/16|8643"]);
  expect(textsOf({ ...plain, overlay: ["172.20.0.7"] }, facts)).toEqual([
    "overlay|172.16.0.7/16|8643",
    "overlay|172.20.0.7/24|8643",
  ]);
});

test("a machine that reaches its collector over loopback can be asked by nobody else", () => {
  const facts = { kernel: kernelOf([]), towardsCollector: "127.0.0.1", elements: new Map() };
  expect(textsOf(plain, facts)).toEqual([]);
});
