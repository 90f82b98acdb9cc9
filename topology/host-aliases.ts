import { type Element, isLink } from "../core/element.ts";
import type { ElementId } from "../core/element-id.ts";

/** A name of a host that leads to none, and who says it: a finding. */
export interface UnresolvedHost {
  readonly name: string;
  /** No host has the name, or more than one has its short form. */
  readonly reason: "unknown" | "ambiguous";
  readonly saidBy: readonly ElementId[];
}

/** One table for the many names of a host. */
export interface HostNames {
  /** The host an agent reports as, which all its ids are built from; undefined when the name leads to none. */
  resolve(name: string): string | undefined;
  unresolved(): readonly UnresolvedHost[];
}

/** Attributes of a host's own node, and of a BGP speaker on it, that are names of that host. */
const OWN_NAMES = ["fqdn", "hostname", "nova_host", "bgp_hostname", "lldp_system_name"] as const;
/** Attributes that name a host from elsewhere: Neutron's binding, what a switch hears over LLDP. */
const SAID_NAMES = ["binding_host", "hypervisor_hostname", "lldp_neighbour"] as const;

/** Names a host gives itself, in lower case, each once: as the agent has it, and what its node and speakers say. */
export function namesGivenBy(element: Element): readonly string[] {
  if (isLink(element) || element.host === undefined) return [];
  if (element.kind !== "host" && element.kind !== "bgp-speaker") return [];
  const names = element.kind === "host" ? [element.host, element.name] : [];
  for (const attribute of OWN_NAMES) {
    const value = element.attributes[attribute];
    if (typeof value === "string" && value !== "") names.push(value);
  }
  return [...new Set(names.map((name) => name.toLowerCase()))];
}

/** Names by which an element says which host it means, in lower case: Nova's for a VM, Neutron's for a port. */
export function namesSaidBy(element: Element): readonly string[] {
  if (isLink(element)) return [];
  const names = element.kind === "vm" && element.host !== undefined ? [element.host] : [];
  for (const attribute of element.kind === "port" || element.kind === "switchport" ? SAID_NAMES : []) {
    const value = element.attributes[attribute];
    if (typeof value === "string" && value !== "") names.push(value);
  }
  return [...new Set(names.map((name) => name.toLowerCase()))];
}

/**
 * The table, kept up to date change by change. A name leads to the host that gives it to itself; else one without its
 * domain does, when a single host has that short name.
 */
export class HostAliases implements HostNames {
  /** Which hosts give themselves a name, and how many of their elements do. */
  readonly #given = new Map<string, Map<string, number>>();
  /** The same for names without their domain. */
  readonly #short = new Map<string, Map<string, number>>();
  readonly #said = new Map<string, Set<ElementId>>();

  load(elements: Iterable<Element>): void {
    for (const element of elements) this.change(undefined, element);
  }

  change(before: Element | undefined, after: Element | undefined): void {
    if (before !== undefined) this.#count(before, -1);
    if (after !== undefined) this.#count(after, 1);
  }

  resolve(name: string): string | undefined {
    const wanted = name.toLowerCase();
    const given = this.#given.get(wanted);
    if (given !== undefined) return onlyKeyOf(given);
    const short = this.#short.get(shortOf(wanted));
    return short === undefined ? undefined : onlyKeyOf(short);
  }

  unresolved(): readonly UnresolvedHost[] {
    const found: UnresolvedHost[] = [];
    for (const [name, saidBy] of this.#said) {
      if (this.resolve(name) !== undefined) continue;
      const isKnown = this.#given.has(name) || this.#short.has(shortOf(name));
      found.push({ name, reason: isKnown ? "ambiguous" : "unknown", saidBy: [...saidBy] });
    }
    return found;
  }

  #count(element: Element, step: 1 | -1): void {
    const host = isLink(element) ? undefined : element.host;
    for (const name of host === undefined ? [] : namesGivenBy(element)) {
      addTo(this.#given, name, host ?? "", step);
      addTo(this.#short, shortOf(name), host ?? "", step);
    }
    for (const name of namesSaidBy(element)) {
      const saidBy = this.#said.get(name) ?? new Set<ElementId>();
      if (step === 1) this.#said.set(name, saidBy.add(element.id));
      else if (saidBy.delete(element.id) && saidBy.size === 0) this.#said.delete(name);
    }
  }
}

function onlyKeyOf(hosts: ReadonlyMap<string, number>): string | undefined {
  const [first, second] = hosts.keys();
  return second === undefined ? first : undefined;
}

function shortOf(name: string): string {
  const dot = name.indexOf(".");
  // An address has dots and no domain.
  return dot <= 0 || /^[\d.:]+$/.test(name) ? name : name.slice(0, dot);
}

function addTo(index: Map<string, Map<string, number>>, name: string, host: string, step: 1 | -1): void {
  const hosts = index.get(name) ?? new Map<string, number>();
  const count = (hosts.get(host) ?? 0) + step;
  if (count === 0) hosts.delete(host);
  else hosts.set(host, count);
  if (hosts.size === 0) index.delete(name);
  else index.set(name, hosts);
}
