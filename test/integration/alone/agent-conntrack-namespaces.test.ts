import { readFile, writeFile } from "node:fs/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Lifetime } from "../../../core/lifetime.ts";
import { eventually } from "../../fixtures/eventually.ts";
import { background } from "../fixtures/command.ts";
import { addConntrackEntries, type TestEntry } from "../fixtures/conntrack-entries.ts";
import { createTestNetwork, type TestNetwork } from "../fixtures/namespaces.ts";
import { startRunningAgent } from "../fixtures/running-agent.ts";
import { sentPoint, sentPoints } from "../fixtures/sent-points.ts";

const MAX_FILE = "/proc/sys/net/netfilter/nf_conntrack_max";

let lifetime: Lifetime;
let network: TestNetwork;

beforeEach(async () => {
  lifetime = new Lifetime();
  network = await createTestNetwork(lifetime);
});
afterEach(() => lifetime.end());

const start = () => startRunningAgent(lifetime, { intervalMs: 1_000, networkNode: { readVacantEveryMs: 300 } });
const entries = (count: number): readonly TestEntry[] =>
  Array.from({ length: count }, (_, n) => ({ source: `10.1.${n >> 8}.${n & 255}`, destination: "10.2.0.1" }));

/** A namespace with a process inside. */
async function inhabited(): Promise<string> {
  const name = await network.namespace();
  const holder = background("ip", ["netns", "exec", name, "sleep", "600"]);
  lifetime.defer("inhabitant", holder.stop);
  return name;
}

test("each namespace's connections are its own, whether or not somebody lives in it", async () => {
  const [lived, vacant] = [await inhabited(), await network.namespace()];
  await addConntrackEntries(lived, entries(7), lifetime);
  await addConntrackEntries(vacant, entries(5), lifetime);
  const agent = await start();
  const seven = await sentPoint(agent, "conntrack", { netns: lived }, ({ count }) => count === 7);
  expect(seven.fields).toMatchObject({ insert_failed: 0, drop: 0, early_drop: 0 });
  expect(seven.fields.max).toBe(Number(await readFile(MAX_FILE, "utf8")));
  await sentPoint(agent, "conntrack", { netns: vacant }, ({ count }) => count === 5);
  await sentPoint(agent, "conntrack", { netns: "" }, ({ count }) => count !== undefined);
});

test("namespaces that come are told, those that go are told no more", async () => {
  const agent = await start();
  const name = await network.namespace();
  await addConntrackEntries(name, entries(3), lifetime);
  await sentPoint(agent, "conntrack", { netns: name }, ({ count }) => count === 3);
  await sentPoint(agent, "net_if", { netns: name, interface: "lo" });
  await network.ip("netns", "del", name);
  await agent.gone(`host/test-host/netns/${name}`);
  const said = () => sentPoints(agent, "conntrack", { netns: name }).length;
  const samples = () => sentPoints(agent, "conntrack", { netns: "" }).length;
  // What was read before it went may still be under way.
  const begin = samples();
  await eventually(() => samples() > begin + 1);
  const before = said();
  await eventually(() => samples() > begin + 4);
  expect(said()).toBe(before);
});

test("a table that is full is seen by its use and by the packets it costs", async () => {
  const name = await inhabited();
  await network.ipIn(name, "link", "set", "lo", "up");
  // Tracking begins with the first rule that asks for it.
  await network.execIn(name, "iptables", "-A", "INPUT", "-m", "conntrack", "--ctstate", "ESTABLISHED", "-j", "ACCEPT");
  await addConntrackEntries(name, entries(400), lifetime);
  const max = await readFile(MAX_FILE, "utf8");
  lifetime.defer("nf_conntrack_max", () => writeFile(MAX_FILE, max));
  await writeFile(MAX_FILE, "400");
  const agent = await start();
  // Refused, since its packet is dropped.
  await network.execIn(name, "bash", "-c", "echo x > /dev/udp/127.0.0.1/9").catch(() => undefined);
  const full = await sentPoint(agent, "conntrack", { netns: name }, ({ drop = 0 }) => drop > 0);
  expect(full.fields).toMatchObject({ count: 400, max: 400 });
});
