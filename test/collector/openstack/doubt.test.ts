import fc from "fast-check";
import { expect, test } from "vitest";
import { Doubt } from "../../../collector/openstack/listing.ts";
import { openRegion } from "./region.ts";
import { StubApi } from "./stub-api.ts";

/** One object of each list; everything is of project `pr<number>`. */
const OBJECTS: { readonly [path: string]: (number: number) => object } = {
  "/projects": (number) => ({ name: `project ${number}` }),
  "/servers/detail": (number) => ({ name: "s", status: "ACTIVE", tenant_id: `pr${number}` }),
  // Nova's and Cinder's.
  "/os-services": (number) => ({ binary: number % 2 === 0 ? "nova-compute" : "cinder-volume", host: `h${number}` }),
  "/os-hypervisors/detail": (number) => ({ hypervisor_hostname: `h${number}`, vcpus: 4, memory_mb: 8, local_gb: 9 }),
  "/os-availability-zone/detail": (number) => ({ zoneName: `z${number}` }),
  "/os-aggregates": (number) => ({ name: `a${number}` }),
  "/networks": (number) => ({ project_id: `pr${number}`, "router:external": number === 0 }),
  "/subnets": () => ({ allocation_pools: [{ start: "10.0.0.0", end: "10.0.3.255" }], network_id: "n" }),
  "/ports": (number) => ({
    fixed_ips: [{ subnet_id: `su${number}`, ip_address: "10.0.0.1" }],
    "binding:vif_type": "ovs",
  }),
  "/floatingips": (number) => ({ project_id: `pr${number}`, floating_network_id: "n" }),
  "/agents": (number) => ({ agent_type: "L3 agent", host: `h${number}`, alive: true }),
  "/volumes/detail": (number) => ({ "os-vol-tenant-attr:tenant_id": `pr${number}` }),
  "/lbaas/loadbalancers": (number) => ({ project_id: `pr${number}` }),
};
const PREFIX: { readonly [path: string]: string } = { "/projects": "pr", "/subnets": "su" };

/** A cloud with so many of each of these lists. */
function cloudOf(count: number, paths: readonly string[]): StubApi {
  const api = new StubApi();
  for (const path of paths) {
    for (let number = 0; number < count; number++) {
      api.put(path, { id: `${PREFIX[path] ?? path.slice(1, 3)}${number}`, ...OBJECTS[path]?.(number) });
    }
  }
  return api;
}

const SERVICES = ["keystone", "nova", "neutron", "cinder", "octavia"] as const;
type Region = Awaited<ReturnType<typeof openRegion>>;

async function readAll(region: Region): Promise<void> {
  for (const service of SERVICES) await region[service].full(region.round);
}

/** What is counted, and who has a name. */
function countedOf({ compute, network, projects, volume }: Region) {
  const ranges = [...network.subnets.values()].flatMap((subnet) => network.rangesOf(subnet));
  return {
    servers: new Map(compute.servers),
    hypervisors: compute.hypervisors.map(({ id }) => id).toSorted(),
    services: compute.services.map(({ host }) => host).toSorted(),
    networks: new Map(network.networks),
    ports: new Map(network.ports),
    floatingIps: new Map(network.floatingIps),
    agents: network.agents.map(({ host }) => host).toSorted(),
    ranges: ranges.map(({ subnetId, used }) => `${subnetId} ${used}`).toSorted(),
    volumeProjects: [...volume.projects.keys()],
    volumeServices: volume.services.map(({ host }) => host).toSorted(),
    name: projects.get("pr0"),
    generation: projects.generation,
  };
}

/** What a region that is read anew has not. */
const NOT_READ = { generation: undefined, volumeProjects: undefined };

test("of a list that lacks more than half nothing goes, neither counted nor known nor named, until it says so again", async () => {
  const paths = Object.keys(OBJECTS);
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 220, max: 240 }),
      fc.integer({ min: 0, max: 50 }),
      fc.subarray(paths, { minLength: 1 }),
      async (count, left, emptied) => {
        const api = cloudOf(count, paths);
        const region = await openRegion(api);
        await readAll(region);
        region.volume.projects.set("pr0", { used: 1, total: undefined });
        const [counted, known] = [countedOf(region), region.known()];
        expect([counted.servers.size, counted.ranges[0]]).toEqual([count, "su0 1"]);
        for (const path of emptied) {
          const rows = api.rows(path);
          for (const id of [...rows.keys()].slice(left)) rows.delete(id);
        }
        await readAll(region);
        expect(countedOf(region)).toEqual(counted);
        expect(region.known()).toEqual(known);
        const doubted = region.missing.map(({ what }) => what);
        for (const path of emptied) expect(doubted).toContain(path);
        await readAll(region);
        const anew = await openRegion(api);
        await readAll(anew);
        expect({ ...countedOf(region), ...NOT_READ }).toEqual({ ...countedOf(anew), ...NOT_READ });
        await Promise.all([region.end(), anew.end()]);
      },
    ),
    { numRuns: 8, examples: [[220, 0, paths]] },
  );
});

test("what is doubted, whole again, and then lacking once more is doubted again", () => {
  const doubt = new Doubt();
  const said = [200, 0, 200, 200].map((gone) => doubt.isDoubtful("/ports", gone, 200));
  expect(said).toEqual([true, false, true, false]);
});
