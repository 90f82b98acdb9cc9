import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { isRecord } from "../../../core/json.ts";
import { Lifetime } from "../../../core/lifetime.ts";
import { eventually } from "../../fixtures/eventually.ts";
import { createTestNetwork, type TestNetwork } from "../fixtures/namespaces.ts";
import { type Nephoscope, startNephoscope, temporaryFolder } from "../fixtures/nephoscope.ts";
import { end } from "../fixtures/server-process.ts";

const MAIN = join(import.meta.dirname, "../../../cli/main.ts");
const sha256 = (token: string) => createHash("sha256").update(token).digest("hex");
const PORT = 22_000 + (process.pid % 10_000);
/** A network of the test's own, on a bridge that the collector listens on. */
const NET = `10.${100 + (process.pid % 100)}.7`;
const COLLECTOR = `${NET}.1`;
/** Racks a and b, two hosts each; packets over 1,400 bytes to the last one vanish without a word. */
const HOSTS = ["a-1", "a-2", "b-1", "b-2"] as const;
const SMALL_MTU = 1_400;
/** Two of them have a tunnel between them, and addresses in it. */
const OVERLAY: ReadonlySet<string> = new Set(["a-1", "b-1"]);
const WITHIN_MS = 60_000;

const folder = temporaryFolder();
const lifetime = new Lifetime();
const agents = new Map<string, ChildProcess>();
const ports = new Map<string, string>();
let network: TestNetwork;
let nephoscope: Nephoscope;

beforeAll(async () => {
  network = await createTestNetwork(lifetime);
  const bridge = network.interfaceName();
  await network.addLink(bridge, "type", "bridge");
  await network.ip("address", "add", `${COLLECTOR}/24`, "dev", bridge);
  await network.ip("link", "set", bridge, "up");
  const config = join(folder.path, "nephoscope.yaml");
  writeFileSync(
    config,
    [
      "access:",
      `  people: [{ name: vera, role: viewer, token_sha256: ${sha256("nsct_vera")} }]`,
      `  agents: [{ name: all, hosts: ['*'], token_sha256: ${sha256("nsct_all")} }]`,
      `listen: { address: ${COLLECTOR}, plain_http: true }`,
      "agent: { enabled: false }",
      "mesh: { interval_seconds: 0.5 }",
      "topology: { silent_after_seconds: 3 }",
    ].join("\n"),
  );
  nephoscope = await startNephoscope({ data: join(folder.path, "data"), port: PORT, flags: ["--config", config] });
  for (const [index, host] of HOSTS.entries()) {
    const namespace = await network.namespace();
    const port = network.interfaceName();
    ports.set(host, port);
    await network.addLink(port, "type", "veth", "peer", "name", "eth0", "netns", namespace);
    if (host === "b-2") await network.ip("link", "set", port, "mtu", String(SMALL_MTU));
    await network.ip("link", "set", port, "master", bridge, "up");
    // A bridge takes over the least MTU of its members unless it is told.
    await network.ip("link", "set", bridge, "mtu", "1500");
    await network.ipIn(namespace, "address", "add", `${NET}.${11 + index}/24`, "dev", "eth0");
    await network.ipIn(namespace, "link", "set", "eth0", "up");
    if (OVERLAY.has(host)) await joinOverlay(namespace, index);
    agents.set(host, startAgent(namespace, host));
  }
}, 120_000);
afterAll(async () => {
  for (const agent of agents.values()) await end(agent, "SIGTERM");
  await nephoscope.stop();
  await lifetime.end();
  folder.remove();
});

/** A bridge with an address and a VXLAN to the other host of the overlay. */
async function joinOverlay(namespace: string, index: number): Promise<void> {
  const [here, there] = [
    `${NET}.${11 + index}`,
    `${NET}.${11 + HOSTS.findIndex((it, at) => at !== index && OVERLAY.has(it))}`,
  ];
  const within = (...args: readonly string[]) => network.ipIn(namespace, ...args);
  await within("link", "add", "br100", "type", "bridge");
  await within("link", "add", "vx100", "type", "vxlan", "id", "100", "dstport", "4789", "local", here, "remote", there);
  await within("link", "set", "vx100", "master", "br100", "up");
  await within("address", "add", `172.31.9.${11 + index}/24`, "dev", "br100");
  await within("link", "set", "br100", "up");
}

function startAgent(namespace: string, host: string): ChildProcess {
  const [rack] = host.split("-");
  const settings = [
    "agent.interval_seconds=1",
    "agent.location.region=r",
    "agent.location.zone=z",
    `agent.location.rack=${rack}`,
  ].flatMap((setting) => ["--set", setting]);
  const command = [MAIN, "agent", "--collector", `http://${COLLECTOR}:${PORT}`, "--host", host, ...settings];
  return spawn("ip", ["netns", "exec", namespace, process.execPath, ...command], {
    env: { ...process.env, NEPHOSCOPE_AGENT_TOKEN: "nsct_all" },
    stdio: "ignore",
  });
}

async function get(path: string): Promise<unknown> {
  const reply = await fetch(`http://${COLLECTOR}:${PORT}${path}`, { headers: { authorization: "Bearer nsct_vera" } });
  return reply.json();
}

/** The values of an instant query, by host and peer. */
async function query(promql: string): Promise<ReadonlyMap<string, number>> {
  const answer = await get(`/api/v1/query?query=${encodeURIComponent(promql)}`);
  const result =
    isRecord(answer) && isRecord(answer.data) && Array.isArray(answer.data.result) ? answer.data.result : [];
  return new Map(result.map(({ metric, value }) => [`${metric.host} ${metric.peer} ${metric.path}`, Number(value[1])]));
}

async function verdictOf(host: string): Promise<unknown> {
  const answer = await get("/api/v1/status");
  const known = isRecord(answer) && Array.isArray(answer.agents) ? answer.agents : [];
  const agent = known.find((it) => it.host === host);
  return `${agent?.session} ${agent?.verdict}`;
}

const pairs = HOSTS.flatMap((host) => HOSTS.filter((peer) => peer !== host).map((peer) => `${host} ${peer} underlay`));

test("every host asks the others over the underlay, and is answered; loss and delay are metrics", async () => {
  const answered = await eventually(
    async () => {
      const found = await query('mesh_sent{path="underlay"} - mesh_lost >= 5');
      return pairs.every((pair) => found.has(pair)) ? found : undefined;
    },
    { withinMs: WITHIN_MS, what: "five answers between each two hosts" },
  );
  expect([...answered.keys()].toSorted()).toEqual(pairs.toSorted());
  const rtts = await query("last_over_time(mesh_rtt_s[10s])");
  for (const rttS of rtts.values()) expect(rttS).toBeGreaterThan(0);
  const classes = JSON.stringify(
    await get(`/api/v1/query?query=${encodeURIComponent('count by (class) (mesh_sent{host="a-1",path="underlay"})')}`),
  );
  expect([classes.includes('"class":"rack"'), classes.includes('"class":"zone"')]).toEqual([true, true]);
});

test("what is within a tunnel is asked within it", async () => {
  const found = await eventually(
    async () => {
      const answered = await query('mesh_sent{path="overlay",class="overlay"} - mesh_lost >= 5');
      return answered.size === 2 ? answered : undefined;
    },
    { withinMs: WITHIN_MS, what: "five answers over the tunnel, both ways" },
  );
  expect([...found.keys()].toSorted()).toEqual(["a-1 b-1 overlay", "b-1 a-1 overlay"]);
});

test("a path that swallows large packets is found by its MTU, and by nothing else", async () => {
  const mtus = await eventually(
    async () => {
      const found = await query('mesh_path_mtu_bytes{path="underlay"}');
      return pairs.every((pair) => found.has(pair)) ? found : undefined;
    },
    { withinMs: WITHIN_MS, what: "the path MTU between each two hosts" },
  );
  for (const [pair, mtu] of mtus) {
    if (pair.includes("b-2")) expect([pair, mtu > SMALL_MTU - 9 && mtu <= SMALL_MTU]).toEqual([pair, true]);
    else expect([pair, mtu]).toEqual([pair, 1_500]);
  }
});

test("a killed agent on a living host is told from a host that is gone", async () => {
  agents.get("b-1")?.kill("SIGKILL");
  await eventually(async () => (await verdictOf("b-1")) === "silent agent_down", {
    withinMs: WITHIN_MS,
    what: "b-1 to be a dead agent",
  });
  await network.ip("link", "set", ports.get("b-2") ?? "", "down");
  await eventually(async () => (await verdictOf("b-2")) === "silent host_down", {
    withinMs: WITHIN_MS,
    what: "b-2 to be a dead host",
  });
  expect(await verdictOf("a-1")).toBe("connected undefined");
  const node = await get("/api/v1/topology/elements/host%2Fa-1");
  expect(node).toMatchObject({ element: { attributes: { mesh_silent: ["b-2"], mesh_refused: ["b-1"] } } });
  await network.ip("link", "set", ports.get("b-2") ?? "", "up");
  await eventually(async () => (await verdictOf("b-2")) === "connected undefined", {
    withinMs: WITHIN_MS,
    what: "b-2 back, and nothing said of it any more",
  });
});
