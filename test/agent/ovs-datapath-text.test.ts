import { describe, expect, test } from "vitest";
import { parseBonds } from "../../agent/ovs/bond-text.ts";
import { parseDatapaths, parseMemory, parsePmds, parseUpcalls } from "../../agent/ovs/datapath-text.ts";

// Texts of Open vSwitch 3.1.0 with the datapath in user space are recorded; of the kernel's datapath and of older and newer
// versions they are as lib/dpctl.c, ofproto/ofproto-dpif-upcall.c and lib/dpif-netdev.c write them.

const USER_SPACE = `netdev@ovs-netdev:
  lookups: hit:15 missed:27 lost:3
  flows: 27
  port 0: ovs-netdev (tap)
  port 3: v0
    RX packets:0 errors:? dropped:? overruns:? frame:?
    RX bytes:0  TX bytes:0
  port 8: vxlan_sys_4789 (vxlan: packet_type=ptap)
`;
const KERNEL = `system@ovs-system:
  lookups: hit:9007199 missed:5400 lost:12
  flows: 431
  masks: hit:22000000 total:17 hit/pkt:2.44
  cache: hit:8000000 hit-rate:88.81%
  caches:
    masks-cache: size:256
  port 0: ovs-system (internal)
`;

describe("dpctl/show", () => {
  const unknown = { masks: undefined, maskHit: undefined, cacheHit: undefined };

  test("in user space failed upcalls are counted apart, and belong to the missed packets", () => {
    expect(parseDatapaths(USER_SPACE)).toEqual([
      { name: "netdev@ovs-netdev", hit: 15, missed: 30, lost: 3, flows: 27, ...unknown },
    ]);
  });

  test("in the kernel they are among the missed packets already; masks and their cache are told", () => {
    expect(parseDatapaths(KERNEL)).toEqual([
      {
        name: "system@ovs-system",
        hit: 9007199,
        missed: 5400,
        lost: 12,
        flows: 431,
        masks: 17,
        maskHit: 22000000,
        cacheHit: 8000000,
      },
    ]);
  });

  test("several datapaths, indented by tabs, of which something is not known", () => {
    expect(parseDatapaths("system@a:\n\tlookups: hit:1 missed:? lost:0\n\tflows: 2\nsystem@b:\n\tflows: 4\n")).toEqual([
      { name: "system@a", hit: 1, missed: undefined, lost: 0, flows: 2, ...unknown },
      { name: "system@b", hit: undefined, missed: undefined, lost: undefined, flows: 4, ...unknown },
    ]);
    expect(parseDatapaths("")).toEqual([]);
  });
});

test("upcall/show: limit, time of a dump, and flows in hardware where there are any", () => {
  const text = `netdev@ovs-netdev:
  flows         : (current 27) (avg 26) (max 27) (limit 19000)
  dump duration : 1ms
  ufid enabled : true

  4: (keys 27)
system@ovs-system:
\tflows         : (current 8) (avg 8) (max 31) (limit 200000)
\toffloaded flows : 120
\tdump duration : 510ms
`;
  expect(Object.fromEntries(parseUpcalls(text))).toEqual({
    "netdev@ovs-netdev": { flowLimit: 19000, dumpMs: 1, offloadedFlows: undefined },
    "system@ovs-system": { flowLimit: 200000, dumpMs: 510, offloadedFlows: 120 },
  });
});

test("dpif-netdev/pmd-stats-show: the main thread has no cycles, a PMD thread has its core's number", () => {
  const text = `pmd thread numa_id 0 core_id 3:
  packets received: 1000
  packet recirculations: 20
  avg. datapath passes per packet: 1.02
  phwol hits: 5
  mfex opt hits: 0
  simple match hits: 6
  emc hits: 700
  smc hits: 100
  megaflow hits: 150
  avg. subtable lookups per megaflow hit: 1.67
  miss with success upcall: 50
  miss with failed upcall: 9
  avg. packets per output batch: 1.15
  idle cycles: 123456 (60.01%)
  processing cycles: 82270 (39.99%)
  avg cycles per packet: 205.73 (205726/1000)
main thread:
  packets received: 37
  packet recirculations: 5
  megaflow hits: 15
  miss with success upcall: 27
  miss with failed upcall: 0
`;
  expect(parsePmds(text)).toMatchObject([
    {
      core: "3",
      packets: 1000,
      recirculations: 20,
      hardwareHit: 5,
      simpleHit: 6,
      emcHit: 700,
      smcHit: 100,
      megaflowHit: 150,
      missOk: 50,
      missFailed: 9,
      idleCycles: 123456,
      busyCycles: 82270,
    },
    { core: "main", packets: 37, emcHit: undefined, missOk: 27, idleCycles: undefined },
  ]);
});

test("memory/show: names may hold a blank, and one may be the end of another", () => {
  const memory = parseMemory("handlers:1 idl-cells-Open_vSwitch:473 ports:8 revalidators:2 rules:266 udpif keys:27\n");
  expect(["handlers", "ports", "revalidators", "rules", "udpif keys", "keys", "cells"].map(memory)).toEqual([
    1,
    8,
    2,
    266,
    27,
    27,
    undefined,
  ]);
});

describe("bond/show and lacp/show", () => {
  const bondShow = (word: string) => `---- bond0 ----
bond_mode: balance-tcp
lacp_status: negotiated
active ${word} mac: 9a:16:f0:83:e4:d5(b1)

${word} b0: disabled
  may_enable: false

${word} b1: enabled
  active ${word}
  may_enable: true

---- bond1 ----
bond_mode: active-backup

${word} c0: enabled
  active ${word}
  may_enable: true
`;
  const lacpShow = (word: string) => `---- bond0 ----
  status: active negotiated
  aggregation key: 2

${word}: b0: expired attached
  port_id: 3

${word}: b1: current attached
  port_id: 2
`;

  test.each(["member", "slave"])("as a %s", (word) => {
    expect(parseBonds(bondShow(word), lacpShow(word))).toEqual([
      { bond: "bond0", member: "b0", isEnabled: false, isActive: false, isLacpCurrent: false },
      { bond: "bond0", member: "b1", isEnabled: true, isActive: true, isLacpCurrent: true },
      { bond: "bond1", member: "c0", isEnabled: true, isActive: true, isLacpCurrent: undefined },
    ]);
  });

  test("none", () => expect(parseBonds("", "")).toEqual([]));
});
