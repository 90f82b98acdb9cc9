import type { Clock } from "../../core/clock.ts";
import { type Attributes, type Element, isLink, type NodeKind } from "../../core/element.ts";
import type { ElementId } from "../../core/element-id.ts";
import type { Owner } from "../../topology/ownership.ts";
import type { Recorder } from "../../topology/recorder.ts";
import type { ToldObject } from "./elements/element-context.ts";

/** Elements of one statement: a revision of a first round has no more, and the event loop is free in between. */
const ELEMENTS_AT_ONCE = 250;

/** Which elements a list is the whole of: all of a kind whose ids begin so. */
export interface ListedKind {
  readonly kind: NodeKind;
  readonly prefix: string;
}

export interface TellerOptions {
  readonly recorder: Pick<Recorder, "cluster" | "graph" | "record">;
  readonly clock: Clock;
  readonly region: string;
  /** All regions that are asked: what is of another one is of nobody. */
  readonly regions: readonly string[];
}

/** Tells the recorder what one region's services say, as the owner `openstack` of the cluster. */
export class Teller {
  readonly #options: TellerOptions;
  readonly #owner: Owner;
  #told = 0;

  constructor(options: TellerOptions) {
    this.#options = options;
    this.#owner = { kind: "openstack", cluster: options.recorder.cluster };
  }

  /** Objects told since the start. */
  get told(): number {
    return this.#told;
  }

  /** Ids of the kind there are now: what a list begins with, so that what comes while it is read is not missed in it. */
  known({ kind, prefix }: ListedKind): ReadonlySet<ElementId> {
    const known = new Set<ElementId>();
    for (const id of this.#options.recorder.graph.ofKind(kind)) if (id.startsWith(prefix)) known.add(id);
    return known;
  }

  /**
   * Records the objects as they are now; links of theirs that they no longer have go. Resolves once durable.
   * Errors: those of the recorder.
   */
  async put(objects: readonly ToldObject[]): Promise<void> {
    let [put, remove]: [Element[], ElementId[]] = [[], []];
    // Statements that are told together share a commit.
    const recorded: Promise<void>[] = [];
    for (const { node, links } of objects) {
      put.push(node, ...links);
      for (const id of this.#linksFrom(node.id)) if (!links.some((link) => link.id === id)) remove.push(id);
      if (put.length + remove.length < ELEMENTS_AT_ONCE) continue;
      recorded.push(this.#record(put, remove));
      [put, remove] = [[], []];
    }
    recorded.push(this.#record(put, remove));
    await Promise.all(recorded);
    this.#told += objects.length;
  }

  /** Removes nodes, with the links that start there. What is not there is passed over. */
  async remove(ids: Iterable<ElementId>): Promise<number> {
    const { graph } = this.#options.recorder;
    let gone: ElementId[] = [];
    let count = 0;
    for (const id of ids) {
      if (graph.get(id) === undefined) continue;
      gone.push(...this.#linksFrom(id), id);
      count++;
      if (gone.length < ELEMENTS_AT_ONCE) continue;
      await this.#record([], gone);
      gone = [];
    }
    await this.#record([], gone);
    return count;
  }

  /**
   * A list was read to its end: what was known when it began and is not in it is gone, as far as it is of this region, or of one
   * that nobody asks.
   */
  goneOf(known: ReadonlySet<ElementId>, seen: ReadonlySet<ElementId>): readonly ElementId[] {
    return [...known].filter((id) => !seen.has(id) && this.#isOurs(id));
  }

  #isOurs(id: ElementId): boolean {
    const { recorder, region, regions } = this.#options;
    const element = recorder.graph.get(id);
    if (element === undefined || isLink(element)) return false;
    const said = element.attributes.region;
    return said === region || typeof said !== "string" || !regions.includes(said);
  }

  /** Of an element that is known, or nothing. */
  attributesOf(id: ElementId): Attributes {
    return this.#options.recorder.graph.get(id)?.attributes ?? {};
  }

  /** The ends of ids with this beginning whose elements have a link to this one. */
  attachedTo(id: ElementId, prefix: string): readonly string[] {
    const from = Array.from(this.#options.recorder.graph.linksAt(id), (link) => link.from);
    return from.filter((other) => other.startsWith(prefix)).map((other) => other.slice(prefix.length));
  }

  *#linksFrom(id: ElementId): Iterable<ElementId> {
    for (const link of this.#options.recorder.graph.linksAt(id)) {
      if (link.from === id && link.id.startsWith(`${id}/`)) yield link.id;
    }
  }

  async #record(put: readonly Element[], remove: readonly ElementId[]): Promise<void> {
    if (put.length + remove.length === 0) return;
    const { recorder, clock } = this.#options;
    await recorder.record({ kind: "changes", owner: this.#owner, at: clock.now(), put, remove });
  }
}
