import { describe, expect, test } from "vitest";
import type { NodeKind } from "../../../core/element.ts";
import { sizeText } from "../../../web/ui/details/size-text.ts";
import { bandOf } from "../../../web/ui/model/bands.ts";
import { hostSources } from "../../../web/ui/model/host-sources.ts";

describe("the sources of a host", () => {
  const complete = ["connections", "conntrack", "lldp", "libvirt", "openvswitch", "ovs-vswitchd"];

  test("a compute node without libvirt is seen to lack it", () => {
    expect(hostSources({ sources: complete })?.missing).toEqual([]);
    expect(hostSources({ sources: complete.filter((name) => name !== "libvirt") })?.missing).toEqual(["libvirt"]);
  });

  test("a network node needs no libvirt, but routers", () => {
    expect(hostSources({ role: "network", sources: complete })?.missing).toEqual(["network_node"]);
  });

  test("a host of which nothing is told lacks nothing", () => {
    expect(hostSources({ role: "network" })).toBeUndefined();
  });
});

test.each<[string | undefined, number, string | undefined]>([
  ["memory_bytes", 512 * 2 ** 30, "512 GiB"],
  ["memory_mib", 4096, "4 GiB"],
  ["speed_mbps", 25_000, "25 Gbit/s"],
  ["speed_mbps", -1, undefined],
  ["vcpus", 4, undefined],
  [undefined, 4, undefined],
])("%s of %d reads %s", (name, value, text) => {
  expect(sizeText(name, value)).toBe(text);
});

test.each<[NodeKind, ReturnType<typeof bandOf>]>([
  ["domain", "workloads"],
  ["vf", "physical"],
  ["vxlan", "tunnels"],
  ["bgp-speaker", "tunnels"],
  ["vni", "tunnels"],
  ["host", undefined],
])("a %s stands in the band %s", (kind, band) => {
  expect(bandOf(kind)).toBe(band);
});
