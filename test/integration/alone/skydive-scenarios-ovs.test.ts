import { afterAll, beforeAll, describe } from "vitest";
import { Lifetime } from "../../../core/lifetime.ts";
import { createTestNetwork, type TestNetwork } from "../fixtures/namespaces.ts";
import { startNephoscope } from "../fixtures/nephoscope.ts";
import { type OpenVswitch, startOpenVswitch } from "../fixtures/open-vswitch.ts";
import { playScenarios, type Scenario } from "../fixtures/scenarios.ts";
import type { TopologyView } from "../fixtures/topology-view.ts";

// Skydive's scenarios with Open vSwitch. The datapath is in user space: this needs no module of the kernel, and an internal
// port is then a tap device, which can be moved into a namespace as well.

interface Site {
  readonly ovs: OpenVswitch;
  readonly network: TestNetwork;
  /** A namespace that devices are moved into. */
  readonly router: string;
}

const vsctl =
  (...commands: readonly string[]) =>
  async ({ ovs }: Site): Promise<void> => {
    for (const command of commands) await ovs.vsctl(...command.split(" "));
  };
const addBridge = (name: string) => `add-br ${name} -- set bridge ${name} datapath_type=netdev`;
const addPort = (bridge: string, port: string, settings: string) =>
  `add-port ${bridge} ${port} -- set interface ${port} ${settings}`;

/** Elements of this name that are no port of Open vSwitch. */
const devicesNamed = (v: TopologyView, name: string) => v.nodes.filter(({ id }) => id.endsWith(`/if/${name}`));
const isOwned = (v: TopologyView, bridge: string, port: string, type: string) => {
  const suffix = `/ovs/${bridge}/port/${port}`;
  return (
    v.node("ovs-port", suffix)?.parent?.endsWith(`/ovs/${bridge}`) === true && v.attribute(suffix, "type") === type
  );
};

const SCENARIOS: readonly Scenario<Site>[] = [
  {
    name: "TestBridgeOVS",
    change: vsctl(addBridge("sk-br1")),
    sees: (v) =>
      v.node("ovs-bridge", "/ovs/sk-br1") !== undefined &&
      v.joined("layer2", "/ovs/sk-br1/port/sk-br1", "/ovs/sk-br1") &&
      v.joined("layer2", "/ovs/sk-br1/port/sk-br1", "/if/sk-br1") &&
      devicesNamed(v, "sk-br1").length === 1,
    undo: vsctl("del-br sk-br1"),
  },
  {
    name: "TestPatchOVS",
    before: vsctl(addBridge("sk-br2"), addBridge("sk-br3")),
    prepared: (v) => v.node("ovs-bridge", "/ovs/sk-br3") !== undefined,
    change: vsctl(
      addPort("sk-br2", "sk-p2", "type=patch options:peer=sk-p3"),
      addPort("sk-br3", "sk-p3", "type=patch options:peer=sk-p2"),
    ),
    sees: (v) =>
      v.joined("patch", "/ovs/sk-br2/port/sk-p2", "/ovs/sk-br3/port/sk-p3") &&
      v.elements.filter(({ kind }) => kind === "patch").length === 1,
    undo: vsctl("del-br sk-br2", "del-br sk-br3"),
  },
  {
    name: "TestInterfaceOVS",
    before: vsctl(addBridge("sk-br4")),
    prepared: (v) => v.node("ovs-bridge", "/ovs/sk-br4") !== undefined,
    change: vsctl(addPort("sk-br4", "sk-intf4", "type=internal")),
    sees: (v) =>
      isOwned(v, "sk-br4", "sk-intf4", "internal") &&
      v.attribute("/ovs/sk-br4/port/sk-intf4", "mac_in_use") !== undefined &&
      v.attribute("/ovs/sk-br4/port/sk-intf4", "mac_in_use") === v.attribute("/if/sk-intf4", "mac") &&
      devicesNamed(v, "sk-intf4").length === 1,
    undo: vsctl("del-br sk-br4"),
  },
  {
    name: "TestNameSpaceOVSInterface",
    before: vsctl(addBridge("sk-br5"), addPort("sk-br5", "sk-intf5", "type=internal")),
    prepared: (v) => v.joined("layer2", "/ovs/sk-br5/port/sk-intf5", "/if/sk-intf5"),
    change: async ({ ovs, network, router }) => {
      await network.ipIn(ovs.namespace, "link", "set", "sk-intf5", "netns", router);
    },
    // In the other namespace it is the only one of its name, and still the port's device.
    sees: (v) => {
      const [device, ...others] = devicesNamed(v, "sk-intf5");
      return (
        others.length === 0 &&
        device?.parent?.endsWith(`/netns/${running().router}`) === true &&
        v.joined("layer2", "/ovs/sk-br5/port/sk-intf5", `/netns/${running().router}/if/sk-intf5`)
      );
    },
    undo: async (site) => {
      await vsctl("del-br sk-br5")(site);
      await site.network.ipIn(site.router, "link", "del", "sk-intf5").catch(() => undefined);
    },
  },
  {
    name: "TestOVSOwnershipLink",
    change: vsctl(
      addBridge("sk-br6"),
      addPort("sk-br6", "sk-patch6", "type=patch options:peer=sk-nobody"),
      addPort("sk-br6", "sk-gre6", "type=gre options:remote_ip=10.0.0.1"),
      addPort("sk-br6", "sk-vxlan6", "type=vxlan options:remote_ip=10.0.0.2"),
      addPort("sk-br6", "sk-geneve6", "type=geneve options:remote_ip=10.0.0.3"),
      addPort("sk-br6", "sk-intf6", "type=internal"),
    ),
    sees: (v) =>
      ["patch", "gre", "vxlan", "geneve"].every((type) => isOwned(v, "sk-br6", `sk-${type}6`, type)) &&
      isOwned(v, "sk-br6", "sk-intf6", "internal") &&
      v.joined("layer2", "/ovs/sk-br6/port/sk-intf6", "/if/sk-intf6"),
    undo: vsctl("del-br sk-br6"),
  },
];

let site: Site | undefined;
const running = (): Site => {
  if (site === undefined) throw new Error("Open vSwitch did not start");
  return site;
};

describe("Skydive's Open vSwitch scenarios, live and in the past", () => {
  const lifetime = new Lifetime();
  beforeAll(async () => {
    const network = await createTestNetwork(lifetime);
    const ovs = await startOpenVswitch(network, lifetime);
    await ovs.addBridge("sk-br0");
    site = { ovs, network, router: await network.namespace() };
  });
  afterAll(() => lifetime.end());

  playScenarios(
    {
      start: (data) =>
        startNephoscope({ data, settings: [`agent.ovs_database_socket=${running().ovs.databaseSocket}`] }),
      siteOf: running,
      ready: (view) => view.node("ovs-bridge", "/ovs/sk-br0") !== undefined,
    },
    SCENARIOS,
  );
});
