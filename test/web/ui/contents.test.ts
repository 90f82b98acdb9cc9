import { describe, expect, test } from "vitest";
import { agentId, hostId, interfaceId, linkId, netnsId, ovsBridgeId } from "../../../core/element-id.ts";
import { compareNames, contentsOf, hostsOf, netnsNameOf } from "../../../web/ui/model/contents.ts";
import { bareHost, cloudOf, computeNode } from "./fixture-cloud.ts";

const HOST = "c-1";
const topology = cloudOf(computeNode("main", HOST, 4), bareHost("main", "c-2"));
const contents = contentsOf(topology, HOST);
const boxOf = (id: string) => contents.boxes.find(({ node }) => node.id === id);

describe("the contents of a host", () => {
  test("are sorted into the strata of the map", () => {
    const names = (band: keyof typeof contents.free) => contents.free[band].map(({ name }) => name);
    expect(names("physical")).toEqual(["bond0", "bond0.120", "eno1", "ens1f0", "ens1f1", "lo"]);
    expect(names("tunnels")).toEqual(["vxlan_sys_4789"]);
    expect(names("virtual").filter((name) => name.startsWith("tap"))).toHaveLength(4);
    expect(names("workloads")).toHaveLength(4);
    expect(names("bridges")).toEqual([]);
  });

  test("an Open vSwitch port stands on its bridge", () => {
    const items = boxOf(ovsBridgeId(HOST, "br-tun"))?.items.map(({ name }) => name);
    expect(items).toEqual(["patch-int", "vxlan-c0000212"]);
  });

  test("a port of a Linux bridge is the link that makes it one", () => {
    const bridge = interfaceId(HOST, undefined, "docker0");
    const [port] = boxOf(bridge)?.items ?? [];
    expect(boxOf(bridge)?.items).toHaveLength(3);
    expect(port?.id).toBe(linkId("layer2", interfaceId(HOST, undefined, port?.name ?? ""), bridge));
  });

  test("an interface in a namespace stands in its box, also when the link to it comes from outside", () => {
    const box = contents.boxes.find(({ node }) => node.name.startsWith("qrouter-"));
    expect(box?.items.map(({ name }) => name)).toEqual(["lo", "qg-e1d4c2b0-55", "qr-0c11a7de-90", "qr-7f00b2aa-1d"]);
  });

  test("the host, its agent and other hosts are not drawn", () => {
    for (const id of [hostId(HOST), agentId(HOST), interfaceId("c-2", undefined, "eth0")]) {
      expect(contents.nodes.has(id)).toBe(false);
    }
  });

  test("cables have both ends on the map", () => {
    expect(contents.cables.length).toBeGreaterThan(10);
    for (const { from, to } of contents.cables) {
      expect(contents.nodes.has(from) && contents.nodes.has(to)).toBe(true);
    }
  });

  test("hosts are listed in natural order", () => {
    expect(hostsOf(topology)).toEqual(["c-1", "c-2"]);
    expect(["eth10", "eth2", "eth1"].sort(compareNames)).toEqual(["eth1", "eth2", "eth10"]);
  });

  test.each([
    [interfaceId(HOST, "qdhcp-1", "lo"), "qdhcp-1"],
    [netnsId(HOST, "a/b"), "a/b"],
    [interfaceId(HOST, undefined, "lo"), undefined],
  ])("the namespace of %s is %s", (id, name) => {
    expect(netnsNameOf(id)).toBe(name);
  });
});
