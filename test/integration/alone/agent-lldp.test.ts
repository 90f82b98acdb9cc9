import { afterEach, beforeEach, expect, test } from "vitest";
import { lldpProbe } from "../../../agent/fabric/lldp/lldp-probe.ts";
import { systemClock } from "../../../core/clock.ts";
import { interfaceId } from "../../../core/element-id.ts";
import { Lifetime } from "../../../core/lifetime.ts";
import { eventually } from "../../fixtures/eventually.ts";
import { wrong } from "../../topology/invariants/judging.ts";
import { background, isAlive, run } from "../fixtures/command.ts";
import { type DrivenProbe, driveProbe } from "../fixtures/driven-probe.ts";
import { type Lldpd, startLldpd } from "../fixtures/lldpd.ts";
import { createTestNetwork } from "../fixtures/namespaces.ts";
import { HOST, startRunningAgent } from "../fixtures/running-agent.ts";

let lifetime: Lifetime;
let here: Lldpd;
let there: Lldpd;
let uplink: string;
let probe: DrivenProbe;

beforeEach(async () => {
  lifetime = new Lifetime();
  const network = await createTestNetwork(lifetime);
  const namespace = await network.namespace();
  uplink = network.interfaceName();
  await network.addLink(uplink, "type", "veth", "peer", "name", "swp1", "netns", namespace);
  await network.ip("link", "set", uplink, "up");
  await network.ipIn(namespace, "link", "set", "swp1", "up");
  here = await startLldpd({ name: "here", namespace: undefined, interface: uplink }, lifetime);
  there = await startLldpd({ name: "tor-a", namespace, interface: "swp1" }, lifetime);
  probe = await driveProbe(lldpProbe({ host: HOST, socket: here.socket, clock: systemClock }), lifetime);
});
afterEach(() => lifetime.end());

const element = () => interfaceId(HOST, undefined, uplink);
const attributes = () => probe.added().get(element());
const hears = (neighbour: string | undefined) =>
  eventually(() => attributes()?.lldp_neighbour === neighbour, {
    what: () => `${neighbour}, it is ${JSON.stringify(attributes())}`,
  });

test("an interface tells whom it hears; a neighbour of another name, at another port, is told and found", async () => {
  const agent = await startRunningAgent(lifetime, { fabric: { lldpSocket: here.socket }, intervalMs: 500 });
  const heard = await agent.node(element(), (it) => it.attributes.lldp_neighbour === "tor-a/swp1");
  expect((await agent.node(`host/${HOST}`)).attributes.lldp_system_name).toBe("here");
  expect(heard.attributes.lldp_neighbour_id).toMatch(/^[0-9a-f:]{17}\/[0-9a-f:]{17}$/);
  await eventually(() =>
    agent.collector.writes.some(({ lines }) =>
      lines.some((line) => line.startsWith(`lldp_interface,host=${HOST},interface=${uplink} neighbours=1i,age_s=`)),
    ),
  );
  await there.setName("tor-b");
  await there.describePort("Ethernet7");
  const changed = await agent.node(element(), (it) => it.attributes.lldp_neighbour === "tor-b/Ethernet7");
  const accepted = { ...changed, attributes: { ...changed.attributes, lldp_neighbour_baseline: "tor-a/swp1" } };
  expect(wrong("lldp_neighbour_changed", [{ ...accepted, kind: "nic" }])).toHaveLength(1);
});

test("a neighbour that fell silent ages out, and is told as an event with its interface", async () => {
  await hears("tor-a/swp1");
  await there.kill();
  await hears(undefined);
  const last = probe.events.at(-1);
  expect(last).toMatchObject({
    kind: "lldp-neighbour-changed",
    element: element(),
    severity: "warning",
    text: `${uplink}: tor-a/swp1 → nobody`,
  });
  expect(await probe.sample()).toMatchObject([
    { measurement: "lldp_interface", tags: { interface: uplink }, fields: { neighbours: { int: 0 } } },
  ]);
});

test("a restart of lldpd here loses no neighbour and tells of no change", async () => {
  await hears("tor-a/swp1");
  const seen = probe.events.length;
  await here.kill();
  await eventually(() => !probe.isPresent(), { what: "the loss of lldpd" });
  await here.start();
  await eventually(() => probe.isPresent(), { what: "lldpd to be back" });
  await eventually(async () => (await probe.sample()).some(({ fields }) => Number(fields.age_s) < 1_000));
  expect(attributes()?.lldp_neighbour).toBe("tor-a/swp1");
  expect(probe.events.slice(seen)).toEqual([]);
});

test("the watcher of changes ends with the agent, also when that is killed", async () => {
  const script = `
    import { watchNeighbours } from ${JSON.stringify(`${process.cwd()}/agent/fabric/lldp/lldpcli.ts`)};
    void watchNeighbours(${JSON.stringify(here.socket)}, () => {}, new AbortController().signal);
    setInterval(() => {}, 1_000);`;
  const owner = background(process.execPath, ["--input-type=module-typescript", "-e", script]);
  lifetime.defer("owner of a watcher", owner.stop);
  const watcher = await eventually(
    async () => {
      const shell = (await run("pgrep", "-P", String(owner.pid)).catch(() => "")).trim();
      return (shell !== "" && Number(await run("pgrep", "-P", shell).catch(() => ""))) || undefined;
    },
    { what: "the watcher" },
  );
  await owner.stop();
  await eventually(() => !isAlive(watcher), { what: "the end of the watcher" });
});
