import type { EpochMs } from "../core/clock.ts";
import type { Attributes, Element } from "../core/element.ts";
import type { ElementId } from "../core/element-id.ts";
import type { Owner } from "./ownership.ts";

/** What an owner says about its elements: what is now; the recorder finds what changed. */
export type Statement = FullStatement | ChangeStatement | VolatileStatement | SettledStatement;

/** All there is of this owner; what it does not name is gone. */
export interface FullStatement {
  readonly kind: "full";
  readonly owner: Owner;
  /** When it was so, by the collector's clock. */
  readonly at: EpochMs;
  readonly elements: readonly Element[];
}

/** Removals happen before puts. An element that is put is meant whole: an attribute it lacks is gone. */
export interface ChangeStatement {
  readonly kind: "changes";
  readonly owner: Owner;
  readonly at: EpochMs;
  readonly put: readonly Element[];
  readonly remove: readonly ElementId[];
  /** New id → the id it had before. */
  readonly renamed?: ReadonlyMap<ElementId, ElementId> | undefined;
}

/**
 * What the volatile attributes of these elements are now, nothing else of them having changed. Never a revision. An
 * element that is not there is passed over.
 */
export interface VolatileStatement {
  readonly kind: "volatile";
  readonly owner: Owner;
  readonly at: EpochMs;
  /** Attributes that are not volatile are ignored; a volatile one that is missing is gone. */
  readonly values: ReadonlyMap<ElementId, Attributes>;
}

/** The recorder itself: the damped state of these elements is to be recorded as it was told last. */
export interface SettledStatement {
  readonly kind: "settled";
  readonly owner: Owner;
  readonly at: EpochMs;
  readonly ids: readonly ElementId[];
}

export function elementCountOf(statement: Statement): number {
  switch (statement.kind) {
    case "full":
      return statement.elements.length;
    case "changes":
      return statement.put.length + statement.remove.length;
    case "volatile":
      return statement.values.size;
    case "settled":
      return statement.ids.length;
  }
}
