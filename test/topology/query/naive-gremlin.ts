import { type AttributeValue, type Element, isLink, type Link, type Node } from "../../../core/element.ts";
import { linkId, ownerHostOf } from "../../../core/element-id.ts";
import type { Topology } from "../../../topology/model/topology.ts";
import type { Predicate } from "../../../topology/query/gremlin/predicate.ts";
import type { Condition, Direction, Filter, Step } from "../../../topology/query/gremlin/steps.ts";

// The slow, obvious evaluator: arrays, full scans, no indexes, one step at a time.

type Found = { readonly nodes: readonly Node[] } | { readonly links: readonly Link[] } | { readonly count: number };

export function naiveAnswer(topology: Topology, steps: readonly Step[]): readonly string[] | number {
  const world = worldOf(topology);
  let found: Found = { nodes: [] };
  for (const step of steps) found = next(world, found, step);
  if ("count" in found) return found.count;
  return ("nodes" in found ? found.nodes : found.links).map(({ id }) => id);
}

interface World {
  readonly nodes: readonly Node[];
  readonly links: readonly Link[];
  node(id: string): Node | undefined;
}

function worldOf(topology: Topology): World {
  const all = [...topology.values()];
  const nodes = all.filter((element) => !isLink(element));
  const links = all.filter(isLink);
  for (const child of nodes) {
    const { parent } = child;
    if (parent === undefined || !nodes.some(({ id }) => id === parent)) continue;
    const id = linkId("owns", parent, child.id);
    if (!links.some((link) => link.id === id)) {
      links.push({ id, kind: "owns", from: parent, to: child.id, attributes: {} });
    }
  }
  return { nodes, links, node: (id) => nodes.find((node) => node.id === id) };
}

function next(world: World, found: Found, step: Step): Found {
  switch (step.kind) {
    case "all":
      return step.of === "nodes"
        ? { nodes: world.nodes.filter((node) => passes(step.filter, node)) }
        : { links: world.links.filter((link) => passes(step.filter, link)) };
    case "filter":
      if ("nodes" in found) return { nodes: found.nodes.filter((node) => passes(step.filter, node)) };
      if ("links" in found) return { links: found.links.filter((link) => passes(step.filter, link)) };
      break;
    case "adjacent":
      if (!("nodes" in found)) break;
      return {
        nodes: found.nodes
          .flatMap((node) => around(world, node, step.direction).map(([, other]) => other))
          .filter((node) => passes(step.filter, node)),
      };
    case "adjacent edges":
      if (!("nodes" in found)) break;
      return {
        links: found.nodes
          .flatMap((node) => edges(world, node, step.direction))
          .filter((link) => passes(step.filter, link)),
      };
    case "ends":
      if (!("links" in found)) break;
      return {
        nodes: found.links
          .flatMap((link) => endsOf(world, link, step.direction))
          .filter((node) => passes(step.filter, node)),
      };
    case "kin":
      if (!("nodes" in found)) break;
      return { nodes: kin(world, found.nodes, step) };
    case "dedup":
      if ("nodes" in found) return { nodes: unique(found.nodes) };
      if ("links" in found) return { links: unique(found.links) };
      break;
    case "sort":
      if ("nodes" in found) return { nodes: byId(found.nodes) };
      if ("links" in found) return { links: byId(found.links) };
      break;
    case "range":
      if ("nodes" in found) return { nodes: found.nodes.slice(step.from, step.to) };
      if ("links" in found) return { links: found.links.slice(step.from, step.to) };
      break;
    case "count":
      if (!("count" in found)) return { count: "nodes" in found ? found.nodes.length : found.links.length };
      break;
    default:
  }
  throw new Error(`the naive evaluator does not know ${step.kind} here`);
}

function isReversed(world: World, { kind, from, to }: Link): boolean {
  if (kind === "vlan-of") return true;
  if (kind !== "layer2") return false;
  const [top, bottom] = [world.node(to)?.kind ?? "", world.node(from)?.kind ?? ""];
  return ["bridge", "ovs-bridge", "bond"].includes(top) || bottom === "macvlan";
}

function parentEnd(world: World, link: Link): string {
  return isReversed(world, link) ? link.to : link.from;
}

function childEnd(world: World, link: Link): string {
  return isReversed(world, link) ? link.from : link.to;
}

function edges(world: World, node: Node, direction: Direction): readonly Link[] {
  return world.links.filter((link) => {
    const isOut = parentEnd(world, link) === node.id;
    const isIn = childEnd(world, link) === node.id;
    return direction === "out" ? isOut : direction === "in" ? isIn : isOut || isIn;
  });
}

function around(world: World, node: Node, direction: Direction): readonly (readonly [Link, Node])[] {
  return edges(world, node, direction).flatMap((link) => {
    const end = parentEnd(world, link) === node.id ? childEnd(world, link) : parentEnd(world, link);
    const other = world.node(end);
    return other === undefined ? [] : [[link, other] as const];
  });
}

function endsOf(world: World, link: Link, direction: Direction): readonly Node[] {
  const ids = [
    ...(direction === "out" ? [] : [parentEnd(world, link)]),
    ...(direction === "in" ? [] : [childEnd(world, link)]),
  ];
  return ids.flatMap((id) => world.node(id) ?? []);
}

function kin(world: World, start: readonly Node[], step: Extract<Step, { kind: "kin" }>): readonly Node[] {
  let reached = unique(start);
  for (let level = 0; level < Math.min(step.depth, 100); level++) {
    const more = reached.flatMap((node) =>
      around(world, node, step.direction).flatMap(([link, other]) => (passes(step.over, link) ? [other] : [])),
    );
    reached = unique([...reached, ...more]);
  }
  return reached;
}

function unique<E extends Element>(elements: readonly E[]): readonly E[] {
  return elements.filter((element, index) => elements.findIndex(({ id }) => id === element.id) === index);
}

function byId<E extends Element>(elements: readonly E[]): readonly E[] {
  return [...elements].sort((a, b) => (a.id < b.id ? -1 : Number(a.id > b.id)));
}

function passes({ needs, conditions }: Filter, element: Element): boolean {
  if (conditions.length === 0) return true;
  return needs === "all" ? conditions.every((c) => holds(c, element)) : conditions.some((c) => holds(c, element));
}

function holds({ key, predicate }: Condition, element: Element): boolean {
  if (key === "Type") return typesOf(element).some((type) => accepts(predicate, [type, element.kind]));
  return accepts(predicate, read(key, element));
}

function accepts(predicate: Predicate, items: readonly AttributeValue[]): boolean {
  switch (predicate.kind) {
    case "present":
      return items.length > 0;
    case "absent":
      return items.length === 0;
    case "equals":
      return items.some((item) => item === predicate.value);
    case "differs":
      return (predicate.mayBeAbsent || items.length > 0) && items.every((item) => item !== predicate.value);
    case "within":
      return items.some((item) => predicate.values.some((value) => value === item));
    case "without":
      return items.every((item) => predicate.values.every((value) => value !== item));
    case "compares":
      return items.some(
        (item) =>
          typeof item === "number" && (predicate.is === "above" ? item > predicate.than : item < predicate.than),
      );
    case "span":
      return items.some((item) => typeof item === "number" && item >= predicate.from && item < predicate.to);
    case "matches":
      return items.some((item) => typeof item === "string" && predicate.pattern.test(item));
    case "in network":
      // The generator asks for 10.0.0.0/23 and 10.0.0.0/24 only.
      return items.some((item) => {
        const third = /^10\.0\.(\d)\./.exec(String(item))?.[1];
        return third === "0" || (third === "1" && predicate.network.prefixLength === 23);
      });
  }
}

function read(key: string, element: Element): readonly AttributeValue[] {
  const { attributes } = element;
  const some = (value: AttributeValue | undefined): readonly AttributeValue[] => {
    if (value === undefined) return [];
    return Array.isArray(value) ? value : [value as string | number | boolean];
  };
  switch (key) {
    case "id":
      return [element.id];
    case "kind":
      return [element.kind];
    case "Name":
      return isLink(element) ? [] : [element.name];
    case "Host":
      return some(isLink(element) ? ownerHostOf(element.id) : element.host);
    case "MAC":
      return some(attributes.mac).map((mac) => String(mac).toLowerCase());
    case "IPV4":
      return some(attributes.addresses)
        .filter((address) => !String(address).includes(":"))
        .flatMap((address) => [address, String(address).split("/")[0] ?? ""]);
    case "RelationType": {
      const relation = { owns: "ownership", layer2: "layer2", attached: "vlayer2" }[String(element.kind)] ?? "layer2";
      return isLink(element) ? [relation, element.kind] : [];
    }
    case "MTU":
      return some(attributes.mtu);
    case "ExtID.iface-id":
      return some(attributes["external_ids.iface-id"]);
    default:
      return Object.hasOwn(attributes, key) ? some(attributes[key]) : [];
  }
}

function typesOf(element: Element): readonly string[] {
  const { type, device_type: device } = element.attributes;
  if (isLink(element)) return [{ "veth-pair": "veth", "vlan-of": "vlan" }[String(element.kind)] ?? element.kind];
  switch (element.kind) {
    case "nic":
      return ["device"];
    case "tap":
      return ["tun"];
    case "ovs-bridge":
      return ["ovsbridge"];
    case "ovs-port":
      return type === "patch" ? ["ovsport", "patch"] : ["ovsport"];
    case "interface":
      return [device === "openvswitch" ? "internal" : device === undefined ? "device" : String(device)];
    default:
      return [element.kind];
  }
}
