import { execFileSync } from "node:child_process";
import { hostname } from "node:os";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually } from "../../fixtures/eventually.ts";
import { type Nephoscope, startNephoscope, temporaryFolder } from "../fixtures/nephoscope.ts";
import { type TopologyView, topologyAt } from "../fixtures/topology-view.ts";

/**
 * Something done to the kernel, what the topology must say of it, and how it is undone. `sees` is asked of the live
 * topology, again of the past once everything is undone, and again after Nephoscope was started anew.
 */
interface Scenario {
  readonly name: string;
  readonly before?: readonly string[];
  /** What the topology says once `before` has been seen. */
  readonly prepared?: (view: TopologyView) => boolean;
  readonly change: readonly string[];
  readonly sees: (view: TopologyView) => boolean;
  readonly undo: readonly string[];
}

const SEEN_WITHIN_MS = 10_000;

const SCENARIOS: readonly Scenario[] = [
  {
    name: "a bridge with a tap on it",
    change: [
      "ip link add kh-br0 type bridge",
      "ip tuntap add dev kh-tap0 mode tap",
      "ip link set kh-tap0 master kh-br0",
    ],
    sees: (v) =>
      v.node("bridge", "/if/kh-br0") !== undefined &&
      v.node("tap", "/if/kh-tap0") !== undefined &&
      v.joined("layer2", "/if/kh-tap0", "/if/kh-br0"),
    undo: ["ip link del kh-tap0", "ip link del kh-br0"],
  },
  {
    name: "a veth pair",
    change: ["ip link add kh-v0 type veth peer name kh-v1"],
    sees: (v) => v.joined("veth-pair", "/if/kh-v0", "/if/kh-v1"),
    undo: ["ip link del kh-v0"],
  },
  {
    name: "an interface renamed and given another MAC",
    before: ["ip link add kh-old type veth peer name kh-oldp"],
    prepared: (v) => v.joined("veth-pair", "/if/kh-old", "/if/kh-oldp"),
    change: ["ip link set kh-old name kh-new", "ip link set kh-new address 02:00:00:00:00:aa"],
    sees: (v) => v.node("veth", "/if/kh-old") === undefined && v.attribute("/if/kh-new", "mac") === "02:00:00:00:00:aa",
    undo: ["ip link del kh-new"],
  },
  {
    name: "a network namespace",
    change: ["ip netns add kh-ns1"],
    sees: (v) => v.node("netns", "/netns/kh-ns1") !== undefined,
    undo: ["ip netns del kh-ns1"],
  },
  {
    name: "a veth pair with one end in a namespace",
    before: ["ip netns add kh-ns2"],
    prepared: (v) => v.node("netns", "/netns/kh-ns2") !== undefined,
    change: ["ip link add kh-a type veth peer name kh-b netns kh-ns2"],
    sees: (v) =>
      v.node("veth", "/netns/kh-ns2/if/kh-b") !== undefined &&
      v.joined("veth-pair", "/if/kh-a", "/netns/kh-ns2/if/kh-b"),
    undo: ["ip netns del kh-ns2"],
  },
  {
    name: "a veth pair between two namespaces",
    before: ["ip netns add kh-ns3", "ip netns add kh-ns4"],
    prepared: (v) => v.node("netns", "/netns/kh-ns4") !== undefined,
    change: ["ip -n kh-ns3 link add kh-c type veth peer name kh-d netns kh-ns4"],
    sees: (v) => v.joined("veth-pair", "/netns/kh-ns3/if/kh-c", "/netns/kh-ns4/if/kh-d"),
    undo: ["ip netns del kh-ns3", "ip netns del kh-ns4"],
  },
  {
    name: "an interface moved into a namespace: moved, not doubled",
    before: ["ip netns add kh-ns5", "ip link add kh-e type veth peer name kh-f"],
    prepared: (v) => v.node("netns", "/netns/kh-ns5") !== undefined && v.node("veth", "/if/kh-f") !== undefined,
    change: ["ip link set kh-f netns kh-ns5"],
    sees: (v) =>
      v.node("veth", "/netns/kh-ns5/if/kh-f") !== undefined &&
      v.elements.filter(({ id }) => /\/if\/kh-f$/.test(id)).length === 1,
    undo: ["ip netns del kh-ns5"],
  },
  {
    name: "an interface taken up and given an address",
    before: ["ip link add kh-g type veth peer name kh-h"],
    prepared: (v) => v.node("veth", "/if/kh-g") !== undefined,
    change: ["ip link set kh-g up", "ip link set kh-h up", "ip addr add 192.0.2.7/28 dev kh-g"],
    sees: (v) => {
      const addresses = v.attribute("/if/kh-g", "addresses");
      const hasAddress = Array.isArray(addresses) && addresses.includes("192.0.2.7/28");
      return v.attribute("/if/kh-g", "operstate") === "up" && hasAddress;
    },
    undo: ["ip link del kh-g"],
  },
  {
    name: "a VXLAN with its identifier and its underlay",
    before: ["ip link add kh-u type veth peer name kh-up"],
    prepared: (v) => v.node("veth", "/if/kh-u") !== undefined,
    change: ["ip link add kh-vx type vxlan id 4711 dev kh-u dstport 4789 local 192.0.2.1 remote 192.0.2.2"],
    sees: (v) => v.attribute("/if/kh-vx", "vxlan_id") === 4711 && v.joined("layer2", "/if/kh-vx", "/if/kh-u"),
    undo: ["ip link del kh-vx", "ip link del kh-u"],
  },
  {
    name: "a macvtap on a veth",
    before: ["ip link add kh-m type veth peer name kh-mp"],
    prepared: (v) => v.node("veth", "/if/kh-m") !== undefined,
    change: ["ip link add link kh-m name kh-mt type macvtap mode bridge"],
    sees: (v) => v.node("macvtap", "/if/kh-mt") !== undefined && v.joined("layer2", "/if/kh-mt", "/if/kh-m"),
    undo: ["ip link del kh-m"],
  },
  {
    name: "an MTU changed inside a namespace",
    before: ["ip netns add kh-ns6", "ip -n kh-ns6 link add kh-i type veth peer name kh-j"],
    prepared: (v) => v.attribute("/netns/kh-ns6/if/kh-i", "mtu") === 1500,
    change: ["ip -n kh-ns6 link set kh-i mtu 1400"],
    sees: (v) => v.attribute("/netns/kh-ns6/if/kh-i", "mtu") === 1400,
    undo: ["ip netns del kh-ns6"],
  },
];

describe("what happens in the kernel is seen live and stays true of the past", () => {
  const folder = temporaryFolder();
  let nephoscope: Nephoscope;
  /** When each scenario was seen, and a moment before it began. */
  const moments = new Map<string, { before: number; during: number }>();

  beforeAll(async () => {
    nephoscope = await startNephoscope({ data: folder.path });
    await eventually(async () => (await topologyAt(nephoscope)).node("loopback", `${hostname()}/if/lo`) !== undefined, {
      withinMs: SEEN_WITHIN_MS,
      what: "the first full state",
    });
  });
  afterAll(async () => {
    await nephoscope.stop();
    folder.remove();
    for (const { undo } of SCENARIOS) for (const command of undo) runQuietly(command);
  });

  /** The first live view of which something is true. */
  const viewThat = (isTrue: (view: TopologyView) => boolean, what: string) =>
    eventually(
      async () => {
        const view = await topologyAt(nephoscope);
        return isTrue(view) ? view : undefined;
      },
      { withinMs: SEEN_WITHIN_MS, what },
    );

  test.each(SCENARIOS)("$name", async ({ name, before = [], prepared = () => true, change, sees, undo }) => {
    for (const command of before) run(command);
    const earlier = await viewThat(prepared, `what comes before ${name}`);
    expect(sees(earlier)).toBe(false);
    for (const command of change) run(command);
    const seen = await viewThat(sees, name);
    moments.set(name, { before: earlier.at, during: seen.at });
    for (const command of undo) run(command);
    await eventually(async () => !sees(await topologyAt(nephoscope)), {
      withinMs: SEEN_WITHIN_MS,
      what: `${name} to be gone`,
    });
    expect(sees(await topologyAt(nephoscope, seen.at))).toBe(true);
    expect(sees(await topologyAt(nephoscope, earlier.at))).toBe(false);
  });

  test("the difference of two moments names what came and its attributes", async () => {
    const moment = moments.get("a VXLAN with its identifier and its underlay");
    const diff = await nephoscope.get(`/api/v1/topology/diff?from=${moment?.before}&to=${moment?.during}`);
    expect(diff).toMatchObject({
      added: expect.arrayContaining([
        expect.objectContaining({ element: expect.objectContaining({ name: "kh-vx", kind: "vxlan" }) }),
      ]),
    });
    const mtu = moments.get("an MTU changed inside a namespace");
    const changed = await nephoscope.get(`/api/v1/topology/diff?from=${mtu?.before}&to=${mtu?.during}`);
    expect(changed).toMatchObject({
      added: expect.not.arrayContaining([
        expect.objectContaining({ element: expect.objectContaining({ name: "kh-i" }) }),
      ]),
      updated: expect.arrayContaining([
        expect.objectContaining({ name: "kh-i", before: { mtu: 1500 }, after: { mtu: 1400 } }),
      ]),
    });
  });

  test("a rename is one row, not a removal and an addition", async () => {
    const moment = moments.get("an interface renamed and given another MAC");
    const diff = await nephoscope.get(`/api/v1/topology/diff?from=${moment?.before}&to=${moment?.during}`);
    expect(diff).toMatchObject({
      removed: expect.not.arrayContaining([expect.objectContaining({ name: "kh-old" })]),
      added: expect.arrayContaining([
        expect.objectContaining({
          element: expect.objectContaining({ name: "kh-new" }),
          renamed_from: expect.stringMatching(/\/if\/kh-old$/),
        }),
      ]),
    });
  });

  test("after kill -9 and a new start the past answers the same, and revisions go on rising", async () => {
    const { revision: revisionBefore } = (await nephoscope.get("/api/v1/topology?at=now")) as { revision: number };
    await nephoscope.kill();
    nephoscope = await startNephoscope({ data: folder.path });
    for (const { name, sees } of SCENARIOS) {
      const moment = moments.get(name);
      expect([name, sees(await topologyAt(nephoscope, moment?.during))]).toEqual([name, true]);
      expect([name, sees(await topologyAt(nephoscope, moment?.before))]).toEqual([name, false]);
    }
    run("ip link add kh-z0 type veth peer name kh-z1");
    await eventually(async () => (await topologyAt(nephoscope)).node("veth", "/if/kh-z0") !== undefined, {
      withinMs: SEEN_WITHIN_MS,
      what: "a change after the new start",
    });
    run("ip link del kh-z0");
    const { revision: revisionAfter } = (await nephoscope.get("/api/v1/topology?at=now")) as { revision: number };
    expect(revisionAfter).toBeGreaterThan(revisionBefore);
  });
});

function run(command: string): void {
  const [program = "", ...args] = command.split(" ");
  execFileSync(program, args, { stdio: ["ignore", "ignore", "pipe"] });
}

function runQuietly(command: string): void {
  try {
    run(command);
  } catch {
    // What a scenario left behind is removed; what it cleaned up itself is gone already.
  }
}
