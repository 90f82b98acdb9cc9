import fc from "fast-check";
import type { Element, Node } from "../../core/element.ts";
import { agentId, type ElementId, elementIdOf, hostId, interfaceId, ovsPortId } from "../../core/element-id.ts";
import { type Topology, topologyOf } from "../../topology/model/topology.ts";

// A cloud small enough that hosts share racks, taps share VMs and everything comes and goes.

const rack = (zone: string, name: string) => elementIdOf("region", "r", "zone", zone, "rack", name);
const PLACES: readonly (ElementId | undefined)[] = [
  rack("z1", "k1"),
  rack("z1", "k2"),
  rack("z2", "k1"),
  elementIdOf("region", "r"),
  elementIdOf("switch", "s"),
  undefined,
];

export const CLOUD_HOSTS = ["a", "b", "c"] as const;
const someHost = fc.constantFrom(...CLOUD_HOSTS);
const uuid = fc.constantFrom("u1", "U2", undefined);

function node(fields: Omit<Node, "cluster" | "attributes"> & Partial<Node>): Node {
  return { cluster: "c", attributes: {}, ...fields };
}

const hosts = fc
  .record({ host: someHost, parent: fc.constantFrom(...PLACES) })
  .map(({ host, parent }) => node({ id: hostId(host), kind: "host", name: host, host, parent }));
const agents = fc
  .record({ host: someHost, session: fc.constantFrom("connected", "silent") })
  .map(({ host, session }) => node({ id: agentId(host), kind: "agent", name: host, host, attributes: { session } }));
const interfaces = fc
  .record({
    host: someHost,
    isTap: fc.boolean(),
    name: fc.constantFrom("eth0", "tap1"),
    operstate: fc.constantFrom("up", "down"),
    adminUp: fc.boolean(),
    port: uuid,
    vm: uuid,
  })
  .map(({ host, isTap, name, operstate, adminUp, port, vm }) => {
    const ids = { ...(port && { "external_ids.iface-id": port }), ...(vm && { "external_ids.vm-uuid": vm }) };
    const attributes = { operstate, admin_up: adminUp, ...ids };
    return isTap
      ? node({ id: interfaceId(host, undefined, name), kind: "tap", name, host, attributes })
      : node({ id: ovsPortId(host, "br-int", name), kind: "ovs-port", name, host, attributes });
  });
const vms = fc
  .record({ id: fc.constantFrom("u1", "u2"), host: fc.constantFrom(...CLOUD_HOSTS, undefined) })
  .map(({ id, host }) => node({ id: elementIdOf("vm", id), kind: "vm", name: id, host }));
const ports = fc
  .constantFrom("u1", "u2")
  .map((id) => node({ id: elementIdOf("neutron", "port", id), kind: "port", name: id }));

export const cloudElementArbitrary: fc.Arbitrary<Element> = fc.oneof(hosts, agents, interfaces, vms, ports);
export const cloudArbitrary: fc.Arbitrary<Topology> = fc
  .array(cloudElementArbitrary, { maxLength: 16 })
  .map(topologyOf);

/** States that follow one another: most of each stays as it was in the one before. */
export const cloudHistoryArbitrary: fc.Arbitrary<readonly Topology[]> = fc
  .array(
    fc.record({
      put: fc.array(cloudElementArbitrary, { maxLength: 5 }),
      dropped: fc.array(fc.nat(15), { maxLength: 2 }),
    }),
    { minLength: 1, maxLength: 12 },
  )
  .map((edits) => {
    let elements: readonly Element[] = [];
    return edits.map(({ put, dropped }) => {
      const kept = elements.filter((_, index) => !dropped.includes(index));
      const state = topologyOf([...kept, ...put]);
      elements = [...state.values()];
      return state;
    });
  });
