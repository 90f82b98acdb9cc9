import { expect, test } from "vitest";
import { bgpPoints } from "../../agent/fabric/bgp/bgp-points.ts";
import { type BgpPeer, type BgpSpeaker, speakerId, speakerNode } from "../../agent/fabric/bgp/bgp-speaker.ts";
import { createMessageWatch } from "../../agent/fabric/bgp/message-watch.ts";
import { createSpeakerWatch } from "../../agent/fabric/bgp/speaker-watch.ts";
import {
  parseDuplicateMacs,
  parseLastReset,
  parseRouteSummary,
  parseSummaries,
  parseVniRouting,
  parseVnis,
} from "../../agent/fabric/frr/frr-answers.ts";
import { frrElements } from "../../agent/fabric/frr/frr-elements.ts";
import { epochMsOf } from "../../core/clock.ts";

const AT = epochMsOf(1_000_000);

function peer(address: string, parts: Partial<BgpPeer> = {}): BgpPeer {
  return {
    address,
    asn: 65_000,
    hostName: undefined,
    session: "established",
    isAdminDown: false,
    uptimeSeconds: 100,
    messagesReceived: 10,
    messagesSent: 10,
    connectionsDropped: 0,
    families: [{ afi: "l2vpn-evpn", prefixesReceived: 1, prefixesSent: 1 }],
    ...parts,
  };
}

function speaker(peers: readonly BgpPeer[], parts: Partial<BgpSpeaker> = {}): BgpSpeaker {
  const tables = [{ afi: "l2vpn-evpn", routes: 3, paths: undefined }];
  return {
    daemon: "frr",
    space: undefined,
    vrf: undefined,
    asn: 65_000,
    routerId: "10.0.0.1",
    peers,
    tables,
    ...parts,
  };
}

/** What happened from one reading to another. */
function between(before: readonly BgpPeer[], after: readonly BgpPeer[], seconds = 10) {
  const watch = createSpeakerWatch("h");
  expect(watch.see([speaker(before)], AT, 0)).toEqual([]);
  const events = watch.see([speaker(after)], epochMsOf(AT + seconds * 1_000), seconds * 1_000);
  return events.map(({ kind, severity, text, at }) => ({ kind, severity, text, at: at - AT }));
}

test("the first reading and a session that goes on tell no event", () => {
  expect(between([peer("a")], [peer("a", { uptimeSeconds: 110 })])).toEqual([]);
  expect(between([peer("a", { session: "idle" })], [peer("a", { session: "active" })])).toEqual([]);
});

test("a session that is lost, or back, is told with its reason and the time it was established", () => {
  const down = peer("a", { session: "active", hostName: "leaf", lastReset: "Hold Timer Expired" });
  expect(between([peer("a")], [down])).toEqual([
    { kind: "bgp-session-down", severity: "critical", text: "a (leaf): Hold Timer Expired", at: 10_000 },
  ]);
  expect(between([down], [peer("a", { uptimeSeconds: 4 })])).toEqual([
    { kind: "bgp-session-up", severity: "info", text: "a: established", at: 6_000 },
  ]);
});

test("a session that was lost and is back between two readings is told by both events", () => {
  expect(between([peer("a")], [peer("a", { uptimeSeconds: 3 })]).map(({ kind }) => kind)).toEqual([
    "bgp-session-down",
    "bgp-session-up",
  ]);
});

test.each([
  ["one was lost meanwhile", { connectionsDropped: 1 }],
  ["the daemon counts from the beginning", { messagesReceived: 3 }],
])("a session is another one when %s, however short the time between", (_, parts) => {
  expect(between([peer("a")], [peer("a", parts)], 1).map(({ kind }) => kind)).toEqual([
    "bgp-session-down",
    "bgp-session-up",
  ]);
});

test("what somebody shut down is said calmly; peers that come and go by configuration are no event", () => {
  const shut = peer("a", { session: "idle", isAdminDown: true });
  expect(between([peer("a")], [shut])).toMatchObject([{ severity: "info", text: "a: shut down here" }]);
  expect(between([peer("a")], [peer("b")])).toEqual([]);
});

test("a thousand sessions lost at once are a few events and their number", () => {
  const addresses = Array.from({ length: 1_000 }, (_, n) => `10.0.${n >> 8}.${n & 255}`);
  const up = addresses.map((address) => peer(address));
  const down = addresses.map((address) => peer(address, { session: "active" }));
  const events = between(up, down);
  expect(events).toHaveLength(21);
  expect(events.at(-1)).toMatchObject({ severity: "critical", text: "980 more sessions down, 0 more up" });
});

test("of more peers than can be told, those that are down are; the table has the number of all", () => {
  const peers = Array.from({ length: 1_500 }, (_, n) => peer(`p${n}`, n === 1_499 ? { session: "idle" } : {}));
  const points = bgpPoints(speaker(peers), () => undefined, AT);
  expect(points.filter(({ measurement }) => measurement === "bgp_peer")).toHaveLength(1_000);
  expect(points.some(({ tags }) => tags.peer === "p1499")).toBe(true);
  expect(points.at(-1)).toMatchObject({
    measurement: "bgp_table",
    fields: { peers: { int: 1_500 }, peers_down: { int: 1 } },
  });
});

test("the age of the last message grows while no message comes, and begins anew with each", () => {
  const watch = createMessageWatch();
  watch.see(new Map([["a", 5]]), 1_000);
  watch.see(new Map([["a", 5]]), 11_000);
  expect(watch.age("a")).toBe(10);
  watch.see(new Map([["a", 6]]), 21_000);
  expect(watch.age("a")).toBe(0);
  watch.see(new Map(), 31_000);
  expect(watch.age("a")).toBeUndefined();
});

test("speakers of one autonomous system on one host have ids of their own", () => {
  const ids = [{}, { vrf: "red" }, { space: "s" }, { daemon: "gobgp" as const }].map((it) =>
    speakerId("h", speaker([], it)),
  );
  expect(ids).toEqual(["host/h/bgp/65000", "host/h/bgp/65000@red", "host/h/bgp/65000@s", "host/h/bgp/65000@gobgp"]);
});

test("only what is down and meant to be up counts as down", () => {
  const peers = [peer("c"), peer("b", { session: "idle", isAdminDown: true }), peer("a", { session: "connect" })];
  expect(speakerNode("h", speaker(peers)).attributes).toMatchObject({
    peers: ["a", "b", "c"],
    peers_down: ["a"],
    peers_admin_down: ["b"],
  });
});

test("a summary of several VRFs and families makes one speaker for each VRF, with each peer once", () => {
  const family = (peers: object) => ({ routerId: "10.0.0.1", as: 65_000, ribCount: 2, peers });
  const state = { remoteAs: 65_001, state: "Established", peerState: "OK", pfxRcd: 3, pfxSnt: 4, msgRcvd: 9 };
  const text = JSON.stringify({
    default: { ipv4Unicast: family({ "10.0.0.9": state }), l2VpnEvpn: family({ "10.0.0.9": { ...state, pfxRcd: 7 } }) },
    red: { ipv4Unicast: family({ swp1: { ...state, state: "Idle (Admin)", peerState: "Admin" } }) },
  });
  const speakers = parseSummaries(text, undefined);
  expect(speakers.map(({ vrf, peers }) => [vrf, peers.length])).toEqual([
    [undefined, 1],
    ["red", 1],
  ]);
  expect(speakers[0]?.peers[0]?.families.map((it) => [it.afi, it.prefixesReceived])).toEqual([
    ["ipv4-unicast", 3],
    ["l2vpn-evpn", 7],
  ]);
  expect(speakers[1]?.peers[0]).toMatchObject({ session: "idle", isAdminDown: true });
});

test.each(["", "{}", "% BGP instance not found", "[]", '{"default":{}}', "null", '{"default":{"x":{"peers":7}}}'])(
  "%j tells nothing, and breaks nothing",
  (text) => {
    expect(parseSummaries(text, undefined)).toEqual([]);
    expect(parseVnis(text)).toEqual([]);
    expect(parseVniRouting(text).size).toBe(0);
    expect([...parseDuplicateMacs(text).values()].flat()).toEqual([]);
    expect(parseRouteSummary(text)).toBeUndefined();
    expect(parseLastReset(text, "10.0.0.1")).toBeUndefined();
  },
);

test("a VNI without other tunnel ends says so; one with too many tells their number", () => {
  const vni = (number: number, count: number) => ({
    vni: number,
    type: "L2",
    numMacs: 0,
    numArpNd: 0,
    numRemoteVteps: count,
    ...(count === 0 ? {} : { remoteVteps: Array.from({ length: count }, (_, n) => `10.1.${n >> 8}.${n & 255}`) }),
  });
  const vnis = parseVnis(
    JSON.stringify({ "1": vni(1, 0), "2": vni(2, 1_001), "3": { ...vni(3, 0), type: "L3", numRemoteVteps: "n/a" } }),
  );
  const nothing = {
    space: undefined,
    speakers: [],
    vniRouting: new Map(),
    duplicateMacs: new Map(),
    routes: new Map(),
  };
  const [none, many, layer3] = frrElements("h", { ...nothing, vnis }).map(({ attributes }) => attributes);
  expect(none?.remote_vteps).toEqual([]);
  expect([many?.remote_vteps, many?.remote_vtep_count]).toEqual([undefined, 1_001]);
  expect([layer3?.remote_vteps, layer3?.remote_vtep_count]).toEqual([undefined, undefined]);
});
