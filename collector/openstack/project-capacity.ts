import { addPoint, Sums } from "./capacity-sums.ts";
import { type AddPoint, countBy } from "./gauges.ts";
import type { RegionInventory } from "./region-sync.ts";

// `os_capacity` of projects: what they have, and their quotas as totals where these are known.

const MIB = 2 ** 20;
const GIB = 2 ** 30;

/** What the machines of each project were promised. */
export function addComputeProjects({ region, compute }: RegionInventory, add: AddPoint): void {
  const projects = new Map<string, Sums>();
  for (const { project, flavor } of compute.servers.values()) {
    if (project === undefined) continue;
    const sums = projects.get(project) ?? new Sums();
    projects.set(project, sums);
    sums.add("instances", 1, undefined);
    sums.add("vcpus", flavor.vcpus ?? 0, undefined);
    sums.add("memory", (flavor.memoryMib ?? 0) * MIB, undefined);
    sums.add("disk", (flavor.diskGib ?? 0) * GIB, undefined);
  }
  for (const [project_id, sums] of projects) {
    const limits = compute.quotas.get(project_id);
    for (const [resource, { used }] of sums.all()) {
      addPoint(add, resource, { used, total: limits?.get(resource) }, { scope: "project", region, project_id });
    }
  }
}

export function addNetworkProjects({ region, network }: RegionInventory, add: AddPoint): void {
  const { own, usual } = network.quotas;
  const counts = {
    floating_ips: countBy(network.floatingIps.values(), ({ projectId }) => projectId ?? ""),
    ports: countBy(network.ports.values(), ({ projectId }) => projectId ?? ""),
  };
  for (const [resource, byProject] of Object.entries(counts)) {
    for (const [project_id, used] of byProject) {
      // Ports of routers' gateways are of nobody.
      if (project_id === "") continue;
      const total = (own.get(project_id) ?? usual).get(resource);
      addPoint(add, resource, { used, total }, { scope: "project", region, project_id });
    }
  }
}

/** Where Cinder told a quota: with it comes what it counts as used. */
export function addVolumeProjects({ region, volume }: RegionInventory, add: AddPoint): void {
  for (const [project_id, sum] of volume.projects) {
    addPoint(add, "volumes", { ...sum }, { scope: "project", region, project_id });
  }
}
