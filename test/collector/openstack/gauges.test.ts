import { expect, test } from "vitest";
import { ComputeInventory, countedServices } from "../../../collector/openstack/compute-inventory.ts";
import { cloudPoints } from "../../../collector/openstack/gauges.ts";
import type { ServiceHealth } from "../../../collector/openstack/health.ts";
import { countedPort, countedSubnet, NetworkInventory } from "../../../collector/openstack/network-inventory.ts";
import { PlacementInventory } from "../../../collector/openstack/placement-inventory.ts";
import { epochMsOf } from "../../../core/clock.ts";
import { METRIC_CATALOGUE } from "../../../core/metric-catalogue.ts";
import type { MeasurementSpec } from "../../../core/metrics/metric-spec.ts";

const NOW = epochMsOf(Date.parse("2026-01-01T00:10:00Z"));
const MINUTE = 60_000;

function inventory() {
  const [compute, network] = [new ComputeInventory(), new NetworkInventory()];
  const server = (id: string, host: string, status = "ACTIVE") => ({
    ...{ id, status, tenant_id: "p1", flavor: { vcpus: 2, ram: 1_024, disk: 10 } },
    "OS-EXT-SRV-ATTR:host": host,
  });
  const list = compute.beginServers();
  for (const it of [server("a", "h1"), server("b", "h1"), server("c", "h2", "ERROR")]) list.put(it, () => undefined);
  list.done();
  const hypervisor = (host: string, used: number) => ({
    ...{ id: host, hypervisor_hostname: host, state: "up", status: "enabled", service: { host } },
    ...{ vcpus: 8, vcpus_used: used, memory_mb: 4_096, memory_mb_used: 1_024, local_gb: 100, local_gb_used: 10 },
  });
  for (const it of [hypervisor("h1", 4), hypervisor("h2", 2)]) compute.putHypervisor(it);
  const service = { binary: "nova-compute", status: "enabled", state: "up", updated_at: "2026-01-01T00:09:30.000000" };
  compute.replaceServices(
    [
      { ...service, host: "h1", zone: "z1" },
      { ...service, host: "h2", zone: "z2", state: "down" },
    ],
    NOW,
  );
  network.networks.set("ext", true);
  network.networks.set("net", false);
  const subnet = (id: string, network_id: string, start: string, end: string) => {
    const tags = ["of-somebody", `range:north:${start}-${end}`];
    const object = { id, name: id, network_id, cidr: "10.0.0.0/24", allocation_pools: [{ start, end }], tags };
    network.subnets.set(id, countedSubnet(object));
  };
  subnet("s1", "net", "10.0.0.10", "10.0.0.19");
  subnet("s2", "ext", "203.0.113.1", "203.0.113.10");
  const port = (id: string, subnet_id: string, ip_address: string) => {
    const object = { id, status: "ACTIVE", "binding:vif_type": "ovs", fixed_ips: [{ subnet_id, ip_address }] };
    network.putPort(id, countedPort(object));
  };
  port("1", "s1", "10.0.0.10");
  port("2", "s1", "10.0.0.19");
  // The gateway of a network stands outside of its pool, as a rule: it takes none of its addresses.
  port("3", "s1", "10.0.0.1");
  port("4", "s2", "203.0.113.1");
  port("5", "s2", "203.0.113.2");
  network.floatingIps.set("f1", { networkId: "ext", projectId: "p1" });
  const agent = { agent_type: "L3 agent", host: "n1", alive: true, admin_state_up: true };
  network.replaceAgents([{ ...agent, heartbeat_timestamp: "2026-01-01 00:09:50" }], NOW);
  const cinder = countedServices([{ ...service, binary: "cinder-volume", host: "storage@ssd", zone: "nova" }], NOW);
  const placement = new PlacementInventory();
  placement.isRefused = true;
  return {
    region: "r1",
    compute,
    network,
    placement,
    volume: { services: cinder, projects: new Map(), pools: [{ name: "ceph", used: 30, total: 100 }] },
  };
}

function points(ages: { readonly compute?: number; readonly network?: number } = {}, region = inventory()) {
  const health = (service: ServiceHealth["service"], age: number): ServiceHealth => ({
    ...{ service, region: "r1", state: age === 0 ? "ok" : "failing", rounds: 1, failures: 0, objects: 5 },
    ...{ fullSeconds: 2, problem: undefined, missing: [] },
    trueAt: epochMsOf(NOW - age),
    fullAt: epochMsOf(NOW - age),
  });
  const services = (["compute", "network", "volume"] as const).map((service) => ({
    api: { service, takeFigures: () => ({ requests: 4, errors: 1, seconds: 2 }) },
    loop: { health: health(service, service === "volume" ? 0 : (ages[service] ?? 0)) },
  }));
  const cloud = { source: { cluster: "c", fullEveryMs: 10 * MINUTE }, regions: [{ inventory: region, services }] };
  const all = [...cloudPoints(cloud as unknown as Parameters<typeof cloudPoints>[0], NOW)].flat();
  return {
    all,
    of: (measurement: string, tags: Record<string, string> = {}) =>
      all
        .filter((it) => it.measurement === measurement)
        .filter((it) => Object.entries(tags).every(([name, value]) => it.tags[name] === value))
        .map(({ fields }) => fields),
  };
}

test("what is counted is what there is", () => {
  const { of } = points();
  expect(of("os_servers", { status: "ACTIVE" })).toEqual([{ count: { int: 2 } }]);
  expect(of("os_ports", { status: "ACTIVE", vif_type: "ovs" })).toEqual([{ count: { int: 5 } }]);
  expect(of("os_capacity", { resource: "vcpus", scope: "host", host: "h1" })).toEqual([
    { used: 4, total: 8, available: 4 },
  ]);
  expect(of("os_capacity", { resource: "vcpus", scope: "zone", zone: "z2" })).toEqual([
    { used: 2, total: 8, available: 6 },
  ]);
  for (const scope of ["region", "cluster"]) {
    expect(of("os_capacity", { resource: "vcpus", scope })).toEqual([{ used: 6, total: 16, available: 10 }]);
    expect(of("os_capacity", { resource: "volumes", scope })).toEqual([{ used: 30, total: 100, available: 70 }]);
    expect(of("os_capacity", { resource: "instances", scope })).toEqual([{ used: 3 }]);
  }
  expect(of("os_capacity", { resource: "memory", scope: "project", project_id: "p1" })).toEqual([
    { used: 3 * 2 ** 30 },
  ]);
  // Of ten outside addresses one is floating, and a router has another.
  expect(of("os_capacity", { resource: "floating_ips", scope: "network" })).toEqual([
    { used: 1, total: 9, available: 8 },
  ]);
  expect(of("os_subnet_ip", { subnet_id: "s1" })).toEqual([{ used: { int: 2 }, total: { int: 10 } }]);
  const range = { network_id: "net", subnet_id: "s1", subnet: "s1", region: "north", range: "10.0.0.10-10.0.0.19" };
  expect(of("os_subnet_range", range)).toEqual([{ used: { int: 2 }, total: { int: 10 } }]);
  expect(of("os_service", { host: "h2" })).toEqual([{ up: { int: 0 }, enabled: { int: 1 }, heartbeat_age_s: 30 }]);
  expect(of("os_service", { binary: "cinder-volume", host: "storage", backend: "ssd" })).toEqual([
    { up: { int: 1 }, enabled: { int: 1 }, heartbeat_age_s: 30 },
  ]);
  expect(of("os_agent")).toEqual([{ alive: { int: 1 }, admin_up: { int: 1 }, heartbeat_age_s: 10 }]);
  expect(of("os_api", { service: "compute" })).toEqual([
    { up: { int: 1 }, seconds: 0.5, requests: { int: 4 }, errors: { int: 1 } },
  ]);
  expect(of("os_sync")).toEqual([{ ok: { int: 1 }, age_s: 0, seconds: 2, objects: { int: 15 } }]);
});

test("a subnet of thousands of pools is told in as many series as one of 200, and in all as it is", () => {
  const region = inventory();
  const allocation_pools = Array.from({ length: 3_000 }, (_, i) => {
    const start = `10.8.${i >> 6}.${(i & 63) * 4}`;
    return { start, end: start };
  });
  region.network.subnets.set("s3", countedSubnet({ id: "s3", name: "s3", network_id: "net", allocation_pools }));
  const { of } = points({}, region);
  const ranges = of("os_subnet_range", { subnet_id: "s3" });
  expect(ranges).toHaveLength(201);
  expect(ranges.at(-1)).toEqual({ used: { int: 0 }, total: { int: 2_800 } });
  expect(of("os_subnet_ip", { subnet_id: "s3" })).toEqual([{ used: { int: 0 }, total: { int: 3_000 } }]);
});

test("what was not true for more than two whole readings is not told, but that it is not", () => {
  const { of } = points({ compute: 21 * MINUTE });
  for (const measurement of ["os_servers", "os_hypervisor"]) expect(of(measurement)).toEqual([]);
  expect(of("os_service", { binary: "nova-compute" })).toEqual([]);
  expect(of("os_service", { binary: "cinder-volume" })).toHaveLength(1);
  expect(of("os_capacity", { resource: "vcpus" })).toEqual([]);
  expect(of("os_ports")).toHaveLength(1);
  expect(of("os_api", { service: "compute" })).toMatchObject([{ up: { int: 0 } }]);
  expect(of("os_sync")).toMatchObject([{ ok: { int: 0 }, age_s: 1_260 }]);
});

test("every tag and field is in the catalogue", () => {
  const catalogue: Readonly<Record<string, MeasurementSpec>> = METRIC_CATALOGUE;
  const { all } = points();
  for (const { measurement, tags, fields } of all) {
    const spec = catalogue[measurement];
    expect(Object.keys(fields).filter((field) => spec?.fields[field] === undefined)).toEqual([]);
    const known = [...(spec?.tags ?? []), "host", "cluster"];
    expect(Object.keys(tags).filter((tag) => !known.includes(tag))).toEqual([]);
  }
});
