import type { EpochMs } from "../../core/clock.ts";
import type { Element } from "../../core/element.ts";
import { type ElementId, isWithin, ownerHostOf } from "../../core/element-id.ts";
import { type Change, changedId } from "../../topology/model/change.ts";
import type { Recorder } from "../../topology/recorder.ts";
import type { LiveChanges } from "../api/live.ts";
import { wireChange } from "./wire.ts";

/** One view of a cluster that any number of subscribers share: its changes are collected and numbered once. */
export class LiveScope {
  readonly recorder: Recorder;
  readonly root: ElementId | undefined;
  #sequence = 0;
  #pending: Change[] = [];
  #at: EpochMs | undefined;

  constructor(recorder: Recorder, root: ElementId | undefined) {
    this.recorder = recorder;
    this.root = root;
  }

  /** Number of the last batch taken. */
  get sequence(): number {
    return this.#sequence;
  }

  /** Whether there is something to take now. */
  add(changes: readonly Change[], at: EpochMs): boolean {
    const { root } = this;
    for (const change of changes) {
      if (root === undefined || isWithin(changedId(change), root)) this.#pending.push(change);
    }
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

  elements(): readonly Element[] {
    const { root } = this;
    const { graph } = this.recorder;
    if (root === undefined) return [...graph.elements()];
    const host = ownerHostOf(root);
    const candidates = host === undefined ? graph.elements() : elementsOf(this.recorder, graph.ownedBy(host));
    return [...candidates].filter((element) => isWithin(element.id, root));
  }
}

function elementsOf(recorder: Recorder, ids: Iterable<ElementId>): readonly Element[] {
  return Array.from(ids, (id) => recorder.graph.get(id)).filter((element) => element !== undefined);
}
