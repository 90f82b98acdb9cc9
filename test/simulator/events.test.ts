import { describe, expect, test } from "vitest";
import { EVENT_KINDS } from "../../core/host-event.ts";
import type { DayOptions } from "../../simulator/day/day.ts";
import type { SaidEvent, Utterance } from "../../simulator/day/utterance.ts";
import { metricPoints } from "../../simulator/metrics/metric-lines.ts";
import { BUSY, CALM, dayOf, smallCloud } from "./small-cloud.ts";

interface Told extends SaidEvent {
  readonly host: string;
  readonly atMs: number;
}

const eventsOf = (utterance: Utterance): readonly Told[] =>
  utterance.kind === "events"
    ? utterance.events.map((event) => ({ ...event, host: utterance.host, atMs: utterance.atMs }))
    : [];

function told(options: Partial<DayOptions>, untilMs: number, cloud = smallCloud()): readonly Told[] {
  return [...dayOf(cloud, options).advance(untilMs)].flat().flatMap(eventsOf);
}

function during(scenario: string, untilMs: number): readonly Told[] {
  return told({ scenarios: [{ name: scenario, atMs: 0 }] }, untilMs);
}

const kindsOf = (events: readonly Told[]) => [...new Set(events.map(({ kind }) => kind))].toSorted();
const ofKind = (events: readonly Told[], kind: SaidEvent["kind"]) => events.filter((event) => event.kind === kind);

describe("simulated agents tell", () => {
  test("nothing in a calm cloud", () => {
    expect(told({}, 3_600_000)).toEqual([]);
  });

  test("of machines that boot, go, move and are resized, with what they are to people", () => {
    const cloud = smallCloud();
    const events = told({ rates: { ...BUSY, agent_restarts: 0, link_flaps: 0 } }, 120_000, cloud);
    expect(kindsOf(events)).toEqual(["vm-migrated-in", "vm-migrated-out", "vm-started", "vm-stopped"]);
    const [arrived, left] = [ofKind(events, "vm-migrated-in"), ofKind(events, "vm-migrated-out")];
    expect(arrived.map(({ attributes }) => attributes.vm_id)).toEqual(left.map(({ attributes }) => attributes.vm_id));
    for (const [index, event] of arrived.entries()) expect(event.host).not.toBe(left[index]?.host);
    for (const event of events) {
      expect(event.element).toBe(`host/${event.host}/domain/${String(event.attributes.vm_id)}`);
      expect(event.text).toMatch(/^instance-[0-9a-f]{8}: [a-z ]+$/);
    }
  });

  test("of a boot and of what the route reflectors saw; the dead host tells nothing meanwhile", () => {
    const events = during("host-power-loss", 300_000);
    const [boot] = ofKind(events, "host-booted");
    expect(boot).toMatchObject({ severity: "warning", element: `host/${boot?.host}`, atMs: 240_000 });
    expect(boot?.id).toMatch(/^boot-[0-9a-f-]{36}$/);
    expect(events.filter(({ host, atMs }) => host === boot?.host && atMs < 240_000)).toEqual([]);
    expect(ofKind(events, "agent-started").map(({ host }) => host)).toEqual([boot?.host]);
    expect(ofKind(events, "bgp-session-down").map(({ severity }) => severity)).toEqual(["critical", "critical"]);
    expect(ofKind(events, "bgp-session-up")).toHaveLength(2);
    expect(kindsOf(events)).toEqual(["agent-started", "bgp-session-down", "bgp-session-up", "host-booted"]);
  });

  test("of each card that loses its link, and of the bond only with the last", () => {
    const events = during("tor-flap", 100_000);
    expect(kindsOf(events)).toEqual(["link-down", "link-up"]);
    expect(new Set(events.map(({ attributes }) => attributes.interface)).size).toBe(1);
    expect(ofKind(events, "link-down")).toHaveLength(6 * 20);
    expect(ofKind(events, "link-up")).toHaveLength(6 * 20);
  });

  test("of a link that goes while it is gone only once: down and up take turns, of the bond with its last leg, too", () => {
    const events = told({ rates: { ...CALM, link_flaps: 30_000 } }, 60_000, smallCloud(7, 12));
    const byLink = Map.groupBy(events, ({ element }) => element);
    expect([...byLink.keys()].filter((id) => id.endsWith("/bond0")).length).toBeGreaterThan(0);
    for (const own of byLink.values()) {
      expect(own.map(({ kind }) => kind)).toEqual(own.map((_, n) => (n % 2 === 0 ? "link-down" : "link-up")));
    }
  });

  test("of restarts of Open vSwitch, and of services that an upgrade starts anew", () => {
    const restart = during("ovs-restart", 60_000);
    expect(ofKind(restart, "ovs-restarted")).toHaveLength(20);
    expect(new Set(ofKind(restart, "process-restarted").map(({ attributes }) => attributes.process))).toEqual(
      new Set(["ovs-vswitchd"]),
    );
    const upgrade = during("zone-upgrade", 300_000);
    expect(ofKind(upgrade, "process-restarted").map(({ attributes }) => attributes.process)).toContain("nova-compute");
    expect(ofKind(upgrade, "agent-started").length).toBe(ofKind(upgrade, "ovs-restarted").length);
  });

  test("of a service that is gone and comes back", () => {
    const events = during("neutron-agent-gone", 700_000);
    expect(kindsOf(events)).toEqual(["process-back", "process-missing"]);
    expect(events.map(({ element, host }) => element === `host/${host}/process/neutron-openvswitch-agent`)).toEqual([
      true,
      true,
    ]);
  });

  test("of processes killed for want of memory", () => {
    const events = during("memory-pressure", 700_000);
    expect(ofKind(events, "oom-kill").length).toBeGreaterThan(0);
    expect(kindsOf(events)).toContain("oom-kill");
  });

  test("each event under an id of its own, the same when the day is played again", () => {
    const play = () => told({ rates: BUSY, scenarios: [{ name: "two-faults", atMs: 10_000 }] }, 300_000);
    const [first, second] = [play(), play()];
    expect(first.length).toBeGreaterThan(100);
    expect(new Set(first.map(({ id }) => id)).size).toBe(first.length);
    expect(first.filter(({ id }) => !/^[\w-]{1,64}$/.test(id))).toEqual([]);
    expect(first.filter(({ kind }) => !EVENT_KINDS.includes(kind))).toEqual([]);
    expect(second).toEqual(first);
    expect(JSON.stringify(second)).toBe(JSON.stringify(first));
  });

  test("and count them, from the start of the agent on, also when the day is passed over in silence", () => {
    const countsOf = (cloud: ReturnType<typeof smallCloud>) =>
      cloud.hosts.map((host) =>
        metricPoints(cloud, host, { atMs: 0, intervalMs: 10_000 }, "usual").filter((it) => it.measurement === "event"),
      );
    const [heard, skipped] = [smallCloud(), smallCloud()];
    const events = told({ rates: BUSY }, 300_000, heard);
    dayOf(skipped, { rates: BUSY }).skipTo(300_000);
    expect(countsOf(skipped)).toEqual(countsOf(heard));
    const name = events.findLast(({ kind }) => kind === "agent-started")?.host;
    const since = events.filter(({ host }) => host === name);
    const own = since.slice(since.findLastIndex(({ kind }) => kind === "agent-started"));
    const points = countsOf(heard)[heard.hosts.findIndex((host) => host.name === name)] ?? [];
    const total = points.reduce((sum, { fields }) => sum + Number(JSON.stringify(fields.count).replace(/\D/g, "")), 0);
    expect(total).toBe(own.length);
    expect(points.map(({ tags }) => tags.kind)).toContain("oom-kill");
  });
});
