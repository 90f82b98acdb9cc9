import { expect, test } from "vitest";
import { Bandwidth } from "../../../collector/openstack/bandwidth.ts";
import { addBandwidth } from "../../../collector/openstack/bandwidth-capacity.ts";
import { Sums } from "../../../collector/openstack/capacity-sums.ts";
import { ComputeInventory } from "../../../collector/openstack/compute-inventory.ts";
import { NetworkInventory } from "../../../collector/openstack/network-inventory.ts";
import { PlacementInventory } from "../../../collector/openstack/placement-inventory.ts";
import { silentLog } from "../../../core/log.ts";
import { given } from "../../promql/ask.ts";
import { SetClock } from "../../topology/fakes.ts";

const MINUTE = 60_000;
/** One card sends 60 MB a minute (8 Mbit/s) and receives half of it; for five minutes in between it is ten times as busy. */
const NICS = `
  net_if_tx_bytes{cluster="c",host="h1",interface="eth0",kind="nic"} 0+60000000x30 2400000000+600000000x5 5460000000+60000000x80
  net_if_rx_bytes{cluster="c",host="h1",interface="eth0",kind="nic"} 0+30000000x120
  net_if_rx_bytes{cluster="c",host="h1",interface="tap1",kind="tap"} 0+99000000x120
  net_if_speed_bps{cluster="c",host="h1",interface="eth0",kind="nic"} 10000000000x120
  net_if_up{cluster="c",host="h1",interface="eth0",kind="nic"} 1x120
  net_if_speed_bps{cluster="c",host="h1",interface="eth1",kind="nic"} 10000000000x120
  net_if_up{cluster="c",host="h1",interface="eth1",kind="nic"} 0x120
  net_if_speed_bps{cluster="other",host="h1",interface="eth0",kind="nic"} 10000000000x120
  net_if_up{cluster="other",host="h1",interface="eth0",kind="nic"} 1x120
`;

test("of the last hour the busiest five minutes count, in the busier direction, against the speed of cards that are up", async () => {
  const clock = new SetClock(0);
  const bandwidth = new Bandwidth({ source: given(NICS), clusters: ["c"], clock, log: silentLog });
  const after = async (minutes: number) => {
    clock.set(minutes * MINUTE);
    await bandwidth.read("c", new AbortController().signal);
    return bandwidth.of("c").get("h1");
  };
  const quiet = await after(20);
  expect(quiet).toEqual({ used: expect.closeTo(8e6, -3), total: 1e10 });
  await after(36);
  for (const minutes of [41, 46, 60, 90]) {
    expect((await after(minutes))?.used, `${minutes}`).toBeGreaterThan(7e7);
  }
  // An hour of readings later it is forgotten.
  let last = quiet;
  for (let minutes = 95; minutes <= 115; minutes += 2) last = await after(minutes);
  expect(last?.used).toBeCloseTo(8e6, -3);
  // A host that says nothing any more is not told of.
  clock.set(140 * MINUTE);
  expect(bandwidth.of("c").size).toBe(0);
});

test("bandwidth is told of hosts by OpenStack's names, of compute and network nodes once each, of zones and the region", () => {
  const [compute, network] = [new ComputeInventory(), new NetworkInventory()];
  const service = { binary: "nova-compute", status: "enabled", state: "up", zone: "z1" };
  compute.replaceServices(
    [
      { ...service, host: "h1.example" },
      { ...service, host: "h2" },
    ],
    0,
  );
  const agent = (host: string, availability_zone: string | null, agent_type: string) => ({
    ...{ host, availability_zone, agent_type, alive: true, admin_state_up: true },
  });
  network.replaceAgents(
    [
      agent("h1.example", null, "Open vSwitch agent"),
      agent("n1", null, "Open vSwitch agent"),
      agent("n1", "z2", "L3 agent"),
      agent("unheard", "z2", "L3 agent"),
    ],
    0,
  );
  const inventory = {
    ...{ region: "r1", compute, network, placement: new PlacementInventory() },
    volume: { pools: [], services: [], projects: new Map() },
  };
  const hosts: Record<string, string> = { "h1.example": "h1", h2: "h2", n1: "n1" };
  const told: Record<string, unknown> = {};
  const whole = new Sums();
  addBandwidth(
    inventory,
    (name) => (hosts[name] === undefined ? undefined : { host: hosts[name], used: 10, total: 100 }),
    whole,
    (_measurement, { scope, zone, host }, fields) => {
      told[[scope, zone, host].join(" ")] = fields;
    },
  );
  const one = { used: 10, total: 100, available: 90 };
  expect(told).toEqual({
    "host z1 h1.example": one,
    "host z1 h2": one,
    "host z2 n1": one,
    "zone z1 ": { used: 20, total: 200, available: 180 },
    "zone z2 ": one,
  });
  expect([...whole.all()]).toEqual([["bandwidth", { used: 30, total: 300 }]]);
});
