import { readFileSync } from "node:fs";
import { afterEach, beforeEach, expect, test } from "vitest";
import { DEFAULT_RULES_PATH } from "../../alerts/rules/rule-source.ts";
import type { Alerts } from "../../alerts/start.ts";
import type { Labels } from "../../core/series.ts";
import { INTERVAL_MS, Workshop } from "./harness.ts";

let workshop: Workshop;
let alerts: Alerts;
beforeEach(async () => {
  workshop = new Workshop(readFileSync(DEFAULT_RULES_PATH, "utf8"), "host");
  ({ alerts } = await workshop.start({ elementExists: () => true }));
});
afterEach(() => workshop.end());

/** Feeds the same samples at each evaluation for so many of them. */
async function hold(rounds: number, samples: readonly (readonly [name: string, labels: Labels, value: number])[]) {
  for (let i = 0; i < rounds; i++) {
    for (const [name, labels, value] of samples) await workshop.feed(name, { host: "c-1", ...labels }, value);
    await workshop.time.advance(INTERVAL_MS);
  }
}
const firing = () =>
  alerts
    .incidents({ state: "firing" })
    .map(({ rule, severity }) => `${rule} ${severity}`)
    .sort();
const conntrack = (count: number) =>
  [
    ["conntrack_count", {}, count],
    ["conntrack_max", {}, 1_000],
  ] as const;
const memory = (available: number) =>
  [
    ["mem_available_bytes", {}, available],
    ["mem_total_bytes", {}, 1_000],
  ] as const;
const processes = (comm: string, count: number) => [["process_count", { comm }, count]] as const;
const overcommit = (ratio: number) =>
  [
    ["memory_overcommit_ratio", {}, ratio],
    ["memory_overcommit_limit", {}, 1.2],
  ] as const;
const up = (value: 0 | 1, kind = "nic", ifname = "eth0") =>
  [["net_if_up", { interface: ifname, kind }, value]] as const;

test.each([
  ["a connection table three quarters full", conntrack(750), []],
  ["one more than that", conntrack(760), ["ConntrackTableFilling warning"]],
  ["one above nine tenths", conntrack(910), ["ConntrackTableFilling critical", "ConntrackTableFilling warning"]],
  ["a tenth of memory left", memory(100), []],
  ["less than that", memory(90), ["MemoryRunningOut warning"]],
  ["less than a twentieth", memory(40), ["MemoryRunningOut critical", "MemoryRunningOut warning"]],
  ["a service that runs", processes("nova-compute", 1), []],
  ["a service that is gone", processes("nova-compute", 0), ["ProcessMissing critical"]],
  ["the last network's DHCP server is gone", processes("dnsmasq", 0), []],
])("%s for a minute", async (_name, samples, expected) => {
  await hold(2, samples);
  expect(firing()).toEqual([]);
  await hold(3, samples);
  expect(firing()).toEqual(expected);
});

test.each([
  ["connections that carry heartbeats", [["amqp_idle_connections", { process: "nova-compute" }, 0]], []],
  ["one that is silent", [["amqp_idle_connections", { process: "nova-compute" }, 1]], ["AmqpConnectionsIdle warning"]],
  ["memory promised up to the limit", overcommit(1.2), []],
  ["more of it", overcommit(1.21), ["MemoryOvercommitted warning"]],
] as const)("%s for minutes", async (_name, samples, expected) => {
  await hold(6, samples);
  expect(firing()).toEqual([]);
  await hold(6, samples);
  expect(firing()).toEqual(expected);
});

test.each([
  ["nic", ["InterfaceDown critical"]],
  ["bond", ["InterfaceDown critical"]],
  ["veth", ["InterfaceDown warning"]],
  ["tap", ["InterfaceDown warning"]],
  ["bridge", []],
  ["loopback", []],
])("a %s that was up goes down", async (kind, expected) => {
  await hold(2, up(1, kind));
  await hold(4, up(0, kind));
  expect(firing()).toEqual(expected);
  expect(alerts.incidents().every(({ element }) => element === "host/c-1/if/eth0")).toBe(true);
});

/** `lost` of ten packets a round to each of three peers, the last of which answers as `dead` says. */
async function lose(rounds: number, lost: number, dead = false): Promise<void> {
  for (let i = 1; i <= rounds; i++) {
    for (const peer of ["p1", "p2", "p3"]) {
      const labels = { host: "c-1", peer, path: "underlay", class: "rack" };
      const each = dead && peer === "p3" ? 10 : lost;
      await workshop.feed("mesh_sent", labels, i * 10);
      await workshop.feed("mesh_lost", labels, i * each);
    }
    await workshop.time.advance(INTERVAL_MS);
  }
}

test("packets lost on the ways of a host are an alert; a peer that is gone is not", async () => {
  await lose(20, 1);
  expect(firing()).toEqual(["PacketsLost warning"]);
});

test("one dead peer among three is none", async () => {
  await lose(20, 0, true);
  expect(firing()).toEqual([]);
});

test("a kill for want of memory is an alert with its first event, and over when there is no other for five minutes", async () => {
  const events = (count: number) => [["event_count", { kind: "oom-kill" }, count]] as const;
  await hold(3, events(0));
  expect(firing()).toEqual([]);
  await hold(2, events(1));
  expect(firing()).toEqual(["KilledOrCrashed critical"]);
  await hold(25, events(1));
  expect(firing()).toEqual([]);
});

test("an interface that was never up is nobody's alert", async () => {
  await hold(6, up(0));
  expect(firing()).toEqual([]);
});

test("an interface down for longer than the six hours looked back on is still down; only coming up ends it", async () => {
  workshop.writeRules(
    readFileSync(DEFAULT_RULES_PATH, "utf8").replace("- name: host", "- name: host\n    interval: 5m"),
  );
  await alerts.reload();
  await hold(2, up(1));
  await hold(25, up(0));
  expect(firing()).toEqual(["InterfaceDown critical"]);
  await workshop.feed("net_if_up", { host: "c-1", interface: "eth0", kind: "nic" }, 0, 7 * 3_600_000);
  await workshop.time.advance(7 * 3_600_000);
  expect(firing()).toEqual(["InterfaceDown critical"]);
  await hold(11, up(1));
  expect(alerts.incidents()).toMatchObject([{ state: "resolved", resolved_because: "recovered" }]);
});

const agentOf = (alive: number, admin: number) =>
  [
    ["os_agent_alive", { type: "L3 agent", region: "r1", cluster: "c" }, alive],
    ["os_agent_admin_up", { type: "L3 agent", region: "r1", cluster: "c" }, admin],
  ] as const;
const service = (isUp: number, isEnabled: number) =>
  [
    ["os_service_up", { binary: "nova-compute", region: "r1", cluster: "c" }, isUp],
    ["os_service_enabled", { binary: "nova-compute", region: "r1", cluster: "c" }, isEnabled],
  ] as const;

/** Of one host with two backends. */
const volumeServices = (ssd: number, hdd: number, isEnabled = 1) =>
  (["ssd", "hdd"] as const).flatMap((backend) => {
    const tags = { binary: "cinder-volume", region: "r1", cluster: "c", backend };
    return [
      ["os_service_up", tags, backend === "ssd" ? ssd : hdd],
      ["os_service_enabled", tags, isEnabled],
    ] as const;
  });

test.each([
  ["a cloud asked a minute ago", [["os_sync_age_s", { cluster: "c" }, 60]] as const, []],
  [
    "one not asked for a quarter of an hour",
    [["os_sync_age_s", { cluster: "c" }, 900]] as const,
    ["OpenStackSyncStale warning"],
  ],
  [
    "one not asked for an hour and more",
    [["os_sync_age_s", { cluster: "c" }, 4_000]] as const,
    ["OpenStackSyncStale critical", "OpenStackSyncStale warning"],
  ],
  ["an API that answers", [["os_api_up", { service: "compute", cluster: "c" }, 1]] as const, []],
  [
    "an API that fails",
    [["os_api_up", { service: "compute", cluster: "c" }, 0]] as const,
    ["OpenStackApiFailing warning"],
  ],
  ["a cloud that gives no token", [["os_sync_ok", { cluster: "c" }, 0]] as const, ["OpenStackUnknown warning"]],
  ["an agent of Neutron that lives", agentOf(1, 1), []],
  ["one that is dead", agentOf(0, 1), ["NeutronAgentDown critical"]],
  ["one that is dead and was switched off", agentOf(0, 0), []],
  ["a compute service that is up", service(1, 1), []],
  ["one that is down", service(0, 1), ["ComputeServiceDown critical"]],
  ["one that is down and disabled", service(0, 0), []],
  ["services of Cinder that are up", volumeServices(1, 1), []],
  ["one backend whose service is down", volumeServices(1, 0), ["VolumeServiceDown critical"]],
  ["both down and disabled", volumeServices(0, 0, 0), []],
])("of OpenStack's own word: %s", async (_name, samples, expected) => {
  workshop.end();
  workshop = new Workshop(readFileSync(DEFAULT_RULES_PATH, "utf8"), "openstack");
  ({ alerts } = await workshop.start({ elementExists: () => true }));
  await hold(Math.ceil((6 * 60_000) / INTERVAL_MS), samples);
  expect(firing()).toEqual(expected);
});
