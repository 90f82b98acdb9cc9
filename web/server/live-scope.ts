import type { EpochMs } from "../../core/clock.ts";
import { type Element, isLink } from "../../core/element.ts";
import { type ElementId, isWithin, ownerHostOf } from "../../core/element-id.ts";
import { type Change, changedId } from "../../topology/model/change.ts";
import type { CountDelta } from "../../topology/model/place-counts.ts";
import type { Recorder } from "../../topology/recorder.ts";
import type { LiveChanges, LiveCounts } from "../api/live.ts";
import { elementsWithin } from "./live-part.ts";
import { wireChange } from "./wire.ts";

/** What a view shows. Left out means no bound. */
export interface LiveFilter {
  readonly root?: ElementId | undefined;
  readonly depth?: number | undefined;
  readonly kinds?: ReadonlySet<string> | undefined;
}

/** One view of a cluster that any number of subscribers share: its changes are collected and numbered once. */
export class LiveScope {
  readonly recorder: Recorder;
  readonly filter: LiveFilter;
  #sequence = 0;
  #pending: Change[] = [];
  #at: EpochMs | undefined;

  constructor(recorder: Recorder, filter: LiveFilter) {
    this.recorder = recorder;
    this.filter = filter;
  }

  /** Number of the last batch taken. */
  get sequence(): number {
    return this.#sequence;
  }

  /** A change of something below the root. Whether there is something to take now. */
  add(change: Change, at: EpochMs): boolean {
    const kind = change.kind === "update" ? change.subject.kind : change.element.kind;
    const { kinds } = this.filter;
    if ((kinds === undefined || kinds.has(kind)) && this.#isShallow(change)) this.#pending.push(change);
    this.#at = at;
    return this.#pending.length > 0;
  }

  /** What came since the last batch; undefined when nothing did. */
  take(): LiveChanges | undefined {
    if (this.#pending.length === 0 || this.#at === undefined) return undefined;
    const changes = this.#pending.map(wireChange);
    this.#pending = [];
    this.#sequence++;
    const { cluster } = this.recorder;
    return { sequence: this.#sequence, cluster, revision: this.recorder.revision(), at: this.#at, changes };
  }

  /** All of it; undefined when it is more than `limit`. */
  elements(limit: number): readonly Element[] | undefined {
    const { graph } = this.recorder;
    const { root, kinds } = this.filter;
    const found: Element[] = [];
    for (const element of elementsWithin(graph, root, kinds)) {
      if (kinds !== undefined && !kinds.has(element.kind)) continue;
      if (!this.#isShallow({ kind: "add", element })) continue;
      found.push(element);
      if (found.length > limit) return undefined;
    }
    return found;
  }

  /** Removals always are: whoever never had the element does not miss it. */
  #isShallow(change: Change): boolean {
    const { root, depth } = this.filter;
    if (depth === undefined || root === undefined || change.kind === "remove") return true;
    const element = change.kind === "add" ? change.element : this.recorder.graph.get(changedId(change));
    if (element === undefined) return false;
    const ends = isLink(element) ? [element.from, element.to] : [element.id];
    return ends.every((id) => this.#isWithinDepth(id, root, depth));
  }

  /** An end outside the root does not count; whose parent is not there counts as a child of the root. */
  #isWithinDepth(id: ElementId, root: ElementId, depth: number): boolean {
    if (!isWithin(id, root) && ownerHostOf(id) !== undefined && !root.startsWith("region/")) return true;
    let current: ElementId = id;
    for (let level = 0; level <= depth; level++) {
      if (current === root) return true;
      const element = this.recorder.graph.get(current);
      const parent = element === undefined || isLink(element) ? undefined : element.parent;
      if (parent === undefined) return level + 1 <= depth;
      current = parent;
    }
    return false;
  }
}

/** The counters of a cluster's places, numbered once for all who follow them. */
export class CountsScope {
  readonly recorder: Recorder;
  #sequence = 0;
  #pending = new Map<string, CountDelta>();
  #at: EpochMs | undefined;

  constructor(recorder: Recorder) {
    this.recorder = recorder;
  }

  get sequence(): number {
    return this.#sequence;
  }

  add(deltas: readonly CountDelta[], at: EpochMs): boolean {
    for (const { place, counter, delta } of deltas) {
      const key = `${place} ${counter}`;
      const sum = (this.#pending.get(key)?.delta ?? 0) + delta;
      if (sum === 0) this.#pending.delete(key);
      else this.#pending.set(key, { place, counter, delta: sum });
    }
    this.#at = at;
    return this.#pending.size > 0;
  }

  take(): LiveCounts | undefined {
    if (this.#pending.size === 0 || this.#at === undefined) return undefined;
    const deltas = [...this.#pending.values()];
    this.#pending = new Map();
    this.#sequence++;
    const { cluster } = this.recorder;
    return { sequence: this.#sequence, cluster, revision: this.recorder.revision(), at: this.#at, deltas };
  }
}
