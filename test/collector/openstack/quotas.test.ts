import { afterEach, expect, test } from "vitest";
import { ApiError } from "../../../collector/openstack/api/api-error.ts";
import { QuotaTurns } from "../../../collector/openstack/quota-turns.ts";
import type { Missing, Round } from "../../../collector/openstack/round.ts";
import { Lifetime } from "../../../core/lifetime.ts";
import { neutronUsage, ownLimits } from "../../../simulator/openstack/neutron-more.ts";
import { usageOfProject } from "../../../simulator/openstack/usages.ts";
import { eventually } from "../../fixtures/eventually.ts";
import { SetClock } from "../../topology/fakes.ts";
import { syncedCloud } from "./synced-cloud.ts";

let lifetime = new Lifetime();
afterEach(async () => {
  await lifetime.end();
  lifetime = new Lifetime();
});

const GIB = 2 ** 30;

test("quotas of projects are their totals, with no limit where there is none", async () => {
  const it = await syncedCloud({ size: { hosts: 8, vmsPerHost: 6 } }, ["compute", "network", "volume"], lifetime);
  const { estate } = it;
  const projects = [...new Set([...estate.machines()].map(({ network }) => network))];
  expect(projects.length).toBeGreaterThan(1);
  const rows = (resource: string) => it.points("os_capacity", { resource, scope: "project" });
  const has = (resource: string) =>
    rows(resource).length > 0 && rows(resource).every(({ fields }) => fields.total !== undefined);
  await eventually(() => ["vcpus", "memory", "instances", "floating_ips", "volumes"].every(has));
  for (const { tags, fields } of rows("vcpus")) {
    const used = usageOfProject(estate, tags.project_id ?? "").vcpus;
    expect(fields).toEqual({ used, total: 1_000, available: 1_000 - used });
  }
  expect(rows("memory")[0]?.fields.total).toBe(4_000_000 * 2 ** 20);
  for (const { tags, fields } of rows("floating_ips")) {
    const usage = neutronUsage(estate, tags.project_id ?? "").floatingip ?? [];
    expect([fields.total, fields.used]).toEqual(usage);
  }
  // A quota of -1 is none.
  for (const { tags, fields } of rows("ports")) {
    const isOwn = ownLimits(estate, tags.project_id ?? "") !== undefined;
    expect(fields.total).toBe(isOwn ? undefined : 5_000);
  }
  expect(rows("ports").some(({ fields }) => fields.total === undefined)).toBe(true);
  for (const { tags, fields } of rows("volumes")) {
    const used = usageOfProject(estate, tags.project_id ?? "").volumeGib * GIB;
    expect(fields).toEqual({ used, total: 200_000 * GIB, available: 200_000 * GIB - used });
  }
  expect(it.fake.journal.violations).toEqual([]);
});

function turns(looksBetween: number, ask: (project: string) => void = () => {}) {
  const clock = new SetClock(0);
  const asked: string[] = [];
  const missing: Missing[] = [];
  const round: Round = {
    ...{ signal: new AbortController().signal, clock, count: () => {}, between: async () => {} },
    missing: (it) => missing.push(it),
  };
  const own = new QuotaTurns({
    looksBetween,
    ask: async (project) => {
      asked.push(project);
      ask(project);
    },
  });
  return { own, asked, missing, round, clock };
}

const PROJECTS = new Set(Array.from({ length: 45 }, (_, n) => `p${n}`));

test("projects are asked for a few at each look, each once an hour, new ones with the next reading of everything", async () => {
  const { own, asked, round, clock } = turns(10);
  await own.begin(PROJECTS, round);
  expect(asked).toHaveLength(1);
  for (let look = 0; look < 10; look++) {
    const before = asked.length;
    await own.look(round);
    expect(asked.length - before).toBeLessThanOrEqual(5);
  }
  expect(asked.toSorted()).toEqual([...PROJECTS].toSorted());
  clock.set(600_000);
  await own.begin(new Set([...PROJECTS, "new"]), round);
  expect(asked.slice(45)).toEqual(["new"]);
  clock.set(3_600_000);
  await own.begin(PROJECTS, round);
  expect(asked).toHaveLength(47);
});

test("however many projects there are, a look asks for ten", async () => {
  const { own, asked, round } = turns(30);
  await own.begin(new Set(Array.from({ length: 5_000 }, (_, n) => `p${n}`)), round);
  await own.look(round);
  expect(asked).toHaveLength(11);
});

test("who may not ask is told once, and asked for again with everything only; a project that is no more holds up none", async () => {
  let kind: "forbidden" | "refused" = "forbidden";
  const { own, asked, missing, round } = turns(10, () => {
    throw new ApiError({ kind, message: "os-quota-sets", hint: "" });
  });
  await own.begin(PROJECTS, round);
  await own.look(round);
  expect([asked.length, missing.map(({ what }) => what)]).toEqual([1, ["quotas of projects"]]);
  kind = "refused";
  await own.begin(PROJECTS, round);
  await own.look(round);
  expect(new Set(asked).size).toBe(6);
});

test("a project whose quotas cannot be read holds up none, is named once a round, and asked for again with everything, last", async () => {
  const broken = new Set(["p0", "p7"]);
  const { own, asked, missing, round } = turns(10, (project) => {
    if (broken.has(project)) throw new ApiError({ kind: "server", message: `of ${project}`, hint: "look" });
  });
  await own.begin(PROJECTS, round);
  expect(missing).toEqual([
    {
      what: "quotas of some projects",
      reason: expect.stringContaining("1 projects could not be read, as of p0"),
      hint: "look",
    },
  ]);
  for (let look = 0; look < 10; look++) await own.look(round);
  expect(asked.toSorted()).toEqual([...PROJECTS].toSorted());
  expect(new Set(missing.map(({ what }) => what)).size).toBe(1);
  expect(missing.at(-1)?.reason).toContain("2 projects");
  asked.length = 0;
  broken.delete("p0");
  await own.begin(new Set([...PROJECTS, "new"]), round);
  for (let look = 0; look < 10; look++) await own.look(round);
  expect(asked).toEqual(["new", "p0", "p7"]);
  expect(missing.at(-1)?.reason).toContain("1 projects could not be read, as of p7");
  missing.length = 0;
  await own.begin(new Set(["p1"]), round);
  expect(missing).toEqual([]);
});

test.each(["timeout", "unreachable", "throttled", "unauthorized", "certificate"] as const)(
  "that the service itself fails is no project's: %s",
  async (kind) => {
    const { own, round } = turns(10, () => {
      throw new ApiError({ kind, message: "os-quota-sets", hint: "" });
    });
    await expect(own.begin(PROJECTS, round)).rejects.toMatchObject({ kind });
  },
);
