import { afterEach, describe, expect, test } from "vitest";
import { cloudStatus } from "../../../collector/openstack/cloud-status.ts";
import { systemClock } from "../../../core/clock.ts";
import { Lifetime } from "../../../core/lifetime.ts";
import { flavorOf } from "../../../simulator/cloud/flavors.ts";
import { providersOf } from "../../../simulator/openstack/placement.ts";
import { RELEASE_NAMES } from "../../../simulator/openstack/releases.ts";
import { eventually } from "../../fixtures/eventually.ts";
import { syncedCloud } from "./synced-cloud.ts";

let lifetime = new Lifetime();
afterEach(async () => {
  await lifetime.end();
  lifetime = new Lifetime();
});

const GIB = 2 ** 30;
const PLAIN = { nested: false, sharedDisk: false };
const READ = ["compute", "placement"] as const;

describe.each(RELEASE_NAMES)("of release %s", (release) => {
  test.each([
    ["as they are", PLAIN],
    ["with providers below hosts", { nested: true, sharedDisk: false }],
    ["with a disk that is shared", { nested: true, sharedDisk: true }],
  ])("hosts may give what Nova's scheduler reckons with, %s", async (_how, placement) => {
    const it = await syncedCloud({ behaviour: { release, placement } }, READ, lifetime);
    const { fake, estate, capacity } = it;
    const nodes = estate.computeNodes();
    for (const host of nodes) {
      const vms = estate.serversOn(host);
      const sum = (of: (flavor: ReturnType<typeof flavorOf>) => number) =>
        vms.reduce((all, { flavor }) => all + of(flavorOf(flavor)), 0);
      const [vcpus] = capacity("vcpus", "host", { host: host.name });
      const used = sum((flavor) => flavor.vcpus);
      expect(vcpus).toEqual({ used, total: 256, available: 256 - used });
      const [memory] = capacity("memory", "host", { host: host.name });
      expect(memory).toMatchObject({
        used: sum(({ ramMib }) => ramMib) * 2 ** 20,
        total: (512 * 1_024 - 512) * 2 ** 20,
      });
      // What is shared is no host's.
      expect(capacity("disk", "host", { host: host.name }).length).toBe(placement.sharedDisk ? 0 : 1);
      if (placement.nested) {
        expect(capacity("pcpus", "host", { host: host.name })).toEqual([{ used: 0, total: 14, available: 14 }]);
        const [vgpus] = capacity("vgpus", "host", { host: host.name });
        expect(vgpus?.total).toBe(4);
      }
    }
    const total = placement.sharedDisk ? Math.floor((8_000 - 100) * 1.5) : 8_000 * nodes.length;
    for (const scope of ["region", "cluster"]) {
      expect(capacity("disk", scope)[0]?.total).toBe(total * GIB);
      expect(capacity("vcpus", scope)[0]?.total).toBe(256 * nodes.length);
    }
    const shared = providersOf(estate, placement).find(({ host }) => host === undefined);
    if (shared !== undefined) {
      expect(capacity("disk", "cluster")[0]?.used).toBe(Number(shared.usages().DISK_GB) * GIB);
      expect(capacity("disk", "pool")).toHaveLength(1);
    }
    expect(it.attributesOf("hypervisor").map(({ vcpu_ratio }) => vcpu_ratio)).toEqual(nodes.map(() => 4));
    expect(fake.journal.violations).toEqual([]);
    expect(fake.journal.entries.filter(({ status }) => (status ?? 0) >= 400)).toEqual([]);
  });
});

test("a Nova that begins at 2.88 tells no sizes: Placement does", async () => {
  const it = await syncedCloud({ behaviour: { release: "2025.1", oldestCompute: "2.88" } }, READ, lifetime);
  const asked = it.fake.journal.entries.filter(({ path }) => path.includes("os-hypervisors"));
  expect(new Set(asked.map(({ microversion }) => microversion))).toEqual(new Set(["2.88"]));
  const nodes = it.estate.computeNodes();
  expect(it.capacity("vcpus", "cluster")[0]?.total).toBe(256 * nodes.length);
  expect(it.points("os_hypervisor")[0]?.fields).toMatchObject({ vcpus: { int: 64 }, disk_bytes: { int: 8_000 * GIB } });
  await eventually(() => it.attributesOf("hypervisor").every(({ vcpus }) => vcpus === 64));
  expect(it.attributesOf("hypervisor")[0]).toMatchObject({ memory_mib: 512 * 1_024, vcpu_ratio: 4 });
  expect(it.fake.journal.violations).toEqual([]);
});

test("where there is no Placement totals are what Nova says that machines have, and that is said", async () => {
  const it = await syncedCloud({ behaviour: { missingServices: ["placement"] } }, READ, lifetime);
  await eventually(() => it.capacity("vcpus", "cluster").length === 1);
  expect(it.capacity("vcpus", "cluster")[0]?.total).toBe(64 * it.estate.computeNodes().length);
  expect(it.health("placement")).toMatchObject({ state: "absent", missing: [{ what: "allocation ratios" }] });
  await eventually(() => /not told:.*allocation ratios/.test(cloudStatus(it.cloud, systemClock.now()).detail ?? ""));
});

test("whoever may not ask Placement has what Nova says, and is told so", async () => {
  const it = await syncedCloud({}, READ, lifetime, { user: "member" });
  const health = it.health("placement");
  expect(health).toMatchObject({ state: "ok", missing: [{ what: "allocation ratios" }] });
  expect(it.cloud.regions[0]?.inventory.placement).toMatchObject({ isRefused: true, isWhole: false });
});

test("while Placement does not answer no other totals are told for its: nothing seems to grow or shrink", async () => {
  const fails = { kind: "error", status: 500, services: ["placement"] } as const;
  const it = await syncedCloud({ behaviour: { faults: [fails] } }, ["compute"], lifetime);
  await eventually(() => it.health("placement")?.state === "failing");
  const totals = () => it.capacity("vcpus", "cluster").map(({ total }) => total);
  expect(totals()).toEqual([]);
  it.fake.switches().heal();
  await eventually(() => totals().length === 1);
  const all = [256 * it.estate.computeNodes().length];
  expect(totals()).toEqual(all);
  it.fake.switches().faults(fails);
  const rounds = it.health("compute")?.rounds ?? 0;
  await eventually(() => (it.health("compute")?.rounds ?? 0) > rounds + 5);
  expect(totals()).toEqual(all);
});

test("what a hypervisor may promise does not flap in the topology when all is read again", async () => {
  const it = await syncedCloud({}, READ, lifetime, { fullEveryMs: 200 });
  await eventually(() => it.attributesOf("hypervisor").every(({ vcpu_ratio }) => vcpu_ratio === 4));
  const { inventory } = it.cloud.regions[0] ?? {};
  // As after a restart: Nova is read before Placement.
  inventory?.placement.list([]);
  const rounds = it.health("compute")?.rounds ?? 0;
  await eventually(() => (it.health("compute")?.rounds ?? 0) > rounds + 3);
  expect(it.attributesOf("hypervisor").map(({ vcpu_ratio }) => vcpu_ratio)).toEqual(
    it.estate.computeNodes().map(() => 4),
  );
});
