import { writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { eventually } from "../../fixtures/eventually.ts";
import { run } from "../fixtures/command.ts";
import { startNephoscope } from "../fixtures/nephoscope.ts";
import { playScenarios, type Scenario } from "../fixtures/scenarios.ts";
import { type TopologyView, topologyAt } from "../fixtures/topology-view.ts";

// Skydive's own topology scenarios (tests/topology_test.go) that need the kernel alone, by the names they have there;
// docs/skydive-scenarios.md says where the others are.

const HOST = `host/${encodeURIComponent(hostname())}`;
const LO = `${HOST}/if/lo`;

/** Commands of one line each, run one after the other. */
const shell =
  (...commands: readonly string[]) =>
  async (): Promise<void> => {
    for (const command of commands) {
      const [program = "", ...args] = command.split(" ");
      await run(program, ...args);
    }
  };

const lists = (view: TopologyView, suffix: string, attribute: string, entry: string): boolean => {
  const value = view.attribute(suffix, attribute);
  return Array.isArray(value) && value.includes(entry);
};

/** Two namespaces that are joined by a veth pair, as `sk-rtA` and `sk-rtB`. */
const twoNamespaces = (a: string, b: string): readonly string[] => [
  `ip netns add ${a}`,
  `ip netns add ${b}`,
  `ip -n ${a} link add sk-vm1 type veth peer name sk-vm2 netns ${b}`,
  `ip -n ${a} addr add 124.65.54.42/24 dev sk-vm1`,
  `ip -n ${b} addr add 124.65.54.43/24 dev sk-vm2`,
  `ip -n ${a} link set sk-vm1 up`,
  `ip -n ${b} link set sk-vm2 up`,
];

const SCENARIOS: readonly Scenario<undefined>[] = [
  {
    name: "TestVeth",
    change: shell("ip link add sk-veth0 type veth peer name sk-veth1"),
    sees: (v) => v.joined("veth-pair", "/if/sk-veth0", "/if/sk-veth1"),
    undo: shell("ip link del sk-veth0"),
  },
  {
    name: "TestBridge",
    change: shell(
      "ip link add sk-br type bridge",
      "ip tuntap add mode tap dev sk-intf1",
      "ip link set sk-intf1 master sk-br",
    ),
    sees: (v) => v.node("bridge", "/if/sk-br") !== undefined && v.joined("layer2", "/if/sk-intf1", "/if/sk-br"),
    undo: shell("ip link del sk-intf1", "ip link del sk-br"),
  },
  {
    name: "TestMacNameUpdate",
    before: shell("ip link add sk-mac0 type veth peer name sk-mac1"),
    prepared: (v) => v.node("veth", "/if/sk-mac1") !== undefined,
    change: shell("ip link set sk-mac1 name sk-mac2", "ip link set sk-mac2 address 00:00:00:00:00:aa"),
    sees: (v) =>
      v.attribute("/if/sk-mac2", "mac") === "00:00:00:00:00:aa" && v.node("veth", "/if/sk-mac1") === undefined,
    undo: shell("ip link del sk-mac0"),
  },
  {
    name: "TestNameSpace",
    change: shell("ip netns add sk-ns1"),
    sees: (v) => v.node("netns", "/netns/sk-ns1") !== undefined,
    undo: shell("ip netns del sk-ns1"),
  },
  {
    name: "TestNameSpaceVeth",
    change: shell("ip netns add sk-ns2", "ip link add sk-nv0 type veth peer name sk-nv1 netns sk-ns2"),
    sees: (v) => v.node("veth", "/if/sk-nv1")?.parent?.endsWith("/netns/sk-ns2") === true,
    undo: shell("ip netns del sk-ns2"),
  },
  {
    name: "TestNameSpaceTwoVeth",
    change: shell(
      "ip netns add sk-ns3",
      "ip netns add sk-ns4",
      "ip -n sk-ns3 link add sk-tv0 type veth peer name sk-tv1 netns sk-ns4",
    ),
    sees: (v) => v.joined("veth-pair", "/netns/sk-ns3/if/sk-tv0", "/netns/sk-ns4/if/sk-tv1"),
    undo: shell("ip netns del sk-ns3", "ip netns del sk-ns4"),
  },
  {
    name: "TestInterfaceUpdate",
    before: shell("ip netns add sk-iu"),
    prepared: (v) => v.attribute("/netns/sk-iu/if/lo", "admin_up") === false,
    change: shell("ip -n sk-iu link set lo up"),
    sees: (v) => v.attribute("/netns/sk-iu/if/lo", "admin_up") === true,
    undo: shell("ip netns del sk-iu"),
  },
  {
    name: "TestRouteTable",
    before: shell(...twoNamespaces("sk-rt1", "sk-rt2")),
    prepared: (v) => v.attribute("/netns/sk-rt1/if/sk-vm1", "routes") !== undefined,
    change: shell("ip -n sk-rt1 route add 124.65.92.0/24 via 124.65.54.43 table 2"),
    sees: (v) => lists(v, "/netns/sk-rt1/if/sk-vm1", "routes", "124.65.92.0/24 via 124.65.54.43 table 2"),
    undo: shell(
      "ip -n sk-rt1 route del 124.65.92.0/24 via 124.65.54.43 table 2",
      "ip netns del sk-rt1",
      "ip netns del sk-rt2",
    ),
  },
  {
    name: "TestRouteTableHistory",
    change: shell(
      ...twoNamespaces("sk-rh1", "sk-rh2"),
      "ip -n sk-rh2 route add 124.65.75.0/24 via 124.65.54.42 table 2",
    ),
    // As there, the interface is found by its address.
    sees: (v) =>
      v.elements.some(
        ({ attributes: { addresses, routes } }) =>
          Array.isArray(addresses) &&
          addresses.includes("124.65.54.43/24") &&
          Array.isArray(routes) &&
          routes.includes("124.65.75.0/24 via 124.65.54.42 table 2"),
      ),
    undo: shell("ip netns del sk-rh1", "ip netns del sk-rh2"),
  },
  {
    name: "TestNeighbors",
    before: shell("ip link add sk-nb0 type veth peer name sk-nb1", "ip link set sk-nb0 up"),
    prepared: (v) => v.attribute("/if/sk-nb0", "admin_up") === true,
    // A neighbour alone is found within a minute, since the kernel's events of neighbours are mostly of learned ones;
    // with a route, at once.
    change: shell(
      "ip neigh add 192.168.33.252 lladdr a6:d1:a0:51:03:49 dev sk-nb0",
      "ip route add 192.168.33.0/24 dev sk-nb0",
    ),
    sees: (v) => lists(v, "/if/sk-nb0", "neighbors", "192.168.33.252 a6:d1:a0:51:03:49"),
    undo: shell("ip link del sk-nb0"),
    withinMs: 75_000,
  },
  {
    name: "TestInterfaceFeatures",
    change: shell("ip link add sk-features type bridge"),
    sees: (v) => lists(v, "/if/sk-features", "features", "highdma"),
    undo: shell("ip link del sk-features"),
  },
];

/** What people say of the host: the same at each start but for one value. */
function writeConfig(folder: string, start: number): string {
  const file = join(folder, "nephoscope.yaml");
  const metadata = { mydict: { value: 123 + start }, myarrays: { integers: [1, 2], strings: ["cat"], bools: [true] } };
  writeFileSync(file, JSON.stringify({ agent: { metadata } }));
  return file;
}

describe("Skydive's topology scenarios on this kernel, live and in the past", () => {
  let starts = 0;
  const played = playScenarios(
    {
      start: (data) => startNephoscope({ data, flags: ["--config", writeConfig(data, starts++)] }),
      siteOf: () => undefined,
      ready: (view) => view.node("loopback", LO) !== undefined,
    },
    SCENARIOS,
  );

  test("TestAgentMetadata: what people say of a host is told, and what they said before it was changed", async () => {
    const facts = (value: number) => ({
      "metadata.mydict.value": value,
      "metadata.myarrays.integers": [1, 2],
      "metadata.myarrays.strings": ["cat"],
      "metadata.myarrays.bools": ["true"],
    });
    const hostAt = async (at?: number) => (await topologyAt(played.nephoscope(), at)).node("host", HOST)?.attributes;
    expect(await hostAt(played.momentsOf("TestVeth").during)).toMatchObject(facts(123));
    await eventually(async () => (await hostAt())?.["metadata.mydict.value"] === 124, {
      withinMs: 15_000,
      what: "the value of the second start",
    });
    expect(await hostAt()).toMatchObject(facts(124));
  });

  test("TestInterfaceUpdate: the history of the interface holds both of its states", async () => {
    const { before, after } = played.momentsOf("TestInterfaceUpdate");
    const id = encodeURIComponent(`${HOST}/netns/sk-iu/if/lo`);
    const history = await played.nephoscope().get(`/api/v1/topology/elements/${id}/history?from=0&to=${after}`);
    expect(history).toMatchObject({
      changes: expect.arrayContaining([
        expect.objectContaining({ change: expect.objectContaining({ kind: "add" }) }),
        expect.objectContaining({
          change: expect.objectContaining({
            before: expect.objectContaining({ admin_up: false }),
            after: expect.objectContaining({ admin_up: true }),
          }),
        }),
      ]),
    });
    expect(before).toBeLessThan(after);
  });
});
