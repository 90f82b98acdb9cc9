import { afterAll, beforeAll, expect, test } from "vitest";
import { gobgpProbe } from "../../../agent/fabric/gobgp/gobgp-probe.ts";
import { systemClock } from "../../../core/clock.ts";
import { Lifetime } from "../../../core/lifetime.ts";
import { eventually } from "../../fixtures/eventually.ts";
import { wrong } from "../../topology/invariants/judging.ts";
import { type DrivenProbe, driveProbe } from "../fixtures/driven-probe.ts";
import { type ReflectedNetwork, startReflectedNetwork } from "../fixtures/gobgpd.ts";
import { createTestNetwork } from "../fixtures/namespaces.ts";
import { HOST, startRunningAgent } from "../fixtures/running-agent.ts";

const [FIRST, SECOND] = ["10.91.0.2", "10.91.1.2"];
const SPEAKER = `host/${HOST}/bgp/65000@gobgp`;

let lifetime: Lifetime;
let gobgp: ReflectedNetwork;
let probe: DrivenProbe;

beforeAll(async () => {
  lifetime = new Lifetime();
  gobgp = await startReflectedNetwork(await createTestNetwork(lifetime), lifetime);
  probe = await driveProbe(gobgpProbe({ host: HOST, address: gobgp.apiAddress, clock: systemClock }), lifetime);
  await bothUp();
  const [one, other] = gobgp.clients;
  await one.gobgp("vrf", "add", "red", "rd", "65000:100", "rt", "both", "65000:100");
  await other.gobgp("vrf", "add", "blue", "rd", "65000:200", "rt", "both", "65000:200");
});
afterAll(() => lifetime.end());

const speaker = () => probe.node("bgp/65000@gobgp");

function bothUp() {
  return eventually(
    async () => {
      const attributes = (await speaker())?.attributes;
      return String(attributes?.peers) === `${FIRST},${SECOND}` && attributes?.peers_down === undefined;
    },
    { what: () => `both sessions, ${JSON.stringify(probe.elements())}` },
  );
}

test("the route reflector tells its peers and which route targets each of them asks for", async () => {
  const agent = await startRunningAgent(lifetime, { fabric: { gobgpAddress: gobgp.apiAddress }, intervalMs: 500 });
  const node = await agent.node(SPEAKER, ({ attributes }) => attributes[`rtc.${SECOND}`] !== undefined);
  expect(node).toMatchObject({
    kind: "bgp-speaker",
    name: "AS65000",
    attributes: {
      asn: 65_000,
      router_id: "10.91.0.1",
      is_route_reflector: true,
      peers: [FIRST, SECOND],
      address_families: ["l2vpn-evpn", "rtc"],
      [`rtc.${FIRST}`]: ["65000:100"],
      [`rtc.${SECOND}`]: ["65000:200"],
    },
  });
  const rtc = (await probe.sample()).filter(({ measurement }) => measurement === "bgp_rtc");
  expect(rtc.map(({ tags, fields }) => [tags.route_target, fields.neighbours])).toEqual([
    ["65000:100", { int: 1 }],
    ["65000:200", { int: 1 }],
  ]);
});

test("a route goes only to who asks for its target, and what was received is counted by family", async () => {
  const [one, other] = gobgp.clients;
  const mac = "aa:bb:cc:dd:ee:01";
  const route = ["macadv", mac, "10.0.0.1", "etag", "0", "label", "100", "rd", "65000:100", "rt", "65000:100"];
  await one.gobgp("global", "rib", "add", ...route, "encap", "vxlan", "-a", "evpn");
  const received = await eventually(
    async () => {
      const points = await probe.sample();
      const peer = (address: string) =>
        points.find(({ tags }) => tags.peer === address && tags.afi === "l2vpn-evpn")?.fields.prefixes_received;
      return JSON.stringify(peer(FIRST)) === '{"int":1}' && [peer(FIRST), peer(SECOND)];
    },
    { what: "the route at the reflector" },
  );
  expect(received).toEqual([{ int: 1 }, { int: 0 }]);
  expect(await gobgp.reflector.gobgp("global", "rib", "-a", "evpn")).toContain(mac);
  expect(await other.gobgp("global", "rib", "-a", "evpn")).not.toContain(mac);
});

test("a client that is gone is found by name, told as an event, and its route targets with it", async () => {
  const seen = probe.events.length;
  const [, other] = gobgp.clients;
  await other.stop();
  const lost = await eventually(
    async () => {
      const node = await speaker();
      return node?.attributes.peers_down !== undefined && node.attributes[`rtc.${SECOND}`] === undefined && node;
    },
    { what: "the session to be lost" },
  );
  expect(wrong("bgp_session_down", [lost])).toEqual([{ elements: [SPEAKER], level: "critical", peers: [SECOND] }]);
  await other.start();
  await bothUp();
  expect(probe.events.slice(seen).map(({ kind, attributes }) => [kind, attributes.peer])).toEqual([
    ["bgp-session-down", SECOND],
    ["bgp-session-up", SECOND],
  ]);
});

test("gobgpd restarted: absent meanwhile, then there again", async () => {
  await gobgp.reflector.stop();
  await eventually(() => !probe.isPresent(), { what: "the loss of gobgpd" });
  expect((await probe.sample()).map(({ measurement }) => measurement)).toEqual([]);
  expect(probe.elements()).toHaveLength(1);
  await gobgp.reflector.start();
  await eventually(() => probe.isPresent(), { what: "gobgpd to be back" });
  await bothUp();
});
