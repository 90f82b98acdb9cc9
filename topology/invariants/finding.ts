import type { EpochMs } from "../../core/clock.ts";
import type { Attributes } from "../../core/element.ts";
import { type ElementId, ownerHostOf, segmentsOf } from "../../core/element-id.ts";
import type { Since } from "./breach-set.ts";
import type { InvariantName, Level, Subject } from "./invariant.ts";

/** A breach as people and alerts see it: with the time it was given to settle, and what silence does to it. */
export interface Finding {
  /** `<invariant>/<subject>`: one at a time in a cluster. */
  readonly id: string;
  readonly invariant: InvariantName;
  readonly subject: Subject;
  readonly elements: readonly ElementId[];
  readonly level: Level;
  readonly detail: Attributes;
  /** The revision that broke it, and when that happened. */
  readonly since: Since;
  /** `settling`: may still be a change under way. `standing`: it has outlived its settle time. */
  readonly state: "settling" | "standing";
  /** When it became standing. */
  readonly standingAt?: EpochMs | undefined;
  /** The agent of a host it is about is silent: it stays as it was known last, whatever is so. */
  readonly isUnknown: boolean;
  /** When it ended; only of findings that are over. */
  readonly endedAt?: EpochMs | undefined;
}

/** `changed`: other elements, level, details, or whether it is unknown. A finding that ends while settling just ends. */
export interface FindingEvent {
  readonly kind: "began" | "standing" | "changed" | "ended";
  readonly finding: Finding;
}

export function findingIdOf(invariant: InvariantName, subject: Subject): string {
  return `${invariant}/${subject}`;
}

/** The hosts whose agents have to speak for this to be known. */
export function hostsOf(elements: readonly ElementId[]): ReadonlySet<string> {
  const hosts = new Set<string>();
  for (const id of elements) {
    const host = ownerHostOf(id) ?? hostOfAgent(id);
    if (host !== undefined) hosts.add(host);
  }
  return hosts;
}

/** The host an `agent/<host>` node is about. */
export function hostOfAgent(id: ElementId): string | undefined {
  return id.startsWith("agent/") ? segmentsOf(id)[1] : undefined;
}
