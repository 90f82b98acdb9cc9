import { type Element, isLink, type Node } from "../../core/element.ts";
import { type ElementId, hostId, ownerHostOf, parseElementId } from "../../core/element-id.ts";
import { OperatorError } from "../../core/errors.ts";
import { joinTokenOf, possibleJoinsOf } from "../derive/joins.ts";
import { candidatesIn, type GraphSource, type IndexedGraph, type Lookup } from "./graph-source.ts";
import { GrowingGraph } from "./growing-graph.ts";
import type { PastHints } from "./past-hints.ts";

/** A part of the state at one moment; `TopologyPart` is one. */
export type PastPart =
  | { readonly hosts: readonly string[] }
  | { readonly root: ElementId }
  | { readonly element: ElementId }
  | Record<string, never>;

export interface PastOptions {
  /** The state at the moment asked for, in chunks. */
  readonly read: (part: PastPart) => AsyncIterable<readonly Element[]>;
  /** The graph as it is now: what is the same now and then is found through its indexes. */
  readonly live: IndexedGraph;
  /** What has changed since. */
  readonly hints: PastHints;
}

/** Elements brought in at most; a query that needs more has to be narrowed down. */
const MAX_LOADED = 300_000;
/** Parts read at the same time. */
const AT_ONCE = 8;

/**
 * The graph at a moment that is over, read from the store as a query comes to it: a host's elements together, others one
 * by one, never the whole. Which others to look at follows from the live graph, and from what has changed since then.
 */
export function pastSource(options: PastOptions): GraphSource {
  return new PastSource(options);
}

class PastSource implements GraphSource {
  readonly graph = new GrowingGraph();
  readonly #options: PastOptions;
  /** By `unitKey`: what has been read, or is being read. */
  readonly #units = new Map<string, Promise<void>>();
  readonly #surrounded = new Set<ElementId>();
  /** What agents told, by host. */
  readonly #byHost = new Map<string, Element[]>();

  constructor(options: PastOptions) {
    this.#options = options;
  }

  isComplete(): boolean {
    return this.#options.hints.isComplete();
  }

  async reach(ids: Iterable<ElementId>): Promise<void> {
    const units = new Map<string, PastPart>();
    for (const id of ids) {
      const part = unitOf(id);
      units.set(JSON.stringify(part), part);
    }
    const waiting = [...units];
    for (let start = 0; start < waiting.length; start += AT_ONCE) {
      const some = waiting.slice(start, start + AT_ONCE);
      await Promise.all(some.map(([key, part]) => this.#unit(key, part)));
    }
  }

  async surround(ids: Iterable<ElementId>): Promise<void> {
    const fresh = [...ids].filter((id) => !this.#surrounded.has(id));
    await this.reach(fresh);
    await this.#options.hints.load();
    await this.reach(fresh.flatMap((id) => this.#hostsHinted(id)));
    await this.reach(fresh.flatMap((id) => this.#neighboursHinted(id)));
    const ends = fresh.flatMap((id) => this.graph.linksAt(id).flatMap(({ from, to }) => [from, to]));
    await this.reach(ends);
    for (const id of fresh) this.#surrounded.add(id);
  }

  /** In chunks; more than was asked for, as the port allows. */
  async *find(lookup: Lookup): AsyncIterable<readonly Element[]> {
    if (lookup.by === "kind") {
      const roots = rootsOf(lookup.kinds);
      if (roots === undefined) yield* this.#options.read({});
      else for (const root of roots) yield* this.#options.read({ root });
      return;
    }
    const { live, hints } = this.#options;
    const now = candidatesIn(live, lookup).map(({ id }) => id);
    const before = lookup.by === "id" ? [lookup.id] : await hints.formerly(lookup);
    const own = lookup.by === "host" ? [hostId(lookup.host)] : [];
    const ids = new Set([...own, ...now, ...before]);
    await this.reach(ids);
    if (lookup.by === "host") for (const { id } of this.#byHost.get(lookup.host) ?? []) ids.add(id);
    yield [...ids].flatMap((id) => this.graph.get(id) ?? []);
  }

  all(): AsyncIterable<readonly Element[]> {
    return this.#options.read({});
  }

  #unit(key: string, part: PastPart): Promise<void> {
    const known = this.#units.get(key);
    if (known !== undefined) return known;
    const reading = this.#read(part);
    this.#units.set(key, reading);
    return reading;
  }

  async #read(part: PastPart): Promise<void> {
    for await (const chunk of this.#options.read(part)) {
      for (const element of chunk) this.#add(element);
      if (this.graph.size > MAX_LOADED) throw tooMuchPast();
    }
  }

  #add(element: Element): void {
    this.graph.add(element);
    const host = ownerHostOf(element.id);
    if (host === undefined) return;
    const known = this.#byHost.get(host);
    if (known === undefined) this.#byHost.set(host, [element]);
    else known.push(element);
  }

  /** Hosts whose agents tell of links that end here: the element itself says so. */
  #hostsHinted(id: ElementId): readonly ElementId[] {
    const element = this.graph.get(id);
    if (element === undefined || isLink(element) || ownerHostOf(id) !== undefined) return [];
    const { binding_host: binding } = element.attributes;
    return [element.host, binding].flatMap((host) => (typeof host === "string" ? [hostId(host)] : []));
  }

  /** Parent, children and links that may have been there, some of which perhaps were not. */
  #neighboursHinted(id: ElementId): readonly ElementId[] {
    const { live, hints } = this.#options;
    const element = this.graph.get(id);
    if (element === undefined || isLink(element)) return [];
    const joined = [...possibleJoinsOf(element), ...this.#joinsTo(element)].map((link) => link.id);
    const now = [...live.childrenOf(id), ...Array.from(live.linksAt(id), (link) => link.id)];
    const parent = element.parent === undefined ? [] : [element.parent];
    return [...parent, ...joined, ...now, ...hints.around(id)];
  }

  *#joinsTo(target: Node): Iterable<Element> {
    if (joinTokenOf(target) === undefined) return;
    const host = target.host ?? target.attributes.binding_host;
    if (typeof host !== "string") return;
    for (const element of this.#byHost.get(host) ?? []) {
      for (const link of possibleJoinsOf(element)) if (link.to === target.id) yield link;
    }
  }
}

/** What is read together with an element. */
function unitOf(id: ElementId): PastPart {
  const host = ownerHostOf(id);
  if (host !== undefined) return { hosts: [host] };
  const segments = id.split("/");
  if (segments[0] === "derived") return { element: id };
  const root = parseElementId(segments.slice(0, segments[0] === "neutron" ? 3 : 2).join("/"));
  return root === undefined ? { element: id } : { root };
}

/** Where all elements of some kinds are; undefined when that is anywhere. */
function rootsOf(kinds: readonly Element["kind"][]): readonly ElementId[] | undefined {
  const roots = kinds.map((kind) => ROOTS.get(kind));
  if (!roots.every((root) => root !== undefined)) return undefined;
  return [...new Set(roots)].flatMap((root) => parseElementId(root) ?? []);
}

const ROOTS: ReadonlyMap<string, string> = new Map([
  ["agent", "agent"],
  ["region", "region"],
  ["zone", "region"],
  ["rack", "region"],
  ["vm", "vm"],
  ["network", "neutron"],
  ["subnet", "neutron"],
  ["port", "neutron"],
  ["router", "neutron"],
]);

function tooMuchPast(): OperatorError {
  return new OperatorError({
    code: "topology.query_too_expensive",
    message: `the question needs more than ${MAX_LOADED} elements of the past`,
    hint: "ask about fewer hosts at once, or narrow it down by id, Name, Host, MAC or IP",
    status: 422,
  });
}
