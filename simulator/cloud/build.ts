import { type Random, randomOf } from "../random.ts";
import { POOL_FIRST_OFFSET, poolLastOffset } from "./addresses.ts";
import {
  type Cloud,
  type Cluster,
  HEALTHY,
  type Host,
  type Mesh,
  type Network,
  type Place,
  type Range,
} from "./cloud.ts";
import { FLAVORS } from "./flavors.ts";
import { type CloudSize, checkSize } from "./size.ts";

/** Machines that share a network, on average. */
const VMS_PER_NETWORK = 20;
const NETWORKS_PER_ROUTER = 2;
/** Of a mesh of 500 hosts, ten are network nodes. */
const NETWORK_NODE_SHARE = 0.02;

export interface CloudPlan {
  readonly seed: number;
  readonly size: CloudSize;
  /** The name of the only cluster, or what the names of several begin with. */
  readonly cluster?: string | undefined;
  /** Epoch milliseconds. */
  readonly beganAt: number;
}

function buildEmptyCloud({ seed, size, cluster, beganAt }: CloudPlan): Cloud {
  const clusters = splitEvenly({ first: 0, end: size.hosts }, size.clusters).map(
    (hosts, index): Cluster => ({ index, hosts, name: clusterNameOf(size, index, cluster) }),
  );
  const meshes = clusters.flatMap(({ hosts }) =>
    splitEvenly(hosts, Math.ceil((hosts.end - hosts.first) / size.hostsPerMesh)),
  );
  const cloud: Cloud = {
    seed,
    size,
    beganAt,
    clusters,
    hosts: [],
    meshes: meshes.map((hosts, index) => meshOf(index, hosts)),
    networks: [],
    routers: [],
    vms: new Map(),
    firstNewVm: 0,
  };
  return { ...cloud, hosts: hostsOf(cloud), ...networksOf(cloud) };
}

/** The cloud of a seed and a size, with its machines in place. Errors: OperatorError `simulate.size`. */
export function buildCloud(plan: CloudPlan): Cloud {
  checkSize(plan.size);
  const cloud = buildEmptyCloud(plan);
  const { seed } = plan;
  let nextVm = 0;
  for (const mesh of cloud.meshes)
    nextVm = populate(cloud, { mesh, nextVm }, randomOf(seed, "build", "vms", mesh.index));
  return { ...cloud, firstNewVm: nextVm };
}

function clusterNameOf(size: CloudSize, index: number, given: string | undefined): string | undefined {
  return size.clusters === 1 ? given : `${given ?? "sim"}-${index + 1}`;
}

function meshOf(index: number, hosts: Range): Mesh {
  const count = hosts.end - hosts.first;
  const networkNodeCount = Math.max(count >= 10 ? 2 : 1, Math.round(count * NETWORK_NODE_SHARE));
  const step = Math.floor(count / networkNodeCount);
  const networkNodes = Array.from({ length: networkNodeCount }, (_, n) => hosts.first + n * step);
  const all = Array.from({ length: count }, (_, n) => hosts.first + n);
  const isNetworkNode = new Set(networkNodes);
  return { index, hosts, networkNodes, computeNodes: all.filter((host) => !isNetworkNode.has(host)) };
}

function hostsOf(cloud: Cloud): readonly Host[] {
  return cloud.meshes.flatMap((mesh) => {
    const networkNodes = new Set(mesh.networkNodes);
    const cluster = cloud.clusters.find(({ hosts }) => hosts.first <= mesh.hosts.first && mesh.hosts.first < hosts.end);
    return Array.from({ length: mesh.hosts.end - mesh.hosts.first }, (_, n): Host => {
      const index = mesh.hosts.first + n;
      const role = networkNodes.has(index) ? "network" : "compute";
      return {
        index,
        name: `${role === "network" ? "nn" : "cn"}-${String(index + 1).padStart(5, "0")}`,
        role,
        cluster: cluster?.index ?? 0,
        mesh: mesh.index,
        place: placeOf(cloud.size, cluster, index),
        vms: new Set(),
        condition: HEALTHY,
        carriedBefore: { bytes: 0, packets: 0 },
        eventCounts: new Map(),
      };
    });
  });
}

/** Hosts stand in racks in their order; racks are dealt out to the zones of all regions in their order. */
function placeOf(size: CloudSize, cluster: Cluster | undefined, host: number): Place {
  const range = cluster?.hosts ?? { first: 0, end: size.hosts };
  const racks = Math.ceil((range.end - range.first) / size.hostsPerRack);
  const rack = Math.floor((host - range.first) / size.hostsPerRack);
  const zones = size.regionsPerCluster * size.zonesPerRegion;
  const zone = Math.floor((rack * zones) / racks);
  const region = `r${(cluster?.index ?? 0) * size.regionsPerCluster + Math.floor(zone / size.zonesPerRegion) + 1}`;
  return {
    region,
    zone: `${region}-az${(zone % size.zonesPerRegion) + 1}`,
    rack: `${region}-k${String(rack + 1).padStart(3, "0")}`,
  };
}

function networksOf(cloud: Cloud): Pick<Cloud, "networks" | "routers"> {
  const networks: Network[] = [];
  const routers: Cloud["routers"][number][] = [];
  for (const mesh of cloud.meshes) {
    const cluster = cloud.clusters.findIndex(({ hosts }) => mesh.hosts.first < hosts.end);
    const random = randomOf(cloud.seed, "build", "networks", mesh.index);
    const vms = mesh.computeNodes.length * cloud.size.vmsPerHost;
    const count = Math.max(NETWORKS_PER_ROUTER, Math.ceil(vms / VMS_PER_NETWORK));
    for (let n = 0; n < count; n++) {
      if (n % NETWORKS_PER_ROUTER === 0) {
        const own = Array.from({ length: Math.min(NETWORKS_PER_ROUTER, count - n) }, (_, k) => networks.length + k);
        routers.push({ index: routers.length, cluster, host: unevenPick(mesh.networkNodes, random), networks: own });
      }
      networks.push({
        index: networks.length,
        mesh: mesh.index,
        cluster,
        router: routers.length - 1,
        dhcpHosts: dhcpHosts(mesh.networkNodes, random),
        taken: new Set(),
        fault: undefined,
      });
    }
  }
  return { networks, routers };
}

/** The first network nodes get more than their share: so it is where nobody balances. */
function unevenPick(nodes: readonly number[], random: Random): number {
  return nodes[Math.floor(random.float() ** 1.5 * nodes.length)] ?? 0;
}

/** Two different ones where there are two. */
function dhcpHosts(nodes: readonly number[], random: Random): readonly number[] {
  const first = random.below(nodes.length);
  const second = (first + 1 + random.below(nodes.length - 1)) % nodes.length;
  return [...new Set([first, second])].flatMap((at) => nodes[at] ?? []);
}

/** Gives the index of the next machine. */
function populate(cloud: Cloud, { mesh, nextVm }: { mesh: Mesh; nextVm: number }, random: Random): number {
  let next = nextVm;
  const networks = cloud.networks.filter((network) => network.mesh === mesh.index);
  for (const host of mesh.computeNodes) {
    for (let n = 0; n < cloud.size.vmsPerHost; n++) {
      const network = random.pick(networks);
      const flavor = Math.min(random.below(FLAVORS.length), random.below(FLAVORS.length));
      const bornMs = -Math.floor(random.exponential(90 * 86_400_000));
      const address = network === undefined ? undefined : freeAddress(network);
      if (network === undefined || address === undefined) continue;
      network.taken.add(address);
      const index = next++;
      cloud.vms.set(index, {
        index,
        network: network.index,
        address,
        flavor,
        host,
        target: undefined,
        state: "running",
        tapLost: false,
        securityRevision: 0,
        bornMs,
        startedMs: bornMs,
      });
      cloud.hosts[host]?.vms.add(index);
    }
  }
  return next;
}

/** The lowest free address of the pool, as an offset; undefined when the pool is used up. */
export function freeAddress(network: Network): number | undefined {
  const last = poolLastOffset(network.index);
  for (let offset = POOL_FIRST_OFFSET; offset <= last; offset++) if (!network.taken.has(offset)) return offset;
  return undefined;
}

/** Cuts a range into `parts` of nearly the same length. */
function splitEvenly({ first, end }: Range, parts: number): readonly Range[] {
  const at = (n: number) => first + Math.floor(((end - first) * n) / parts);
  return Array.from({ length: parts }, (_, n) => ({ first: at(n), end: at(n + 1) }));
}
