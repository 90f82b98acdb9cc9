import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isRecord } from "../../../core/json.ts";
import { Lifetime } from "../../../core/lifetime.ts";
import { type FakeOpenStack, startFakeOpenStack } from "../../fakes/openstack/start.ts";
import { SetClock } from "../../topology/fakes.ts";
import { BEGAN_AT } from "../small-cloud.ts";
import { clientOf, type TestClient } from "./client.ts";
import { RECORDED, type Shape } from "./recorded-shapes.ts";

const VERSIONS = { "openstack-api-version": "compute 2.100, volume 3.65, placement 1.36" };
const lifetime = new Lifetime();
let fake: FakeOpenStack;
let client: TestClient;
beforeAll(async () => {
  fake = await startFakeOpenStack(
    { clock: new SetClock(BEGAN_AT), size: { hosts: 20, vmsPerHost: 8 }, behaviour: { release: "2025.1" } },
    lifetime,
  );
  client = await clientOf(fake);
});
afterAll(() => lifetime.end());

function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "list";
  if (isRecord(value)) return "object";
  return typeof value === "string" ? "text" : typeof value;
}

/** Members that are not in the shape, that are not in the object, or of another kind. */
function differences(object: unknown, shape: Shape): readonly string[] {
  const members = isRecord(object) ? object : {};
  return [
    ...Object.keys(members).filter((member) => shape[member] === undefined),
    ...Object.entries(shape).flatMap(([member, kinds]) => {
      const kind = member in members ? kindOf(members[member]) : "missing";
      const isRight = kind === kinds.replace("?", "") || (kind === "null" && kinds.endsWith("?"));
      return isRight ? [] : [`${member}: ${kind} instead of ${kinds}`];
    }),
  ];
}

type Reached = (body: Record<string, unknown>) => unknown;
const itemsOf =
  (name: string): Reached =>
  (body) =>
    body[name];
const insideOf =
  (name: string, inside: (item: Record<string, unknown>) => unknown): Reached =>
  (body) =>
    (Array.isArray(body[name]) ? body[name] : []).flatMap(inside);

const CASES: readonly (readonly [keyof typeof RECORDED, string, string, Reached])[] = [
  ["serverFlavor", "compute", "/servers/detail?all_tenants=1", insideOf("servers", ({ flavor }) => flavor)],
  [
    ...(["serverAddress", "compute", "/servers/detail?all_tenants=1"] as const),
    insideOf("servers", ({ addresses }) => Object.values(addresses as object).flat()),
  ],
  ["flavor", "compute", "/flavors/detail", itemsOf("flavors")],
  ["hypervisor88", "compute", "/os-hypervisors/detail?with_servers=true", itemsOf("hypervisors")],
  ["service", "compute", "/os-services", itemsOf("services")],
  ["aggregate", "compute", "/os-aggregates", itemsOf("aggregates")],
  ["zone", "compute", "/os-availability-zone/detail", itemsOf("availabilityZoneInfo")],
  ["port", "network", "/v2.0/ports", itemsOf("ports")],
  ["subnet", "network", "/v2.0/subnets", itemsOf("subnets")],
  ["router", "network", "/v2.0/routers", itemsOf("routers")],
  ["floatingip", "network", "/v2.0/floatingips", itemsOf("floatingips")],
  ["securityGroup", "network", "/v2.0/security-groups", itemsOf("security_groups")],
  ["rule", "network", "/v2.0/security-groups", insideOf("security_groups", (group) => group.security_group_rules)],
  ["agent", "network", "/v2.0/agents", itemsOf("agents")],
  ["availabilityZone", "network", "/v2.0/availability_zones", itemsOf("availability_zones")],
  ["segment", "network", "/v2.0/segments", itemsOf("segments")],
  ["availability", "network", "/v2.0/network-ip-availabilities", itemsOf("network_ip_availabilities")],
  ["project", "identity", "/v3/projects", itemsOf("projects")],
  ["volume", "volumev3", "/volumes/detail?all_tenants=1", itemsOf("volumes")],
  ["image", "image", "/v2/images", itemsOf("images")],
  ["loadBalancer", "load-balancer", "/v2.0/lbaas/loadbalancers", itemsOf("loadbalancers")],
  ["provider", "placement", "/resource_providers", itemsOf("resource_providers")],
];

describe("what is served has the members, and the kinds, of the reference's samples", () => {
  test.each(CASES)("%s of %s%s", async (name, type, path, reach) => {
    const reply = await client.get(`${client.url(type)}${path}`, VERSIONS);
    expect(reply.status).toBe(200);
    const items = reach(reply.body) as readonly unknown[];
    expect(items.length).toBeGreaterThan(0);
    for (const item of items) expect(differences(item, RECORDED[name])).toEqual([]);
  });

  test("server, whose image is a text when it boots from a volume", async () => {
    const { body } = await client.get(`${client.url("compute")}/servers/detail?all_tenants=1`, VERSIONS);
    const fromImage = body.servers.filter(({ image }: { image: unknown }) => image !== "");
    expect(fromImage.length).toBeGreaterThan(0);
    expect(fromImage.length).toBeLessThan(body.servers.length);
    for (const server of fromImage) expect(differences(server, RECORDED.server)).toEqual([]);
    for (const server of body.servers) {
      const volumes = server["os-extended-volumes:volumes_attached"];
      expect(volumes.length).toBe(server.image === "" ? 1 : 0);
    }
  });

  test("network, with `is_default` where it is outside", async () => {
    const { body } = await client.get(`${client.url("network")}/v2.0/networks`);
    for (const { is_default, ...network } of body.networks) {
      expect(differences(network, RECORDED.network)).toEqual([]);
      expect(is_default).toBe(network["router:external"] ? true : undefined);
    }
  });

  test("hypervisor of 2.53, and its subnets' availability with and without details", async () => {
    const headers = { "openstack-api-version": "compute 2.53" };
    const { body } = await client.get(`${client.url("compute")}/os-hypervisors/detail`, headers);
    for (const hypervisor of body.hypervisors) expect(differences(hypervisor, RECORDED.hypervisor53)).toEqual([]);
    const url = `${client.url("network")}/v2.0/network-ip-availabilities`;
    const detailed = (await client.get(url)).body.network_ip_availabilities[0].subnet_ip_availability[0];
    expect(Object.keys(detailed.ip_availability_details)).toContain("used_ips_in_allocation_pool");
    fake.switches().missingExtensions("network-ip-availability-details");
    const plain = (await client.get(url)).body.network_ip_availabilities[0].subnet_ip_availability[0];
    fake.switches().missingExtensions();
    expect(differences(plain, RECORDED.subnetAvailability)).toEqual([]);
  });

  test("inventories, volume services and pools", async () => {
    const placement = `${client.url("placement")}/resource_providers`;
    const [{ uuid }] = (await client.get(placement, VERSIONS)).body.resource_providers;
    const { inventories } = (await client.get(`${placement}/${uuid}/inventories`, VERSIONS)).body;
    expect(Object.keys(inventories).toSorted()).toEqual(["DISK_GB", "MEMORY_MB", "VCPU"]);
    for (const inventory of Object.values(inventories)) expect(differences(inventory, RECORDED.inventory)).toEqual([]);
    const [scheduler] = (await client.get(`${client.url("volumev3")}/os-services`)).body.services;
    expect(differences(scheduler, RECORDED.volumeService)).toEqual([]);
    const { pools } = (await client.get(`${client.url("volumev3")}/scheduler-stats/get_pools?detail=true`)).body;
    for (const { capabilities } of pools) {
      expect(capabilities.free_capacity_gb).toBeLessThanOrEqual(capabilities.total_capacity_gb);
      expect(typeof capabilities.volume_backend_name).toBe("string");
    }
  });
});

describe("what is served fits together", () => {
  test("addresses that are used are those that ports have", async () => {
    const network = `${client.url("network")}/v2.0`;
    const { ports } = (await client.get(`${network}/ports?fields=fixed_ips`)).body;
    const counts = new Map<string, number>();
    for (const { fixed_ips } of ports) {
      for (const { subnet_id } of fixed_ips) counts.set(subnet_id, (counts.get(subnet_id) ?? 0) + 1);
    }
    const { network_ip_availabilities: all } = (await client.get(`${network}/network-ip-availabilities`)).body;
    for (const { subnet_ip_availability } of all) {
      for (const { subnet_id, used_ips } of subnet_ip_availability)
        expect([subnet_id, used_ips]).toEqual([subnet_id, counts.get(subnet_id)]);
    }
  });

  test("quotas count what the lists have", async () => {
    const { servers } = (await client.get(`${client.url("compute")}/servers/detail?all_tenants=1`, VERSIONS)).body;
    const project = servers[0].tenant_id;
    const own = servers.filter(({ tenant_id }: { tenant_id: string }) => tenant_id === project);
    const detail = (await client.get(`${client.url("compute")}/os-quota-sets/${project}/detail`, VERSIONS)).body
      .quota_set;
    const vcpus = own.reduce((sum: number, { flavor }: { flavor: { vcpus: number } }) => sum + flavor.vcpus, 0);
    expect([detail.instances.in_use, detail.cores.in_use]).toEqual([own.length, vcpus]);
    const { ports } = (await client.get(`${client.url("network")}/v2.0/ports?project_id=${project}`)).body;
    const { quota } = (await client.get(`${client.url("network")}/v2.0/quotas/${project}/details.json`)).body;
    expect(quota.port.used).toBe(ports.length);
  });

  test("every agent of a schedule is one of the agents, and serves what it is said to serve", async () => {
    const network = `${client.url("network")}/v2.0`;
    const { agents } = (await client.get(`${network}/agents`)).body;
    const { routers } = (await client.get(`${network}/routers`)).body;
    const l3 = agents.filter(({ agent_type }: { agent_type: string }) => agent_type === "L3 agent");
    const served: string[] = [];
    for (const { id } of l3) {
      served.push(
        ...(await client.get(`${network}/agents/${id}/l3-routers`)).body.routers.map((each: { id: string }) => each.id),
      );
    }
    expect(served.toSorted()).toEqual(routers.map(({ id }: { id: string }) => id).toSorted());
    const [{ id }] = routers;
    const [agent] = (await client.get(`${network}/routers/${id}/l3-agents`)).body.agents;
    expect(l3.map((each: { id: string }) => each.id)).toContain(agent.id);
    const [{ id: inside }] = (await client.get(`${network}/networks?router:external=false`)).body.networks;
    expect((await client.get(`${network}/networks/${inside}/dhcp-agents`)).body.agents.length).toBeGreaterThan(0);
  });
});
