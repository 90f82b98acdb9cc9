import { describe, expect, test } from "vitest";
import { isLink } from "../../core/element.ts";
import type { Cloud } from "../../simulator/cloud/cloud.ts";
import { hostElements } from "../../simulator/elements/host-elements.ts";
import { smallCloud } from "./small-cloud.ts";
import { type WatchedCloud, watchCloud } from "./watched-cloud.ts";

const BEGINS_MS = 60_000;
/** A silence that has been recorded, and judged. */
const JUDGED_MS = BEGINS_MS + 45_000;

const attributesOf = (cloud: Cloud, host: number) => {
  const node = cloud.hosts[host] && hostElements(cloud, cloud.hosts[host]).find(({ kind }) => kind === "host");
  return node === undefined || isLink(node) ? {} : node.attributes;
};

/** Hosts that name this one among those that do not answer them, or whose machines refuse. */
function witnesses(cloud: Cloud, name: string, attribute: "mesh_silent" | "mesh_refused"): readonly string[] {
  return cloud.hosts.flatMap((host) => {
    const list = attributesOf(cloud, host.index)[attribute];
    return Array.isArray(list) && list.includes(name) ? [host.name] : [];
  });
}

async function during(
  what: string | { readonly scenario: string; readonly hosts: number },
  untilMs: number,
  look: (watched: WatchedCloud, cloud: Cloud, victims: readonly string[]) => void | Promise<void>,
): Promise<void> {
  const { scenario, hosts } = typeof what === "string" ? { scenario: what, hosts: 60 } : what;
  const cloud = smallCloud(7, hosts);
  const options = { mesh: true, metricsIntervalMs: 10_000 };
  const watched = await watchCloud(cloud, [{ name: scenario, atMs: BEGINS_MS }], options);
  try {
    await watched.advance(untilMs);
    const causes = watched.begun().flatMap(({ faults }) => faults.flatMap(({ cause }) => cause));
    await look(watched, cloud, [...new Set(causes.map((id) => id.split("/")[1] ?? ""))]);
  } finally {
    await watched.close();
  }
}

/** The last that was said of each pair, by `<host> <peer>`. */
function meshFields(watched: WatchedCloud): ReadonlyMap<string, Readonly<Record<string, number>>> {
  return new Map(
    watched.lines.flatMap((line) => {
      const [, host, peer, fields = ""] = /^mesh,\S*host=([^, ]+)\S*,peer=([^, ]+)\S* (.*)$/.exec(line) ?? [];
      const values = fields
        .split(",")
        .map((field) => [field.split("=")[0], Number.parseFloat(field.split("=")[1] ?? "")]);
      return host === undefined ? [] : [[`${host} ${peer}`, Object.fromEntries(values)] as const];
    }),
  );
}

describe("the mesh of simulated hosts", () => {
  test("measures every peer of the plan; nothing is lost and nobody is silent in a healthy cloud", async () => {
    await during("clock-jump", BEGINS_MS - 1_000, (watched, cloud) => {
      const pairs = meshFields(watched);
      const askers = new Set([...pairs.keys()].map((pair) => pair.split(" ")[0]));
      expect(askers.size).toBe(cloud.hosts.length);
      expect(pairs.size).toBeGreaterThan(3 * cloud.hosts.length);
      for (const fields of pairs.values()) {
        expect(fields).toMatchObject({ lost: 0, path_mtu_bytes: 9_000 });
        expect(fields.sent).toBeGreaterThan(35);
        expect(fields.rtt_max_s).toBeGreaterThan(fields.rtt_s ?? 1);
      }
      expect(cloud.hosts.filter(({ condition }) => condition.meshSilent.length > 0)).toEqual([]);
    });
  });

  test("a host without power is silent to all that ask it within seconds, and down by their word", async () => {
    await during("host-power-loss", BEGINS_MS + 6_000, async (watched, cloud, [victim = ""]) => {
      const asking = [...meshFields(watched).keys()].filter((pair) => pair.endsWith(` ${victim}`));
      expect(witnesses(cloud, victim, "mesh_silent")).toHaveLength(asking.length);
      expect(asking.length).toBeGreaterThan(2);
      await watched.advance(JUDGED_MS);
      expect([...watched.verdicts()]).toEqual([[victim, "host_down"]]);
      const lost = asking.map((pair) => meshFields(watched).get(pair)?.lost ?? 0);
      for (const one of lost) expect(one).toBeGreaterThan(30);
      await watched.advance(BEGINS_MS + 250_000);
      expect([...watched.verdicts()]).toEqual([]);
      expect(witnesses(cloud, victim, "mesh_silent")).toEqual([]);
    });
  });

  test("a host whose agent is dead refuses, and is not called down", async () => {
    await during("silent-agent", JUDGED_MS, (watched, cloud, [victim = ""]) => {
      expect(witnesses(cloud, victim, "mesh_refused").length).toBeGreaterThan(2);
      expect(witnesses(cloud, victim, "mesh_silent")).toEqual([]);
      expect([...watched.verdicts()]).toEqual([[victim, "agent_down"]]);
    });
  });

  test("a rack without power is down host by host, by the word of other racks", async () => {
    await during({ scenario: "rack-loss", hosts: 200 }, JUDGED_MS, (watched) => {
      const verdicts = [...watched.verdicts().values()];
      expect(verdicts).toHaveLength(20);
      expect(verdicts.filter((it) => it !== "host_down" && it !== "unknown")).toEqual([]);
      // Those that fewer than two of other racks ask are not judged.
      expect(verdicts.filter((it) => it === "host_down").length).toBeGreaterThan(16);
    });
  });

  test("when no agent is heard, nobody is judged: it is us", async () => {
    await during("all-agents-silent", JUDGED_MS, (watched, cloud) => {
      expect([...new Set(watched.verdicts().values())]).toEqual(["unknown"]);
      expect(watched.verdicts().size).toBe(cloud.hosts.length);
      expect(cloud.hosts.filter(({ condition }) => condition.meshSilent.length > 0)).toEqual([]);
    });
  });

  test("a smaller MTU is the path MTU to and from that host, and to no other", async () => {
    await during("mtu-mismatch", BEGINS_MS + 20_000, (watched, _cloud, [victim = ""]) => {
      for (const [pair, { path_mtu_bytes }] of meshFields(watched)) {
        expect(path_mtu_bytes).toBe(pair.split(" ").includes(victim) ? 1_500 : 9_000);
      }
    });
  });

  test("where a network node gets more than it can take, probes to it are lost and late", async () => {
    await during("network-node-overload", BEGINS_MS + 120_000, (watched, _cloud, [victim = ""]) => {
      const [near, far] = [
        [0, 0],
        [0, 0],
      ];
      for (const [pair, { lost = 0 }] of meshFields(watched)) {
        const of = pair.split(" ").includes(victim) ? near : far;
        of[0] = (of[0] ?? 0) + lost;
        of[1] = (of[1] ?? 0) + 1;
      }
      expect((near[0] ?? 0) / (near[1] ?? 1)).toBeGreaterThan(2);
      expect(far[0]).toBe(0);
    });
  });
});
