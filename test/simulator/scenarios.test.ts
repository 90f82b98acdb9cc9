import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { isLink } from "../../core/element.ts";
import { isSpeaking } from "../../simulator/cloud/cloud.ts";
import type { Day } from "../../simulator/day/day.ts";
import { hostElements } from "../../simulator/elements/host-elements.ts";
import { randomOf } from "../../simulator/random.ts";
import { utteranceLine } from "../../simulator/recording/write.ts";
import { SCENARIOS, scenarioNamed } from "../../simulator/scenarios/registry.ts";
import { truthsOf } from "../../simulator/scenarios/scenario.ts";
import { dayOf, elementsOf, idsOf, smallCloud } from "./small-cloud.ts";

const OVER_MS = 20 * 60_000;
const SAMPLED_EVERY_MS = 120_000;
/** Scenarios without a cause in the cloud: we are it. */
const OUR_OWN = new Set(["all-agents-silent"]);

/** A hash of all that is said until every scenario is over. */
function toldOf(day: Day): string {
  const hash = createHash("sha256");
  for (const group of day.advance(OVER_MS)) for (const utterance of group) hash.update(utteranceLine(utterance));
  return hash.digest("hex");
}

describe.each(SCENARIOS.map((scenario) => [scenario.name, scenario] as const))("scenario %s", (name, scenario) => {
  test("names causes and symptoms that exist, and is the same for the same seed", () => {
    const cloud = smallCloud();
    const ids = idsOf(cloud);
    const plan = scenario.plan(cloud, randomOf(7, name));
    expect(plan).toBeDefined();
    expect(scenario.plan(cloud, randomOf(7, name))).toEqual(plan);
    for (const { cause, symptoms, beginsAfterMs, endsAfterMs } of plan?.faults ?? []) {
      expect(cause.length > 0).toBe(!OUR_OWN.has(name));
      expect([...cause, ...symptoms].filter((id) => !ids.has(id))).toEqual([]);
      expect(endsAfterMs ?? Number.POSITIVE_INFINITY).toBeGreaterThan(beginsAfterMs);
    }
  });

  test("is heard of, and leaves the cloud as it was but for new machines and new numbers", () => {
    const cloud = smallCloud();
    const day = dayOf(cloud, { scenarios: [{ name, atMs: 1_000 }], metricsIntervalMs: SAMPLED_EVERY_MS });
    expect(toldOf(day)).not.toBe(toldOf(dayOf(smallCloud(), { metricsIntervalMs: SAMPLED_EVERY_MS })));
    expect(day.begun.map((begun) => begun.name)).toEqual([name]);
    expect(cloud.hosts.filter((host) => !isSpeaking(host))).toEqual([]);
    for (const { condition } of cloud.hosts) {
      expect(condition).toMatchObject({
        downNics: [],
        unknownPeers: [],
        lostSessions: [],
        mtu: undefined,
        clockSkewMs: 0,
      });
      expect(condition.controllerConnected).toBe(true);
      expect(condition.surges.filter(({ untilMs }) => untilMs === undefined)).toEqual([]);
    }
    expect(cloud.networks.filter(({ fault }) => fault !== undefined)).toEqual([]);
    expect([...cloud.vms.values()].filter(({ tapLost, state }) => tapLost || state !== "running")).toEqual([]);
  });
});

describe("what a scenario looks like to those who look", () => {
  const during = (name: string, ms: number) => {
    const cloud = smallCloud();
    const day = dayOf(cloud, { scenarios: [{ name, atMs: 0 }] });
    day.skipTo(ms);
    return { cloud, faults: day.begun.flatMap(({ faults }) => faults) };
  };

  test("a host without power is silent, and two route reflectors have lost its session", () => {
    const { cloud, faults } = during("host-power-loss", 10_000);
    const silent = cloud.hosts.filter((host) => !isSpeaking(host));
    expect(silent.map(({ name }) => `host/${name}`)).toEqual(faults[0]?.cause);
    const witnesses = elementsOf(cloud).filter(
      (element) => !isLink(element) && element.kind === "bgp-speaker" && element.attributes.peers_down !== undefined,
    );
    expect(witnesses).toHaveLength(2);
  });

  test("a lost tap is an Open vSwitch port with an error and without a device", () => {
    const { cloud, faults } = during("tap-lost-after-reboot", 70_000);
    const port = elementsOf(cloud).find(({ id }) => id === faults[1]?.cause[0]);
    expect(port?.attributes).toMatchObject({ ofport: -1, ifindex: 0 });
    expect(port?.attributes.error).toMatch(/No such device/);
  });

  test("a subnet used up has no free address, and the truth begins when the last one goes", () => {
    const { cloud, faults } = during("subnet-exhausted", OVER_MS);
    const full = cloud.networks.filter(({ index, taken }) => index % 10 === 3 && taken.size === 53);
    expect(full).toHaveLength(1);
    const before = during("subnet-exhausted", (faults[0]?.beginsAfterMs ?? 0) - 400).cloud;
    expect(before.networks[full[0]?.index ?? 0]?.taken.size).toBeLessThan(53);
  });

  test("two unbound servers are in one namespace, and nowhere else", () => {
    const { cloud } = during("two-unbound-dhcp-servers", 1_000);
    const unbound = elementsOf(cloud).filter(({ attributes }) => String(attributes.dhcp_servers).includes("unbound"));
    expect(unbound.map(({ attributes }) => attributes.dhcp_servers)).toEqual([
      ["dnsmasq:unbound:67", "dnsmasq:unbound:67"],
    ]);
  });

  test("a half-open tunnel is missing at one end only", () => {
    const { cloud, faults } = during("tunnel-half-open", 1_000);
    const shorter = cloud.hosts.filter((host) => host.condition.unknownPeers.length > 0);
    expect(shorter.map(({ name }) => `host/${name}/tunnel/vxlan`)).toEqual(faults[0]?.cause);
    const [host] = shorter;
    const peers = host && hostElements(cloud, host).find(({ kind }) => kind === "vxlan")?.attributes.peers;
    expect(peers).toHaveLength(cloud.hosts.length - 2);
  });
});

test("a truth is told in the collector's time", () => {
  const plan = scenarioNamed("host-power-loss").plan(smallCloud(), randomOf(1, "x"));
  const [truth] = truthsOf("host-power-loss", plan ?? { faults: [] }, 5_000, (ms) => 1_000_000 + ms / 2);
  expect(truth).toMatchObject({ begins_at: 1_002_500, ends_at: 1_122_500, kind: "host-power-loss", cluster: null });
});

test("an unknown scenario is refused by name", () => {
  expect(() => scenarioNamed("meteor")).toThrow(/meteor/);
});
