import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Lifetime } from "../../../core/lifetime.ts";
import { eventually } from "../../fixtures/eventually.ts";
import { createTestNetwork } from "../fixtures/namespaces.ts";
import { type Nephoscope, startNephoscope, temporaryFolder } from "../fixtures/nephoscope.ts";
import { type OpenVswitch, startOpenVswitch } from "../fixtures/open-vswitch.ts";
import { type TopologyView, topologyAt } from "../fixtures/topology-view.ts";

interface Scenario {
  readonly name: string;
  readonly change: readonly string[];
  readonly sees: (view: TopologyView) => boolean;
  readonly undo: readonly string[];
}

const WITHIN_MS = 15_000;

/** Arguments of ovs-vsctl; the bridge oh-br exists throughout. */
const SCENARIOS: readonly Scenario[] = [
  {
    name: "a bridge with its own internal port",
    change: ["add-br oh-br2 -- set bridge oh-br2 datapath_type=netdev"],
    sees: (v) =>
      v.node("ovs-bridge", "/ovs/oh-br2") !== undefined && v.joined("layer2", "/ovs/oh-br2/port/oh-br2", "/ovs/oh-br2"),
    undo: ["del-br oh-br2"],
  },
  {
    name: "two bridges joined by patch ports",
    change: [
      "add-br oh-br3 -- set bridge oh-br3 datapath_type=netdev",
      "add-port oh-br oh-p1 -- set interface oh-p1 type=patch options:peer=oh-p2",
      "add-port oh-br3 oh-p2 -- set interface oh-p2 type=patch options:peer=oh-p1",
    ],
    sees: (v) => v.joined("patch", "/ovs/oh-br/port/oh-p1", "/ovs/oh-br3/port/oh-p2"),
    undo: ["del-port oh-br oh-p1", "del-br oh-br3"],
  },
  {
    name: "a tunnel port with its far end",
    change: ["add-port oh-br oh-vx -- set interface oh-vx type=vxlan options:remote_ip=192.0.2.9 options:key=flow"],
    sees: (v) => v.attribute("/ovs/oh-br/port/oh-vx", "options.remote_ip") === "192.0.2.9",
    undo: ["del-port oh-br oh-vx"],
  },
  {
    name: "an internal port and the interface the kernel has for it",
    change: ["add-port oh-br oh-int -- set interface oh-int type=internal external_ids:iface-id=4f7c"],
    sees: (v) =>
      v.attribute("/ovs/oh-br/port/oh-int", "external_ids.iface-id") === "4f7c" &&
      v.joined("layer2", "/ovs/oh-br/port/oh-int", "/if/oh-int"),
    undo: ["del-port oh-br oh-int"],
  },
  {
    name: "a port whose device does not exist",
    change: ["--no-wait add-port oh-br tapdeadbeef-00"],
    sees: (v) => /No such device/.test(String(v.attribute("/ovs/oh-br/port/tapdeadbeef-00", "error"))),
    undo: ["del-port oh-br tapdeadbeef-00"],
  },
];

describe("what happens in Open vSwitch is seen live and stays true of the past", () => {
  const lifetime = new Lifetime();
  const folder = temporaryFolder();
  const moments = new Map<string, { before: number; during: number }>();
  let ovs: OpenVswitch;
  let nephoscope: Nephoscope;

  beforeAll(async () => {
    ovs = await startOpenVswitch(await createTestNetwork(lifetime), lifetime);
    await ovs.addBridge("oh-br");
    nephoscope = await start();
    await viewThat((view) => view.node("ovs-bridge", "/ovs/oh-br") !== undefined, "the bridge");
  });
  afterAll(async () => {
    await nephoscope.stop();
    await lifetime.end();
    folder.remove();
  });

  const start = () =>
    startNephoscope({ data: folder.path, settings: [`agent.ovs_database_socket=${ovs.databaseSocket}`] });
  const vsctl = async (commands: readonly string[]) => {
    for (const command of commands) await ovs.vsctl(...command.split(" "));
  };
  const viewThat = (isTrue: (view: TopologyView) => boolean, what: string) =>
    eventually(
      async () => {
        const view = await topologyAt(nephoscope);
        return isTrue(view) ? view : undefined;
      },
      { withinMs: WITHIN_MS, what },
    );

  test.each(SCENARIOS)("$name", async ({ name, change, sees, undo }) => {
    const earlier = await topologyAt(nephoscope);
    expect(sees(earlier)).toBe(false);
    await vsctl(change);
    const seen = await viewThat(sees, name);
    moments.set(name, { before: earlier.at, during: seen.at });
    await vsctl(undo);
    await viewThat((view) => !sees(view), `${name} to be gone`);
    expect(sees(await topologyAt(nephoscope, seen.at))).toBe(true);
    expect(sees(await topologyAt(nephoscope, earlier.at))).toBe(false);
  });

  test("after kill -9 and a new start the past answers the same", async () => {
    await nephoscope.kill();
    nephoscope = await start();
    for (const { name, sees } of SCENARIOS) {
      const moment = moments.get(name);
      expect([name, sees(await topologyAt(nephoscope, moment?.during))]).toEqual([name, true]);
      expect([name, sees(await topologyAt(nephoscope, moment?.before))]).toEqual([name, false]);
    }
  });
});
