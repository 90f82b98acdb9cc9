import { afterAll, beforeAll, expect, test } from "vitest";
import { frrProbe } from "../../../agent/fabric/frr/frr-probe.ts";
import { createProcReader } from "../../../agent/proc-reader.ts";
import { systemClock } from "../../../core/clock.ts";
import type { Element } from "../../../core/element.ts";
import { Lifetime } from "../../../core/lifetime.ts";
import type { Point } from "../../../core/line-protocol.ts";
import { eventually } from "../../fixtures/eventually.ts";
import { wrong } from "../../topology/invariants/judging.ts";
import { run } from "../fixtures/command.ts";
import { type DrivenProbe, driveProbe } from "../fixtures/driven-probe.ts";
import { type FrrPair, startFrrPair } from "../fixtures/frr.ts";
import { createTestNetwork, type TestNetwork } from "../fixtures/namespaces.ts";
import { HOST, startRunningAgent } from "../fixtures/running-agent.ts";

const PEER = "10.88.0.2";
const MOVING = "02:00:00:00:00:99";
const SPEAKER = `host/${HOST}/bgp/65000`;

let lifetime: Lifetime;
let network: TestNetwork;
let frr: FrrPair;
let probe: DrivenProbe;

beforeAll(async () => {
  lifetime = new Lifetime();
  network = await createTestNetwork(lifetime);
  frr = await startFrrPair(network, lifetime);
  probe = await driveProbe(frrProbe(probeDeps()), lifetime);
  await bothUp();
  await eventually(async () => String((await probe.node("vni/100"))?.attributes.remote_vteps) === PEER, {
    what: "the far tunnel end",
  });
});
afterAll(() => lifetime.end());

const probeDeps = () => ({ host: HOST, folder: frr.folder, proc: createProcReader(), clock: systemClock });
const speaker = () => probe.node("bgp/65000");
/** Between the speaker of the default path space and its peer. */
const pointOf = (points: readonly Point[]) =>
  points.find(({ measurement, tags }) => measurement === "bgp_peer" && tags.peer === PEER);
const fieldsOf = async () => pointOf(await probe.sample())?.fields;
const established = (node: Element | undefined) =>
  node?.attributes.peers !== undefined && node.attributes.peers_down === undefined;

function bothUp() {
  return eventually(async () => established(await speaker()) && established(await probe.node("bgp/65000@far")), {
    what: () => `both sessions, ${JSON.stringify(probe.elements())}`,
  });
}

const lostSession = () =>
  eventually(
    async () => {
      const node = await speaker();
      return node?.attributes.peers_down !== undefined && node;
    },
    { what: "the session to be lost" },
  );

test("speakers of every path space and their VNIs are told as FRR has them", async () => {
  const agent = await startRunningAgent(lifetime, { fabric: { frrFolder: frr.folder }, intervalMs: 500 });
  expect(await agent.node(SPEAKER)).toMatchObject({
    kind: "bgp-speaker",
    name: "AS65000",
    parent: `host/${HOST}`,
    attributes: {
      asn: 65_000,
      router_id: "10.88.0.1",
      bgp_hostname: "host-1",
      peers: [PEER],
      peer_hosts: [`${PEER} host-2`],
    },
  });
  expect((await agent.node(`${SPEAKER}@far`)).attributes).toMatchObject({ path_space: "far", peers: ["10.88.0.1"] });
  const vni = await agent.node(`host/${HOST}/vni/100`, ({ attributes }) => attributes.route_targets !== undefined);
  expect(vni).toMatchObject({
    kind: "vni",
    name: "100",
    attributes: {
      vni: 100,
      vni_type: "L2",
      local_ip: "10.88.0.1",
      route_targets: ["65000:100"],
      remote_vteps: [PEER],
      vxlan_interface: "vxlan100",
    },
  });
  const lines = await eventually(() => {
    const all = agent.collector.writes.flatMap((it) => it.lines);
    return all.some((line) => line.startsWith("bgp_peer")) && all;
  });
  expect(lines.find((line) => line.startsWith("bgp_peer") && line.includes(`peer=${PEER}`))).toMatch(
    /^bgp_peer,afi=l2vpn-evpn,daemon=frr,host=test-host,peer=10.88.0.2 up=1i,admin_down=0i,uptime_s=/,
  );
});

test("a MAC that the far end learned is counted as zebra counts it", async () => {
  await frr.there.learn("02:00:00:00:00:01");
  await eventually(async () => /remote/.test(await macAt(frr.folder, "02:00:00:00:00:01")), { what: "the MAC" });
  const point = (await probe.sample()).find(({ measurement, tags }) => measurement === "evpn_vni" && tags.space === "");
  const vni: { numMacs: number } = JSON.parse(await show(frr.folder, "show evpn vni 100 json"));
  expect(vni.numMacs).toBeGreaterThan(1);
  expect(point?.fields).toMatchObject({ macs: { int: vni.numMacs }, remote_vteps: { int: 1 } });
});

test("a session that the neighbour shut down is found by name, with its reason; one shut down here is no fault", async () => {
  const seen = probe.events.length;
  await frr.there.configure("neighbor 10.88.0.1 shutdown message maintenance");
  const lost = await lostSession();
  expect(wrong("bgp_session_down", [lost])).toEqual([{ elements: [SPEAKER], level: "critical", peers: [PEER] }]);
  expect(lost.attributes.peers_down_reasons).toEqual([
    `${PEER} Cease/Administrative Shutdown, maintenance, BGP Notification received`,
  ]);
  const far = await probe.node("bgp/65000@far");
  expect(far?.attributes).toMatchObject({ peers_admin_down: ["10.88.0.1"] });
  expect(wrong("bgp_session_down", far === undefined ? [] : [far])).toEqual([]);
  await frr.there.configure("no neighbor 10.88.0.1 shutdown");
  await bothUp();
  const told = probe.events.slice(seen).filter(({ element }) => element === SPEAKER);
  expect(told).toMatchObject([
    { kind: "bgp-session-down", severity: "critical", attributes: { peer: PEER, admin_down: false } },
    { kind: "bgp-session-up", severity: "info", attributes: { peer: PEER } },
  ]);
  expect(told[0]?.text).toContain("maintenance");
});

test("a dead link shows in the age of the last message while the session is still said to be established", async () => {
  await network.ipIn(frr.there.namespace, "link", "set", frr.there.uplink, "down");
  const silent = await eventually(
    async () => {
      const fields = await fieldsOf();
      return Number(fields?.message_age_s) > 4 && fields;
    },
    { what: "a silence longer than the keepalive interval" },
  );
  expect(silent.up).toEqual({ int: 1 });
  const lost = await lostSession();
  expect(wrong("bgp_session_down", [lost])).toHaveLength(1);
  await network.ipIn(frr.there.namespace, "link", "set", frr.there.uplink, "up");
  await bothUp();
  expect(countOf((await fieldsOf())?.connections_dropped)).toBeGreaterThan(0);
});

test("a MAC that moves back and forth is flagged by EVPN and found", async () => {
  const [near, far] = [frr.folder, `${frr.folder}/far`];
  for (let move = 0; move < 6; move++) {
    const [end, path, otherPath] = move % 2 === 0 ? [frr.here, near, far] : [frr.there, far, near];
    await end.learn(MOVING);
    await eventually(async () => /"local"/.test(await macAt(path, MOVING)), { what: `move ${move}` });
    // Only what the other end has heard of is a move for it.
    await eventually(async () => /"remote"/.test(await macAt(otherPath, MOVING)), {
      what: `move ${move} at the other`,
    });
  }
  // Flags are asked for once a minute; a session that has just begun asks at once.
  const fresh = await driveProbe(frrProbe(probeDeps()), lifetime);
  const vni = await eventually(() => fresh.node("vni/100"), { what: "the VNI" });
  expect(wrong("evpn_duplicate_mac", [vni])).toMatchObject([{ macs: [MOVING], count: 1 }]);
});

test("bgpd restarted: no counts while it is away, its topology stands, sessions are told lost and back", async () => {
  const [before, seen] = [await speaker(), probe.events.length];
  await frr.here.stopBgpd();
  expect(await fieldsOf()).toBeUndefined();
  expect(probe.isPresent()).toBe(true);
  expect((await speaker())?.attributes).toEqual(before?.attributes);
  await frr.here.startBgpd();
  await bothUp();
  const told = probe.events.slice(seen).filter(({ element }) => element === SPEAKER);
  expect(told.map(({ kind }) => kind)).toEqual(["bgp-session-down", "bgp-session-up"]);
});

function countOf(field: Point["fields"][string]): number {
  return typeof field === "object" ? Number(field.int) : Number.NaN;
}

const show = (folder: string, command: string) => run("vtysh", "--vty_socket", folder, "-c", command);

/** What zebra says of a MAC; it has an error status for one it does not know. */
function macAt(folder: string, mac: string): Promise<string> {
  return show(folder, `show evpn mac vni 100 mac ${mac} json`).catch(() => "");
}
