import { describe, expect, test } from "vitest";
import { probesOf } from "../../../agent/probes.ts";
import { systemClock } from "../../../core/clock.ts";
import type { NodeKind } from "../../../core/element.ts";
import { silentLog } from "../../../core/log.ts";
import { sizeText } from "../../../web/ui/details/size-text.ts";
import { bandOf } from "../../../web/ui/model/bands.ts";
import { hostSources } from "../../../web/ui/model/host-sources.ts";
import { en } from "../../../web/ui/text/en.ts";
import { zh } from "../../../web/ui/text/zh.ts";

describe("the sources of a host", () => {
  const complete = ["connections", "conntrack", "lldp", "libvirt", "openvswitch", "ovs-vswitchd"];

  test("a compute node without libvirt is seen to lack it", () => {
    expect(hostSources({ sources: complete })?.missing).toEqual([]);
    expect(hostSources({ sources: complete.filter((name) => name !== "libvirt") })?.missing).toEqual(["libvirt"]);
  });

  test("a network node needs no libvirt", () => {
    const sources = ["connections", "conntrack", "openvswitch", "ovs-vswitchd"];
    expect(hostSources({ role: "network", sources })?.missing).toEqual(["lldp"]);
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

test("every source an agent looks for has a name in both languages", () => {
  const options = {
    ...{ host: "c-1", collectorUrl: "http://127.0.0.1:1", intervalMs: 10_000, ovsDatabaseSocket: "/nowhere/db.sock" },
    ...{ topProcesses: 5, processCpuThreshold: 0.1, bufferBytes: 1, version: "0" },
  };
  const mesh = { name: "mesh", detect: async () => undefined };
  const proc = { text: () => undefined, names: () => [], link: () => undefined };
  const probes = probesOf(options, { proc, clock: systemClock, log: silentLog, mesh, namespaces: () => [] });
  const named = (sources: object) => probes.map(({ name }) => name).filter((name) => !Object.hasOwn(sources, name));
  expect(probes.length).toBeGreaterThan(20);
  expect(named(en.sources.names)).toEqual([]);
  expect(named(zh.sources.names)).toEqual([]);
});
