import { expect, test } from "vitest";
import { bgpPoints } from "../../agent/fabric/bgp/bgp-points.ts";
import type { BgpSpeaker } from "../../agent/fabric/bgp/bgp-speaker.ts";
import { bondPoints } from "../../agent/fabric/bond/bond-probe.ts";
import { createDropReader } from "../../agent/fabric/ethtool/drop-counters.ts";
import { fabricProbes } from "../../agent/fabric/fabric-probes.ts";
import { zebraPoints } from "../../agent/fabric/frr/frr-elements.ts";
import { rtcPoints } from "../../agent/fabric/gobgp/gobgp-probe.ts";
import { lldpPoints } from "../../agent/fabric/lldp/lldp-attributes.ts";
import { vfPoints } from "../../agent/fabric/sriov/vf-elements.ts";
import { epochMsOf, systemClock } from "../../core/clock.ts";
import type { Point } from "../../core/line-protocol.ts";
import { FABRIC_METRICS } from "../../core/metrics/fabric-metrics.ts";
import { cataloguedWords, wordsOf } from "./catalogue-agreement.ts";
import { quietContext } from "./probe-context.ts";

const AT = epochMsOf(1);

const SPEAKER: BgpSpeaker = {
  daemon: "frr",
  space: undefined,
  vrf: undefined,
  asn: 1,
  routerId: "10.0.0.1",
  peers: [
    {
      address: "10.0.0.2",
      asn: 1,
      hostName: undefined,
      session: "established",
      isAdminDown: false,
      uptimeSeconds: 1,
      messagesReceived: 1,
      messagesSent: 1,
      connectionsDropped: 1,
      families: [{ afi: "l2vpn-evpn", prefixesReceived: 1, prefixesSent: 1 }],
    },
  ],
  tables: [{ afi: "l2vpn-evpn", routes: 1, paths: 1 }],
};

const MEMBER = { name: "eth0", isUp: true, linkFailures: 0, permanentMac: undefined, aggregator: 1, isChurned: false };
const COUNTERS = { bytes: 1, packets: 1, dropped: 1 };
const VF = {
  index: 0,
  mac: undefined,
  vlan: undefined,
  qos: undefined,
  isTrusted: undefined,
  isSpoofChecked: undefined,
};

function dropPoint(): Point {
  const reader = createDropReader();
  const names = [
    "rx_out_of_buffer",
    "rx_missed_errors",
    "rx_discards_phy",
    "rx_crc_errors_phy",
    "rx_oversize_pkts_phy",
  ];
  const more = ["rx_symbol_err_phy", "tx_discards_phy", "tx_errors_phy", "rx_pause_ctrl_phy", "tx_pause_ctrl_phy"];
  for (const name of [...names, ...more, "link_down_events_phy"]) reader.line(`     ${name}: 1`);
  const fields = reader.finish();
  return { measurement: "nic_drops", tags: { interface: "eth0", driver: "mlx5_core" }, fields: { ...fields }, at: AT };
}

test("what a host with everything writes is the catalogue of the fabric, no more and no less", () => {
  const neighbour = {
    interface: "eth0",
    system: "leaf",
    chassisId: "c",
    port: "p",
    portId: "p",
    systemDescription: undefined,
    managementAddresses: [],
    isForwarding: true,
    ttlSeconds: 120,
    ageSeconds: 1,
  };
  const vni = { vni: 1, type: "L2", vxlanInterface: "v", tenantVrf: "default", macs: 1, arpNd: 1, remoteVteps: [] };
  const reading = {
    space: undefined,
    speakers: [],
    vnis: [vni],
    vniRouting: new Map(),
    duplicateMacs: new Map([[1, []]]),
    routes: new Map([["ipv4", { routes: 1, fibRoutes: 1 }] as const]),
  };
  const member = { ...MEMBER, actorState: 63, partner: undefined };
  const bond = { members: [member], lacp: { activeAggregator: 1, partnerMac: undefined } };
  const vf = { ...VF, linkState: undefined, maxTxMbps: undefined, rx: COUNTERS, tx: COUNTERS };
  const points = [
    ...lldpPoints(new Map([["eth0", { neighbours: [neighbour], readAtMs: 0, isOfThisRun: true }]]), 0, AT),
    ...bgpPoints(SPEAKER, () => 1, AT),
    ...rtcPoints([{ target: "1:1", paths: 1, neighbours: [] }], AT),
    ...zebraPoints(reading, AT),
    ...bondPoints("bond0", bond, AT),
    ...vfPoints([{ name: "eth0", configured: 1, possible: 1, devices: new Map(), infos: [vf] }], AT),
    dropPoint(),
  ];
  expect(wordsOf(points)).toEqual(cataloguedWords(Object.keys(FABRIC_METRICS)));
});

test("a host that has none of it is silent", async () => {
  const proc = { text: () => undefined, names: () => [], link: () => undefined };
  const nowhere = { lldpSocket: "/nowhere/lldpd", frrFolder: "/nowhere/frr", gobgpAddress: "127.0.0.1:1" };
  for (const probe of fabricProbes(nowhere, { host: "h", proc, clock: systemClock })) {
    expect(await probe.detect(quietContext()), probe.name).toBeUndefined();
  }
});
