import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { bondAttributes, bondPoints, bondProbe } from "../../agent/fabric/bond/bond-probe.ts";
import { isLacpCurrent, parseBond } from "../../agent/fabric/bond/bond-text.ts";
import { epochMsOf } from "../../core/clock.ts";
import { interfaceId } from "../../core/element-id.ts";
import { formatPoint } from "../../core/line-protocol.ts";
import { quietContext } from "./probe-context.ts";

const recorded = (name: string) => readFileSync(new URL(`fixtures/bonding/${name}.txt`, import.meta.url), "latin1");
const IN_DOUBT = recorded("lacp-one-member-in-doubt");
const NO_PARTNER = recorded("lacp-no-partner");

/** What the modes other than 802.3ad have before their members; the name of the mode alone differs for the last four. */
const HEADS: readonly (readonly [mode: string, head: string])[] = [
  ["active-backup", "fault-tolerance (active-backup)\nPrimary Slave: None\nCurrently Active Slave: eth0"],
  [
    "active-backup with a primary",
    "fault-tolerance (active-backup) (fail_over_mac active)\nPrimary Slave: eth1 (primary_reselect always)\nCurrently Active Slave: eth1",
  ],
  ["balance-rr", "load balancing (round-robin)"],
  ["balance-xor", "load balancing (xor)\nTransmit Hash Policy: layer2 (0)"],
  ["broadcast", "fault-tolerance (broadcast)"],
  ["balance-tlb", "transmit load balancing\nPrimary Slave: None\nCurrently Active Slave: eth0"],
  ["balance-alb", "adaptive load balancing\nPrimary Slave: None\nCurrently Active Slave: eth0"],
];

test.each(HEADS)("members of %s are read without LACP", (_, head) => {
  const text = `Ethernet Channel Bonding Driver: v6.8.0-90-generic

Bonding Mode: ${head}
MII Status: up
MII Polling Interval (ms): 100
Up Delay (ms): 200
Down Delay (ms): 200
ARP Polling Interval (ms): 0

Slave Interface: eth0
MII Status: up
Speed: 1000 Mbps
Duplex: full
Link Failure Count: 0
Permanent HW addr: 02:00:27:99:e7:e7
Slave queue ID: 0

Slave Interface: eth1
MII Status: going down
Speed: Unknown
Duplex: Unknown
Link Failure Count: 3
Permanent HW addr: 02:00:27:d1:fc:5b
Slave queue ID: 0
`;
  const bond = parseBond(text);
  expect(bond.lacp).toBeUndefined();
  expect(bond.members.map(({ name, isUp, linkFailures }) => [name, isUp, linkFailures])).toEqual([
    ["eth0", true, 0],
    ["eth1", false, 3],
  ]);
  expect(bond.members.map(isLacpCurrent)).toEqual([undefined, undefined]);
  expect(bondPoints("bond0", bond, epochMsOf(1)).map(formatPoint)).toEqual([
    "bond,bond=bond0 members=2i,members_up=1i 1",
    "bond_member,bond=bond0,interface=eth0 up=1i,link_failures=0i 1",
    "bond_member,bond=bond0,interface=eth1 up=0i,link_failures=3i 1",
  ]);
});

test("a member whose link is up and which LACP does not use is told", () => {
  const attributes = bondAttributes("h", new Map([["bond0", parseBond(IN_DOUBT)]]));
  const of = (name: string) => attributes.get(interfaceId("h", undefined, name));
  expect(of("bond0")).toEqual({ bond_members: ["eth0", "eth1"], lacp_partner_mac: "00:00:5e:00:01:01" });
  expect(of("eth0")).toMatchObject({ lacp_current: true, lacp_partner_port: 16_397 });
  expect(of("eth1")).toMatchObject({ lacp_current: false, lacp_partner_mac: "00:00:5e:00:01:01" });
});

test("a bond nobody answers on has no partner; members outside of the aggregator in use are named", () => {
  const bond = parseBond(NO_PARTNER);
  const attributes = bondAttributes("h", new Map([["bond0", bond]]));
  expect(attributes.get(interfaceId("h", undefined, "bond0"))).toEqual({
    bond_members: ["enp145s0f0", "enp145s0f1"],
    bond_members_down: ["enp145s0f0"],
    lacp_members_outside: ["enp145s0f0"],
    lacp_members_churned: ["enp145s0f0", "enp145s0f1"],
  });
  expect(bondPoints("bond0", bond, epochMsOf(1)).map(formatPoint)).toEqual([
    "bond,bond=bond0 members=2i,members_up=1i,aggregators=2i 1",
    "bond_member,bond=bond0,interface=enp145s0f0 up=0i,link_failures=1i,in_active_aggregator=0i,churned=1i 1",
    "bond_member,bond=bond0,interface=enp145s0f1 up=1i,link_failures=0i,in_active_aggregator=1i,churned=1i 1",
  ]);
});

test("members that reach two different partners are told with both", () => {
  const text = IN_DOUBT.replace(
    /(.*)system mac address: 00:00:5e:00:01:01/s,
    "$1system mac address: 00:00:5e:00:01:02",
  );
  const attributes = bondAttributes("h", new Map([["bond0", parseBond(text)]]));
  expect(attributes.get(interfaceId("h", undefined, "bond0"))?.lacp_partner_macs).toEqual([
    "00:00:5e:00:01:01",
    "00:00:5e:00:01:02",
  ]);
});

test("what changes about a bond is told, and the source goes with the last bond", async () => {
  const files = new Map([["/proc/net/bonding/bond0", IN_DOUBT]]);
  let changes = 0;
  const proc = {
    text: (path: string) => files.get(path),
    names: () => [...files.keys()].map((path) => path.split("/").at(-1) ?? ""),
    link: () => undefined,
  };
  const session = await bondProbe("h", proc).detect(quietContext({ changed: () => changes++ }));
  const sample = () => session?.sample?.(epochMsOf(1), () => {});
  sample();
  expect(changes).toBe(0);
  files.set("/proc/net/bonding/bond0", IN_DOUBT.replace("port state: 15", "port state: 63"));
  sample();
  expect(changes).toBe(1);
  files.clear();
  sample();
  expect(await session?.ended).toBe("the last bond is gone");
});
