import { describe, expect, test } from "vitest";
import { isLink, type Node } from "../../core/element.ts";
import { OperatorError } from "../../core/errors.ts";
import { buildCloud } from "../../simulator/cloud/build.ts";
import { flavorOf } from "../../simulator/cloud/flavors.ts";
import { type CloudSize, DEFAULT_SIZE } from "../../simulator/cloud/size.ts";
import { hostElements } from "../../simulator/elements/host-elements.ts";
import { floatingIps, subnets } from "../../simulator/openstack/neutron.ts";
import { agents } from "../../simulator/openstack/neutron-agents.ts";
import { ports } from "../../simulator/openstack/neutron-ports.ts";
import { flavors, servers } from "../../simulator/openstack/nova.ts";
import { hypervisors, services } from "../../simulator/openstack/nova-hosts.ts";
import { ELEMENT_LIMITS, limitBrokenBy } from "../../topology/limits.ts";
import { BEGAN_AT, elementsOf, smallCloud } from "./small-cloud.ts";

describe("a cloud of a seed and a size", () => {
  test("is the same for the same seed, and another one for another seed", () => {
    const textOf = (seed: number) => JSON.stringify(elementsOf(smallCloud(seed, 30)));
    expect(textOf(4)).toBe(textOf(4));
    expect(textOf(5)).not.toBe(textOf(4));
  });

  test("has each id once, with parents and ends of links that are there", () => {
    const cloud = smallCloud();
    const elements = elementsOf(cloud);
    const ids = new Set(elements.map(({ id }) => id));
    expect(ids.size).toBe(elements.length);
    const missing = elements.flatMap((element) => {
      if (isLink(element)) return [element.from, element.to].filter((id) => !ids.has(id));
      return element.kind === "host" || element.parent === undefined || ids.has(element.parent) ? [] : [element.parent];
    });
    expect(missing).toEqual([]);
  });

  test("says about a hundred elements for a compute node with ten machines, none too large to be taken", () => {
    const cloud = smallCloud();
    const [host] = cloud.hosts.filter(({ role }) => role === "compute");
    const elements = host === undefined ? [] : hostElements(cloud, host);
    expect(elements.length).toBeGreaterThanOrEqual(95);
    expect(elements.length).toBeLessThanOrEqual(125);
    expect(elementsOf(cloud).flatMap((element) => limitBrokenBy(element, ELEMENT_LIMITS) ?? [])).toEqual([]);
  });

  test("has tunnels that are known at both ends, within meshes of at most 500 hosts", () => {
    const cloud = buildCloud({ seed: 2, size: { ...DEFAULT_SIZE, hosts: 620, vmsPerHost: 0 }, beganAt: BEGAN_AT });
    const peersOf = new Map(tunnelEnds(elementsOf(cloud)).map(({ localIp, peers }) => [localIp, new Set(peers)]));
    const halfOpen = [...peersOf].flatMap(([localIp, peers]) =>
      [...peers].filter((peer) => peersOf.get(peer)?.has(localIp) !== true),
    );
    expect(halfOpen).toEqual([]);
    expect(new Set([...peersOf.values()].map(({ size }) => size))).toEqual(new Set([309]));
  });

  test("gives every port a MAC address and every machine an address of its own", () => {
    const cloud = smallCloud();
    const all = [...ports(cloud, 0)];
    const macs = all.map(({ mac_address }) => mac_address);
    expect(new Set(macs).size).toBe(macs.length);
    const addresses = all.map(({ network_id, fixed_ips }) => `${String(network_id)} ${JSON.stringify(fixed_ips)}`);
    expect(new Set(addresses).size).toBe(addresses.length);
  });

  test("is the same for agents and for OpenStack: each tap is a port of a server on that host", () => {
    const cloud = smallCloud(3, 60, 2);
    const fromAgents = elementsOf(cloud).flatMap((element) => {
      if (isLink(element) || element.kind !== "tap") return [];
      const { "external_ids.iface-id": port, "external_ids.vm-uuid": vm } = element.attributes;
      return [`${element.host} ${String(vm)} ${String(port)}`];
    });
    const fromOpenStack = [0, 1].flatMap((cluster) => {
      const hostOfServer = new Map(
        [...servers(cloud, cluster)].map(({ id, "OS-EXT-SRV-ATTR:host": host }) => [id, host]),
      );
      return [...ports(cloud, cluster)]
        .filter(({ device_owner }) => device_owner === "compute:nova")
        .map(({ id, device_id }) => `${String(hostOfServer.get(device_id))} ${String(device_id)} ${String(id)}`);
    });
    expect(fromAgents.toSorted()).toEqual(fromOpenStack.toSorted());
    expect(hypervisors(cloud, 0).length + hypervisors(cloud, 1).length).toBe(
      cloud.hosts.filter(({ role }) => role === "compute").length,
    );
    expect(services(cloud, 0, BEGAN_AT).map(({ host }) => host)).toEqual(
      hypervisors(cloud, 0).map(({ hypervisor_hostname }) => hypervisor_hostname),
    );
    const flavorNames = new Set(flavors(cloud).map(({ name }) => name));
    expect([...cloud.vms.values()].every(({ flavor }) => flavorNames.has(flavorOf(flavor).name))).toBe(true);
    const portIds = new Set([...ports(cloud, 0)].map(({ id }) => id));
    expect(floatingIps(cloud, 0).length).toBeGreaterThan(0);
    expect(floatingIps(cloud, 0).filter(({ port_id }) => !portIds.has(port_id))).toEqual([]);
    expect(agents(cloud, 0, BEGAN_AT).length).toBeGreaterThan(30);
    // Each cluster has a network outside, too.
    expect(subnets(cloud, 0).length + subnets(cloud, 1).length).toBe(cloud.networks.length + 2);
  });

  test.each<[string, Partial<CloudSize>]>([
    ["no hosts", { hosts: 0 }],
    ["half a host", { hosts: 10.5 }],
    ["more clusters than hosts", { hosts: 9, clusters: 4 }],
    ["a mesh too large", { hostsPerMesh: 501 }],
    ["more machines than there are numbers", { hosts: 50_000, vmsPerHost: 100 }],
  ])("refuses a size with %s", (_what, size) => {
    const build = () => buildCloud({ seed: 1, size: { ...DEFAULT_SIZE, ...size }, beganAt: BEGAN_AT });
    expect(build).toThrow(OperatorError);
  });
});

function tunnelEnds(elements: ReturnType<typeof elementsOf>) {
  const ends = elements.filter((element): element is Node => !isLink(element) && element.kind === "vxlan");
  return ends.map(({ attributes }) => ({
    localIp: String(attributes.local_ip),
    peers: Array.isArray(attributes.peers) ? attributes.peers.map(String) : [],
  }));
}
